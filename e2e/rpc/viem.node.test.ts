/** viem from npm, unmodified, against a running network: what a dapp developer does on the first day. */
import {
  BaseError,
  ContractFunctionRevertedError,
  type Hex,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  parseEventLogs,
  keccak256,
  webSocket,
  zeroAddress,
  zeroHash,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import type { Address } from '@cairn/primitives'
import { compileToken } from './solidity.ts'
import { type ExecutionWitness, createStatelessVerifier } from './stateless-verifier.ts'
import { TOKEN_ABI } from './token-abi.ts'

const SUPPLY = 10n ** 24n
/** Of every local network. */
const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa' as Address

describe('viem', () => {
  let network: TestNetwork
  let clients: Awaited<ReturnType<typeof createClients>>
  let token: Hex

  beforeAll(async () => {
    network = await startNetwork({ heartbeatMs: 200 })
    clients = createClients(network)
    const { wallet, reader } = clients
    const hash = await wallet.deployContract({ abi: TOKEN_ABI, bytecode: compileToken().bytecode, args: [SUPPLY] })
    const receipt = await reader.waitForTransactionReceipt({ hash })
    token = receipt.contractAddress as Hex
  })
  afterAll(async () => {
    const socket = await clients?.socketReader.transport.getRpcClient()
    socket?.close()
    await network?.stop()
  })

  /** A fresh account that holds `ether`. */
  async function fundedAccount(ether: string) {
    const account = privateKeyToAccount(generatePrivateKey())
    const hash = await clients.wallet.sendTransaction({ to: account.address, value: parseEther(ether) })
    await clients.reader.waitForTransactionReceipt({ hash })
    return account
  }

  test('names the chain', async () => {
    const { reader } = clients
    expect(await reader.getChainId()).toBe(network.chainId)
    expect(await reader.request({ method: 'net_version' })).toBe(String(network.chainId))
    expect(await reader.request({ method: 'web3_clientVersion' })).toMatch(/^cairn\//)
  })

  test.each(['legacy', 'eip2930', 'eip1559'] as const)('sends a funded transfer of type %s', async (type) => {
    const { wallet, reader } = clients
    const to = privateKeyToAccount(generatePrivateKey()).address.toLowerCase() as Hex
    const before = await reader.getBalance({ address: wallet.account.address })
    const hash = await wallet.sendTransaction({ type, to, value: parseEther('1.5') } as never)
    const receipt = await reader.waitForTransactionReceipt({ hash })
    expect(receipt).toMatchObject({ status: 'success', type, gasUsed: 21_000n, to, logs: [], contractAddress: null })
    expect(receipt.from).toBe(wallet.account.address.toLowerCase())
    expect(await reader.getBalance({ address: to })).toBe(parseEther('1.5'))
    const cost = parseEther('1.5') + receipt.gasUsed * receipt.effectiveGasPrice
    expect(await reader.getBalance({ address: wallet.account.address })).toBe(before - cost)
    const transaction = await reader.getTransaction({ hash })
    expect(transaction).toMatchObject({
      hash,
      type,
      blockHash: receipt.blockHash,
      chainId: network.chainId,
      value: parseEther('1.5'),
    })
    const block = await reader.getBlock({ blockHash: receipt.blockHash, includeTransactions: true })
    expect(block.transactions.some((included) => included.hash === hash)).toBe(true)
  })

  test('reads the past: balance, nonce, code, call and proof at an older block', async () => {
    const { wallet, reader } = clients
    const account = await fundedAccount('2')
    const hash = await wallet.sendTransaction({ to: account.address, value: parseEther('1') })
    const { blockNumber, blockHash } = await reader.waitForTransactionReceipt({ hash })
    const { address } = account
    expect(await reader.getBalance({ address, blockNumber: blockNumber - 1n })).toBe(parseEther('2'))
    expect(await reader.getBalance({ address, blockNumber })).toBe(parseEther('3'))
    expect(await reader.getBalance({ address, blockTag: 'earliest' })).toBe(0n)
    const nonce = await reader.getTransactionCount({ address: wallet.account.address, blockNumber: blockNumber - 1n })
    expect(await reader.getTransactionCount({ address: wallet.account.address, blockNumber })).toBe(nonce + 1)
    expect(await reader.getCode({ address: token, blockNumber: 0n })).toBeUndefined()
    expect((await reader.getCode({ address: token, blockNumber }))?.length).toBeGreaterThan(2)
    const totalSupply = { address: token, abi: TOKEN_ABI, functionName: 'totalSupply' } as const
    expect(await reader.readContract({ ...totalSupply, blockNumber })).toBe(SUPPLY)
    const balanceByHash = await reader.request({ method: 'eth_getBalance', params: [address, blockHash as never] })
    expect(BigInt(balanceByHash)).toBe(parseEther('3'))
    const proof = await reader.getProof({ address, storageKeys: [], blockNumber: blockNumber - 1n })
    expect(proof.balance).toBe(parseEther('2'))
  })

  test('every validator finalized the same blocks', async () => {
    const { reader } = clients
    const number = await reader.getBlockNumber()
    await network.waitForHeight(Number(number))
    const blocks = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        createPublicClient({ transport: http(network.rpcUrl(index)) }).getBlock({ blockNumber: number }),
      ),
    )
    expect(new Set(blocks.map(({ hash }) => hash)).size).toBe(1)
    expect(new Set(blocks.map(({ stateRoot }) => stateRoot)).size).toBe(1)
    for (const blockTag of ['safe', 'finalized'] as const)
      expect((await reader.getBlock({ blockTag })).number).toBeGreaterThanOrEqual(number)
  })

  test('reads and calls a deployed contract', async () => {
    const { wallet, reader } = clients
    expect((await reader.getCode({ address: token }))?.length).toBeGreaterThan(1_000)
    expect(await reader.readContract({ address: token, abi: TOKEN_ABI, functionName: 'name' })).toBe('Cairn Test Token')
    const to = privateKeyToAccount(generatePrivateKey()).address
    const { request, result } = await reader.simulateContract({
      account: wallet.account,
      address: token,
      abi: TOKEN_ABI,
      functionName: 'transfer',
      args: [to, 5n],
    })
    expect(result).toBe(true)
    const estimate = await reader.estimateContractGas(request)
    const receipt = await reader.waitForTransactionReceipt({ hash: await wallet.writeContract(request) })
    expect(receipt.status).toBe('success')
    expect(receipt.gasUsed).toBeLessThanOrEqual(estimate)
    expect(estimate).toBeLessThan(receipt.gasUsed * 2n)
    expect(parseEventLogs({ abi: TOKEN_ABI, logs: receipt.logs })).toMatchObject([
      { eventName: 'Transfer', args: { from: wallet.account.address, to, value: 5n }, address: token },
    ])
    expect(await reader.readContract({ address: token, abi: TOKEN_ABI, functionName: 'balanceOf', args: [to] })).toBe(
      5n,
    )
  })

  test('finds events by eth_getLogs, by filter and by WebSocket subscription', async () => {
    const { wallet, reader, socketReader } = clients
    const to = privateKeyToAccount(generatePrivateKey()).address
    const filter = await reader.createContractEventFilter({
      abi: TOKEN_ABI,
      address: token,
      eventName: 'Transfer',
      args: { to },
    })
    const seen = Promise.withResolvers<unknown>()
    const unwatch = socketReader.watchContractEvent({
      address: token,
      abi: TOKEN_ABI,
      eventName: 'Transfer',
      args: { to },
      onLogs: ([log]) => seen.resolve(log?.args),
      onError: seen.reject,
    })
    const heads = Promise.withResolvers<bigint>()
    const unwatchBlocks = socketReader.watchBlocks({
      onBlock: ({ number }) => heads.resolve(number),
      onError: heads.reject,
    })
    await socketReader.getBlockNumber() // Subscriptions above were sent on the same socket before this.
    const hash = await wallet.writeContract({
      address: token,
      abi: TOKEN_ABI,
      functionName: 'transfer',
      args: [to, 77n],
    })
    const receipt = await reader.waitForTransactionReceipt({ hash })
    expect(await seen.promise).toMatchObject({ to, value: 77n })
    expect(await heads.promise).toBeGreaterThan(0n)
    unwatch()
    unwatchBlocks()
    const events = await reader.getContractEvents({
      address: token,
      abi: TOKEN_ABI,
      eventName: 'Transfer',
      args: { to },
      fromBlock: 0n,
    })
    expect(events).toMatchObject([
      { transactionHash: hash, blockHash: receipt.blockHash, args: { value: 77n }, removed: false },
    ])
    expect(await reader.getLogs({ blockHash: receipt.blockHash, address: token })).toHaveLength(1)
    expect(await reader.getLogs({ address: zeroAddress, fromBlock: 0n })).toEqual([])
    expect(await reader.getFilterChanges({ filter })).toMatchObject([{ transactionHash: hash }])
    expect(await reader.getFilterChanges({ filter })).toEqual([])
  })

  test('explains why a call reverts', async () => {
    const { wallet, reader } = clients
    const stranger = privateKeyToAccount(generatePrivateKey())
    const simulate = (
      account: Hex,
      functionName: 'transfer' | 'transferFrom' | 'share',
      args: readonly unknown[],
    ): Promise<unknown> =>
      reader.simulateContract({ account, address: token, abi: TOKEN_ABI, functionName, args } as never)
    const reason = await revertOf(simulate(stranger.address, 'transfer', [wallet.account.address, 1n]))
    expect(reason.reason).toBe('balance too low')
    const custom = await revertOf(
      simulate(stranger.address, 'transferFrom', [wallet.account.address, stranger.address, 9n]),
    )
    expect(custom.data).toMatchObject({ errorName: 'InsufficientAllowance', args: [stranger.address, 0n, 9n] })
    const panic = await revertOf(simulate(stranger.address, 'share', [1n, 0n]))
    expect(panic.data).toMatchObject({ errorName: 'Panic', args: [0x12n] })
    await expect(
      reader.estimateContractGas({
        account: stranger.address,
        address: token,
        abi: TOKEN_ABI,
        functionName: 'transfer',
        args: [token, 1n],
      }),
    ).rejects.toThrow(/balance too low/)
  })

  test('puts a failed transaction on chain with status reverted', async () => {
    const { wallet, reader } = clients
    const call = {
      address: token,
      abi: TOKEN_ABI,
      functionName: 'transfer',
      args: [zeroAddress, SUPPLY + 1n],
      gas: 100_000n,
    } as const
    const receipt = await reader.waitForTransactionReceipt({ hash: await wallet.writeContract(call) })
    expect(receipt).toMatchObject({ status: 'reverted', logs: [] })
  })

  test('estimates, suggests fees, proves', async () => {
    const { wallet, reader } = clients
    expect(await reader.estimateGas({ account: wallet.account, to: zeroAddress, value: 1n })).toBe(21_000n)
    const { maxFeePerGas, maxPriorityFeePerGas } = await reader.estimateFeesPerGas()
    expect(maxFeePerGas).toBeGreaterThanOrEqual(maxPriorityFeePerGas)
    const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] })
    expect(history.baseFeePerGas).toHaveLength(5)
    expect(history.reward).toHaveLength(4)
    const proof = await reader.getProof({ address: token, storageKeys: [`0x${'00'.repeat(32)}`] })
    expect(proof.accountProof.length).toBeGreaterThan(0)
    expect(proof.storageProof[0]?.value).toBe(SUPPLY)
    const { number: blockNumber, stateRoot } = await reader.getBlock()
    const nobody = privateKeyToAccount(generatePrivateKey()).address
    const absence = await reader.getProof({ address: nobody, storageKeys: [zeroHash], blockNumber })
    expect(absence).toMatchObject({ balance: 0n, nonce: 0, codeHash: keccak256('0x'), storageHash: keccak256('0x80') })
    // The proof is of the block's own root, whose node comes first.
    expect(keccak256(absence.accountProof[0] as Hex)).toBe(stateRoot)
    expect(absence.storageProof).toEqual([{ key: zeroHash, value: 0n, proof: [] }])
    expect(await reader.getStorageAt({ address: token, slot: '0x0' })).toBe(
      `0x${SUPPLY.toString(16).padStart(64, '0')}`,
    )
  })

  test('gives witnesses from which a verifier without a state gets the same root', async () => {
    const { wallet, reader } = clients
    const debug = reader as unknown as { request: (call: { method: string; params: unknown[] }) => Promise<unknown> }
    const verifier = createStatelessVerifier({ chainId: network.chainId, depositContractAddress: DEPOSIT_CONTRACT })
    const transfer = { address: token, abi: TOKEN_ABI, functionName: 'transfer' } as const
    for (const value of [3n, 0n, SUPPLY / 2n]) {
      const to = privateKeyToAccount(generatePrivateKey()).address
      const hash = await wallet.writeContract({ ...transfer, args: [to, value] })
      const { blockNumber, blockHash } = await reader.waitForTransactionReceipt({ hash })
      const [parent, block] = await Promise.all([
        reader.getBlock({ blockNumber: blockNumber - 1n }),
        reader.getBlock({ blockNumber }),
      ])
      const raw = (await debug.request({ method: 'debug_getRawBlock', params: [blockHash] })) as Hex
      const witness = await debug.request({ method: 'debug_executionWitness', params: [blockHash] })
      expect(verifier(raw, witness as ExecutionWitness, parent.hash)).toBe(block.stateRoot)
    }
    const genesis = debug.request({ method: 'debug_executionWitness', params: ['earliest'] })
    await expect(genesis).rejects.toThrow(/genesis block has no witness/)
  })

  test('orders a burst of one account by nonce', async () => {
    const { reader } = clients
    const account = await fundedAccount('1')
    const wallet = createWalletClient({ account, chain: clients.chain, transport: http(network.rpcUrl(1)) })
    const nonces = [3, 1, 0, 2]
    const hashes = await Promise.all(
      nonces.map((nonce) => wallet.sendTransaction({ to: zeroAddress, value: 1n, nonce, gas: 21_000n })),
    )
    const receipts = await Promise.all(hashes.map((hash) => reader.waitForTransactionReceipt({ hash })))
    expect(receipts.every(({ status }) => status === 'success')).toBe(true)
    expect(await reader.getTransactionCount({ address: account.address })).toBe(4)
  })

  test('names what is wrong with a transaction', async () => {
    const { reader } = clients
    const account = await fundedAccount('0.01')
    const wallet = createWalletClient({ account, chain: clients.chain, transport: http(network.rpcUrl(0)) })
    const plain = { to: zeroAddress, value: 1n, gas: 21_000n } as const
    const hash = await wallet.sendTransaction({ ...plain, nonce: 0 })
    await reader.waitForTransactionReceipt({ hash })
    await expect(wallet.sendTransaction({ ...plain, nonce: 0 })).rejects.toThrow(/lower than the current nonce/)
    await expect(wallet.sendTransaction({ ...plain, value: parseEther('5') })).rejects.toThrow(
      /exceeds the balance of the account/,
    )
    await expect(wallet.sendTransaction({ ...plain, gas: 20_999n })).rejects.toThrow(
      /not enough gas|intrinsic gas too low/i,
    )
  })
})

function createClients(network: TestNetwork) {
  const chain = defineChain({
    id: network.chainId,
    name: 'Cairn test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [network.rpcUrl(0)], webSocket: [network.wsUrl(0)] } },
  })
  const account = privateKeyToAccount(network.fundedKeys[0] as Hex)
  return {
    chain,
    reader: createPublicClient({ chain, transport: http(), pollingInterval: 100, cacheTime: 0 }),
    wallet: createWalletClient({ account, chain, transport: http() }),
    socketReader: createPublicClient({ chain, transport: webSocket() }),
  }
}

/** The contract's own error behind what viem throws. */
async function revertOf(call: Promise<unknown>): Promise<ContractFunctionRevertedError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const reverted =
    error instanceof BaseError ? error.walk((cause) => cause instanceof ContractFunctionRevertedError) : error
  if (!(reverted instanceof ContractFunctionRevertedError)) throw new Error('the call did not revert', { cause: error })
  return reverted
}
