/**
 * A block of 1 000 transfers through the whole executor on LevelDB, in the calling thread, and sender recovery.
 * 100 000 accounts in genesis, so that the trie has its working depth.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChainSpec } from '@cairn/chain'
import { keccak256, keccak256Bytes, sha256 } from '@cairn/crypto'
import { createLevelStore, createSenderRecovery, nativeRecovery, wasmRecovery } from '@cairn/platform-node'
import type { ExecuteRequest, ExecutedBlock, Executor } from '@cairn/ports'
import { ZERO_ADDRESS, ZERO_HASH, addressFromBytes, bytesFromHex, height, rlpUint } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { privateKeyToAccount } from 'viem/accounts'
import { AbiReader } from '../src/abi/reader.ts'
import { AbiWriter } from '../src/abi/writer.ts'
import { operations } from '../src/core-instance.ts'
import type { Core } from '../src/core-instance.ts'
import { createExecutor } from '../src/index.ts'
import { createStateHost } from '../src/state-host.ts'
import { accountKey, textFromBytes } from '../src/state-key.ts'
import { createUndoHistory } from '../src/undo-history.ts'

interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const TRANSFERS = 1000
const ACCOUNTS = 100_000
const BLOCKS = 5
const CHAIN_ID = 7007

export async function runExecutorBench(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-executor-bench-'))
  try {
    return [
      ...(await benchBlocks(directory)),
      ...(await benchRecovery()),
      await benchStateRead(directory),
      ...(await benchArchive(directory)),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function benchBlocks(directory: string): Promise<readonly BenchRow[]> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
  const senders = Array.from({ length: TRANSFERS }, (_, index) => createSender(index))
  const chainSpec = specWith(senders, sha256(wasm))
  const open = async (name: string): Promise<Executor> => {
    const stateStore = await createLevelStore(join(directory, name))
    // Time stands still for the gas budget: a slow machine shall pack the same block.
    const clock = { monotonicMs: () => 0 }
    return createExecutor({ chainSpec, stateStore, wasm }, { clock, senderRecovery: createSenderRecovery() })
  }
  const leader = await open('leader')
  const verifier = await open('verifier')
  const genesisMs = await timeMs(() => leader.start())
  await verifier.start()
  const samples = { decode: [], build: [], execute: [], commit: [] } as Record<string, number[]>
  const record = async (name: string, run: () => Promise<unknown>): Promise<void> => {
    samples[name]?.push(await timeMs(run))
  }
  for (let nonce = 0; nonce < BLOCKS; nonce++) {
    const transactions = await Promise.all(senders.map((sender, index) => sender.transfer(nonce, index)))
    await record('decode', async () => {
      await leader.decodeTransactions(transactions)
    })
    await verifier.decodeTransactions(transactions)
    const head = leader.head()
    const shared = {
      parentHash: head.blockHash,
      timeMs: chainSpec.genesisTimeMs + 1000 * (nonce + 1),
      prevRandao: ZERO_HASH,
    }
    const request = await buildAndAdopt(samples, leader, shared, transactions, height(head.height + 1))
    await record('execute', async () => {
      const verdict = await verifier.execute(request)
      if (verdict.verdict !== 'accept') throw new Error(`bench block rejected: ${verdict.code}`)
    })
    await record('commit', () => verifier.commit(request.blockHash))
    await leader.commit(request.blockHash)
  }
  await leader.stop()
  await verifier.stop()
  const row = (name: string, reference: string): BenchRow => ({
    name: `executor/${name}/transfers=${TRANSFERS},accounts=${ACCOUNTS}`,
    value: median(samples[name] ?? []),
    unit: 'ms',
    reference,
  })
  return [
    row('decode', 'core alone: 1 000 × 465 µs'),
    row('build', 'budget 150 ms'),
    row('execute', 'ERC-20 in the core alone: 4.4–5.2 ms'),
    row('commit', 'LevelDB batch, not synced'),
    { name: `executor/genesis/accounts=${ACCOUNTS}`, value: genesisMs, unit: 'ms', reference: '' },
  ]
}

interface Sender {
  readonly address: Address
  readonly transfer: (nonce: number, salt: number) => Promise<Uint8Array>
}

async function buildAndAdopt(
  samples: Record<string, number[]>,
  leader: Executor,
  shared: Pick<ExecuteRequest, 'parentHash' | 'timeMs' | 'prevRandao'>,
  transactions: readonly Uint8Array[],
  blockHeight: ExecuteRequest['height'],
): Promise<ExecuteRequest> {
  const startMs = performance.now()
  const built = await leader.build({
    ...shared,
    feeRecipient: ZERO_ADDRESS,
    transactions,
    sizeMaxBytes: 1_000_000,
  })
  samples['build']?.push(performance.now() - startMs)
  if (built.transactionCount !== transactions.length) throw new Error(`packed ${built.transactionCount} transfers only`)
  const blockHash = keccak256(built.payload)
  await leader.adopt(built.buildId, blockHash)
  return { ...shared, ...built, blockHash, height: blockHeight }
}

async function benchRecovery(): Promise<readonly BenchRow[]> {
  const sender = createSender(0)
  const transactions = await Promise.all(Array.from({ length: 200 }, (_, nonce) => sender.transfer(nonce, nonce)))
  const rows: BenchRow[] = []
  for (const [name, recover] of [
    ['native', nativeRecovery()],
    ['wasm', wasmRecovery],
  ] as const) {
    if (recover === undefined) continue
    const recovery = createSenderRecovery(recover)
    await recovery.recover(transactions)
    const elapsedMs = await timeMs(() => recovery.recover(transactions))
    const reference = name === 'native' ? 'secp256k1 addon 76 µs and three hashes' : 'libsecp256k1 in WASM 257–288 µs'
    rows.push({
      name: `executor/recover/backend=${name}`,
      value: (1000 * elapsedMs) / 200,
      unit: 'µs',
      reference,
    })
  }
  return rows
}

/** What one `state_get` costs the host when the value is cached, behind two pending layers. */
async function benchStateRead(directory: string): Promise<BenchRow> {
  const store = await createLevelStore(join(directory, 'reads'))
  const keys = Array.from({ length: 10_000 }, (_, index) => accountKey(keccak256Bytes(rlpUint(index))))
  await store.batch(keys.map((key) => ({ type: 'put', key, value: new Uint8Array(80) })))
  const rounds = 20
  let elapsedMs = 0
  const core: Core = {
    run: (_operation, request, read) => {
      const readAll = (): void => keys.forEach((key) => void read(textFromBytes(key)))
      readAll()
      const startMs = performance.now()
      for (let round = 0; round < rounds; round++) readAll()
      elapsedMs = performance.now() - startMs
      return { status: 'ok', body: new AbiReader(request) }
    },
    memory: () => ({ memoryBytes: 0, cacheBytes: 0, recycledCount: 0 }),
  }
  await createStateHost(core, store).evaluate(operations.call, new Uint8Array(0), {
    layers: [new Map(), new Map()],
  })
  await store.close()
  const value = (1000 * elapsedMs) / (rounds * keys.length)
  return {
    name: 'executor/state-get/cached',
    value,
    unit: 'µs',
    reference: 'goal 1 µs; LevelDB getSync 7–11 µs',
  }
}

/** What a value of the far past costs an archive, by how far back it lies. */
async function benchArchive(directory: string): Promise<readonly BenchRow[]> {
  const [heights, keysPerBlock, readsPerRow] = [20_000, 20, 400]
  const store = await createLevelStore(join(directory, 'archive'))
  const keys = Array.from({ length: 5_000 }, (_, index) => accountKey(keccak256Bytes(rlpUint(index))))
  const history = createUndoHistory({ store, blocks: 'all', cacheMaxBytes: 16 << 20 })
  const blockAt = (at: number): ExecutedBlock => ({
    blockHash: ZERO_HASH,
    height: height(at),
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    gasUsed: 0n,
    executionHeader: new Uint8Array(600),
  })
  for (let at = 1; at <= heights; at++) {
    const undo = new AbiWriter().u32(keysPerBlock)
    for (let index = 0; index < keysPerBlock; index++) {
      // One key of the chain's own in every block, as a busy contract; the others in turn.
      const key = index === 0 ? 0 : 1 + ((at * keysPerBlock + index * 251) % (keys.length - 1))
      undo
        .bytes(keys[key] as Uint8Array)
        .u8(1)
        .bytes(new Uint8Array(80))
    }
    await store.batch(history.recordsOf(blockAt(at - 1), blockAt(at), undo.finish().subarray(1)))
    history.advance(blockAt(at))
  }
  const rows: BenchRow[] = []
  for (const back of [1_000, 8_000, heights - 1]) {
    const elapsedMs = await timeMs(async () => {
      for (let read = 0; read < readsPerRow; read++) {
        const past = await history.at(height(heights - back), blockAt(heights))
        await past.find(textFromBytes(keys[(7 * read) % keys.length] as Uint8Array))
      }
    })
    rows.push({
      name: `executor/archive/find/back=${back}`,
      value: (1000 * elapsedMs) / readsPerRow,
      unit: 'µs',
      reference: 'a block record and one ordered read; an index row a block before, and none beyond 8 192',
    })
  }
  await store.close()
  return rows
}

function createSender(index: number): Sender {
  const account = privateKeyToAccount(keccak256(new TextEncoder().encode(`bench ${index}`)))
  return {
    address: account.address.toLowerCase() as Address,
    transfer: async (nonce, salt) => {
      const to = addressFromBytes(keccak256Bytes(rlpUint(1 + ((7919 * salt + nonce) % ACCOUNTS))).subarray(12))
      const fees = { maxFeePerGas: 5_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
      const plain = { chainId: CHAIN_ID, nonce, gas: 21_000n, to, value: 1n } as const
      return bytesFromHex(await account.signTransaction({ type: 'eip1559', ...plain, ...fees }))
    },
  }
}

function specWith(senders: readonly Sender[], coreWasmSha256: ChainSpec['coreWasmSha256']): ChainSpec {
  const account = (address: Address): ChainSpec['alloc'][number] => ({
    address,
    balance: 10n ** 21n,
    nonce: 0,
    code: '0x',
    storage: [],
  })
  const others = Array.from({ length: ACCOUNTS - senders.length }, (_, index) =>
    account(addressFromBytes(keccak256Bytes(rlpUint(index + 1)).subarray(12))),
  )
  return {
    name: 'bench',
    chainId: CHAIN_ID,
    genesisTimeMs: 1_700_000_000_000,
    epochLengthBlocks: 1000,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 1000, leaderTimeoutMaxMs: 8000, heartbeatMs: 1000 },
    gasLimit: 60_000_000n,
    baseFeePerGas: 1_000_000_000n,
    blockSizeMaxBytes: 2_000_000,
    coreWasmSha256,
    depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa' as Address,
    validators: [
      {
        publicKey: bytesFromHex(`0x${'11'.repeat(48)}`),
        weight: 1n,
        feeRecipient: ZERO_ADDRESS,
        peerId: '',
        proofOfPossession: new Uint8Array(96),
      },
    ],
    alloc: [...senders.map(({ address }) => account(address)), ...others].sort((a, b) =>
      a.address < b.address ? -1 : 1,
    ),
  }
}

async function timeMs(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN
}
