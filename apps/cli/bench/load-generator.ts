/**
 * A load on a running network, as a process of its own: signs beforehand, then keeps a bounded number of
 * transactions under way over JSON-RPC and reports what was finalized. Run by `network.bench.ts`:
 * one JSON object as argument, one JSON line as result.
 */
import { type Hex, createPublicClient, defineChain, encodeFunctionData, http, keccak256, parseEther, toHex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

export interface LoadRequest {
  readonly rpcUrls: readonly string[]
  readonly chainId: number
  /** Pays for the senders. */
  readonly fundedKey: Hex
  readonly senderCount: number
  readonly transactionCount: number
  /** At most this many sent and not yet finalized. */
  readonly underWayMax: number
  /** Set: ERC-20 transfers of this token (the funded key holds the supply); else plain transfers. */
  readonly token?: Hex
}

export interface LoadResult {
  readonly finalized: number
  readonly failed: number
  /** From the first submission to the finalization of the last transaction. */
  readonly elapsedMs: number
  readonly perSecond: number
  /** Blocks that carried the load. */
  readonly blocks: number
}

const BATCH_SIZE = 25
const POLL_INTERVAL_MS = 50
const STALL_MS = 30_000
const TOKEN_ABI = [
  {
    type: 'function',
    name: 'transfer',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'to', type: 'address' },
      { name: 'amount', type: 'uint256' },
    ],
    outputs: [{ name: '', type: 'bool' }],
  },
] as const

if (import.meta.main) {
  const request = JSON.parse(process.argv[2] ?? '{}') as LoadRequest
  console.log(JSON.stringify(await runLoad(request)))
}

async function runLoad(request: LoadRequest): Promise<LoadResult> {
  const senders = Array.from({ length: request.senderCount }, (_, index) =>
    privateKeyToAccount(keccak256(toHex(`cairn load sender ${index}`))),
  )
  await fundSenders(request, senders)
  const signed = await signAll(request, senders)
  return drive(request, signed)
}

async function fundSenders(request: LoadRequest, senders: readonly PrivateKeyAccount[]): Promise<void> {
  const funder = privateKeyToAccount(request.fundedKey)
  const client = clientFor(request)
  let nonce = await client.getTransactionCount({ address: funder.address, blockTag: 'pending' })
  const raw: Hex[] = []
  for (const sender of senders) {
    raw.push(await sign(request, funder, nonce++, { to: sender.address, value: parseEther('10'), gas: 21_000n }))
    if (request.token === undefined) continue
    const data = transferData(sender.address, 10n ** 18n)
    raw.push(await sign(request, funder, nonce++, { to: request.token, data, gas: 100_000n }))
  }
  const result = await drive(request, raw)
  if (result.finalized !== raw.length) throw new Error(`only ${result.finalized} of ${raw.length} funding transactions`)
}

/** Round-robin over senders, so that neighbours in the list never wait for each other's nonce. */
async function signAll(request: LoadRequest, senders: readonly PrivateKeyAccount[]): Promise<readonly Hex[]> {
  const client = clientFor(request)
  const nonces = await Promise.all(senders.map((sender) => client.getTransactionCount({ address: sender.address })))
  const raw: Hex[] = []
  for (let index = 0; index < request.transactionCount; index++) {
    const slot = index % senders.length
    const sender = senders[slot]
    if (sender === undefined) throw new RangeError('no senders')
    const nonce = (nonces[slot] ?? 0) + Math.floor(index / senders.length)
    const to = toHex(1_000_000 + (index % 5_000), { size: 20 })
    const call =
      request.token === undefined
        ? { to, value: 1n, gas: 21_000n }
        : { to: request.token, data: transferData(to, 1n), gas: 70_000n }
    raw.push(await sign(request, sender, nonce, call))
  }
  return raw
}

function transferData(to: Hex, amount: bigint): Hex {
  return encodeFunctionData({ abi: TOKEN_ABI, functionName: 'transfer', args: [to, amount] })
}

function sign(
  request: LoadRequest,
  account: PrivateKeyAccount,
  nonce: number,
  call: { readonly to: Hex; readonly value?: bigint; readonly data?: Hex; readonly gas: bigint },
): Promise<Hex> {
  return account.signTransaction({
    type: 'eip1559',
    chainId: request.chainId,
    nonce,
    maxFeePerGas: 1_000_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
    ...call,
  })
}

/** Sends everything, at most `underWayMax` ahead of what the chain has finalized. */
async function drive(request: LoadRequest, raw: readonly Hex[]): Promise<LoadResult> {
  const client = clientFor(request)
  let scannedTo = await client.getBlockNumber()
  let sent = 0
  let failed = 0
  let finalized = 0
  let blocks = 0
  let lastProgressAtMs = performance.now()
  let lastFinalizedAtMs = lastProgressAtMs
  const startedAtMs = performance.now()
  const requests = new Set<Promise<void>>()
  const mine = new Set(raw.map((transaction) => keccak256(transaction)))

  while (finalized + failed < raw.length) {
    while (sent < raw.length && sent - finalized - failed + BATCH_SIZE <= request.underWayMax) {
      const batch = raw.slice(sent, sent + BATCH_SIZE)
      const url = request.rpcUrls[(sent / BATCH_SIZE) % request.rpcUrls.length] ?? ''
      sent += batch.length
      const task: Promise<void> = sendBatch(url, batch)
        .then((errors) => void (failed += errors))
        .finally(() => requests.delete(task))
      requests.add(task)
    }
    const head = await client.getBlockNumber({ cacheTime: 0 })
    for (; scannedTo < head; scannedTo++) {
      const block = await client.getBlock({ blockNumber: scannedTo + 1n })
      const own = block.transactions.filter((hash) => mine.has(hash)).length
      finalized += own
      if (own === 0) continue
      blocks++
      lastProgressAtMs = lastFinalizedAtMs = performance.now()
    }
    if (performance.now() - lastProgressAtMs > STALL_MS) break
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
  await Promise.all(requests)
  const elapsedMs = lastFinalizedAtMs - startedAtMs
  return { finalized, failed, elapsedMs, perSecond: (finalized * 1_000) / elapsedMs, blocks }
}

/** Number of transactions that were refused. */
async function sendBatch(url: string, batch: readonly Hex[]): Promise<number> {
  const body = JSON.stringify(
    batch.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] })),
  )
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answers = (await response.json()) as readonly { readonly error?: { readonly message: string } }[]
  const errors = answers.filter((answer) => answer.error !== undefined)
  if (errors[0]?.error !== undefined) process.stderr.write(`refused: ${errors[0].error.message}\n`)
  return errors.length
}

function clientFor(request: LoadRequest) {
  const url = request.rpcUrls[0] ?? ''
  const chain = defineChain({
    id: request.chainId,
    name: 'local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  return createPublicClient({ chain, transport: http(url) })
}
