/**
 * One step of the large-state benchmark in a process of its own, so that its memory is a node's and not a generator's.
 * Arguments: `generate <directory> <accounts>` · `lead <directory> <accounts> <blocks file>` ·
 * `verify <directory> <accounts> <blocks file>`, with `core.wasm` beside the directory. Prints a JSON report.
 */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { EMPTY_LIST_HASH, genesisBlock } from '@cairn/chain'
import type { GenesisAccount } from '@cairn/chain'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import { NODE_HISTORY_BLOCKS, NODE_MEMORY_BUDGET, createLevelStore } from '@cairn/platform-node'
import type { ExecuteRequest, KeyValueStore, SenderRecovery } from '@cairn/ports'
import { ZERO_ADDRESS, ZERO_HASH, addressFromBytes, concatBytes, encodeRlp, height, rlpUint } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { encodeApply, encodeGenesisHeader, readApply, readGenesisHeader } from '../src/abi/state.ts'
import { createCore, operations } from '../src/core-instance.ts'
import { writeGenesis } from '../src/genesis.ts'
import { encodeGenesisRecord, encodeHeadRecord } from '../src/head-record.ts'
import { createExecutor } from '../src/index.ts'
import type { GenesisExecutor } from '../src/index.ts'
import { createStateHost } from '../src/state-host.ts'
import { GENESIS_KEY, HEAD_KEY, UNDO_INDEX_PREFIX, UNDO_PREFIX, heightKey } from '../src/state-key.ts'

export interface GenerateReport {
  readonly seconds: number
}

/** Samples in milliseconds, one a block, of the clock and (`…-cpu`) of the process's processors; sizes in bytes. */
export interface BlocksReport {
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Largest resident set, files that LevelDB maps included. */
  readonly peakRssBytes: number
  /** At the end, without mapped files; NaN where the system does not tell. */
  readonly anonymousBytes: number
  readonly stateCacheBytes: number
  readonly coreMemoryBytes: number
  /** Undo list and index row of the last block. */
  readonly undoBytes: number
}

const CHAIN_ID = 7007
const SLICE_ACCOUNTS = 20_000
const BLOCKS = 40
const TRANSFERS = 1000
const [role, directory, accountsText, blocksFile] = process.argv.slice(2) as [string, string, string, string]
const accountCount = Number(accountsText)
/** One copy for all steps: a build of the artefact in between would be another chain. */
const wasm = readFileSync(join(directory, '..', 'core.wasm'))

const chainSpec = sampleChainSpec(wasm, { name: 'bench', chainId: CHAIN_ID })

/** In the order of the trie's keys: each record is written about once, and LevelDB's files need no merging. */
async function generate(): Promise<GenerateReport> {
  const startMs = performance.now()
  const store = await createLevelStore(directory)
  const core = createCore({ wasm, sha256: chainSpec.coreWasmSha256 })
  const host = createStateHost(core, store)
  let { stateRoot } = await writeGenesis(chainSpec, core, host)
  const order = indicesInTrieOrder(accountCount)
  for (let from = 0; from < accountCount; from += SLICE_ACCOUNTS) {
    const slice = Array.from(order.subarray(from, from + SLICE_ACCOUNTS), fundedAccount)
    const result = await host.evaluate(operations.apply, encodeApply(stateRoot, slice), { layers: [] })
    if (result.status !== 'ok') throw new Error(`${result.code} ${result.message}`)
    const applied = readApply(result.body)
    await host.write(applied.changes, [], false)
    stateRoot = applied.stateRoot
    if ((from / SLICE_ACCOUNTS) % 25 === 0) process.stderr.write(`${from} accounts\n`)
  }
  await writeHead(store, core, stateRoot)
  await store.close()
  return { seconds: (performance.now() - startMs) / 1000 }
}

/** Forty bits of the hash decide the order; the index rides in the low 24. */
function indicesInTrieOrder(count: number): Uint32Array {
  const keyed = new BigUint64Array(count)
  const high = new DataView(keyed.buffer)
  for (let index = 0; index < count; index++) {
    const hash = keccak256Bytes(addressBytes(index))
    const top =
      ((hash[0] as number) << 24) | ((hash[1] as number) << 16) | ((hash[2] as number) << 8) | (hash[3] as number)
    high.setUint32(8 * index + 4, top >>> 0, true)
    high.setUint32(8 * index, (((hash[4] as number) << 24) | index) >>> 0, true)
  }
  keyed.sort()
  return Uint32Array.from(keyed, (value) => Number(value & 0xffffffn))
}

function addressBytes(index: number): Uint8Array {
  const bytes = new Uint8Array(20).fill(0xac, 0, 4)
  new DataView(bytes.buffer).setUint32(16, index)
  return bytes
}

function fundedAccount(index: number): GenesisAccount {
  return { address: addressFromBytes(addressBytes(index)), balance: 10n ** 18n, nonce: 0, code: '0x', storage: [] }
}

async function writeHead(store: KeyValueStore, core: ReturnType<typeof createCore>, stateRoot: Hash): Promise<void> {
  const { gasLimit, baseFeePerGas, genesisTimeMs } = chainSpec
  const timestamp = BigInt(Math.floor(genesisTimeMs / 1000))
  const request = encodeGenesisHeader({ chain: chainSpec, stateRoot, timestamp, gasLimit, baseFeePerGas })
  const result = core.run(operations.genesisHeader, request, () => null)
  if (result.status !== 'ok') throw new Error('no genesis header')
  const { payload, header, blockHash: executionBlockHash } = readGenesisHeader(result.body)
  const accessList = Uint8Array.of(0xc0)
  const executed = { executionBlockHash, stateRoot, payload, accessList, executionHeader: header }
  const { hash: blockHash } = genesisBlock(chainSpec, executed)
  const named = { blockHash, height: height(0), accessListHash: EMPTY_LIST_HASH, gasUsed: 0n }
  await store.batch([
    { type: 'put', key: GENESIS_KEY, value: encodeGenesisRecord({ ...executed, blockHash }) },
    {
      type: 'put',
      key: HEAD_KEY,
      value: encodeHeadRecord({ ...named, executionBlockHash, stateRoot, executionHeader: header }),
    },
  ])
}

type Samples = Record<string, number[]>

async function withExecutor(
  run: (executor: GenesisExecutor, samples: Samples) => Promise<void>,
): Promise<BlocksReport> {
  const samples: Samples = {}
  const stateStore = await createLevelStore(directory)
  const executor = createExecutor(
    { chainSpec, stateStore, wasm, historyBlocks: NODE_HISTORY_BLOCKS, memoryBudget: NODE_MEMORY_BUDGET },
    // Time stands still for the gas budget: a slow machine shall pack the same block.
    { clock: { monotonicMs: () => 0 }, senderRecovery: namedSenders },
  )
  await executor.start()
  await run(executor, samples)
  const { stateCacheBytes, memoryBytes: coreMemoryBytes } = await executor.memory()
  const undoKeys = [UNDO_PREFIX, UNDO_INDEX_PREFIX].map((prefix) => heightKey(prefix, BLOCKS))
  const undoBytes = (await stateStore.getMany(undoKeys)).reduce((sum, value) => sum + (value?.length ?? 0), 0)
  await executor.stop()
  const peakRssBytes = 1024 * process.resourceUsage().maxRSS
  return { samples, peakRssBytes, anonymousBytes: anonymousBytes(), stateCacheBytes, coreMemoryBytes, undoBytes }
}

/** Builds blocks of transfers between accounts drawn at random. */
async function leadBlocks(executor: GenesisExecutor, samples: Samples): Promise<void> {
  const random = createRandom(accountCount)
  const nonces = new Map<number, number>()
  const blocks: ExecuteRequest[] = []
  for (let count = 1; count <= BLOCKS; count++) {
    const transactions = transfers(random, nonces)
    const { blockHash: parentHash } = executor.head()
    const shared = { parentHash, timeMs: chainSpec.genesisTimeMs + 1000 * count, prevRandao: ZERO_HASH }
    const request = { ...shared, feeRecipient: ZERO_ADDRESS, transactions, sizeMaxBytes: 1_000_000 }
    const built = await timed(samples, 'build', () => executor.build(request))
    if (built.transactionCount !== TRANSFERS) throw new Error(`packed ${built.transactionCount} transfers only`)
    const blockHash = keccak256(built.payload)
    await executor.adopt(built.buildId, blockHash)
    await timed(samples, 'commit', () => executor.commit(blockHash))
    blocks.push({ ...shared, ...built, blockHash, height: height(count) })
  }
  await writeFile(blocksFile, serialize(blocks))
}

async function verifyBlocks(executor: GenesisExecutor, samples: Samples): Promise<void> {
  const blocks = deserialize(await readFile(blocksFile)) as readonly ExecuteRequest[]
  for (const block of blocks) {
    const verdict = await timed(samples, 'execute', () => executor.execute(block))
    if (verdict.verdict !== 'accept') throw new Error(`bench block rejected: ${verdict.code}`)
    await timed(samples, 'commit', () => executor.commit(block.blockHash))
  }
  const random = createRandom(1)
  for (let count = 0; count < 200; count++) {
    const address = addressFromBytes(addressBytes(Math.floor(random() * accountCount)))
    const at = height(Math.floor(random() * (BLOCKS - 1)))
    await timed(samples, 'past-account', () => executor.account(address, at))
    await timed(samples, 'past-proof', () => executor.proof(address, [], at))
  }
}

async function timed<T>(samples: Samples, name: string, run: () => Promise<T>): Promise<T> {
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  const value = await run()
  ;(samples[name] ??= []).push(performance.now() - startMs)
  const { user, system } = process.cpuUsage(cpu)
  ;(samples[`${name}-cpu`] ??= []).push((user + system) / 1000)
  return value
}

/** Distinct senders; recipients may repeat. */
function transfers(random: () => number, nonces: Map<number, number>): readonly Uint8Array[] {
  const senders = new Set<number>()
  while (senders.size < TRANSFERS) senders.add(Math.floor(random() * accountCount))
  return Array.from(senders, (sender) => {
    const nonce = nonces.get(sender) ?? 0
    nonces.set(sender, nonce + 1)
    return transfer(sender, nonce, Math.floor(random() * accountCount))
  })
}

/** EIP-1559, with the sender's index in place of a signature: recovery has a benchmark of its own. */
function transfer(sender: number, nonce: number, recipient: number): Uint8Array {
  const r = new Uint8Array(32).fill(1, 0, 1)
  new DataView(r.buffer).setUint32(28, sender)
  const fees = [rlpUint(1_000_000_000), rlpUint(5_000_000_000)]
  const target = [rlpUint(21_000), addressBytes(recipient), rlpUint(1), new Uint8Array(0), []]
  const s = new Uint8Array(32).fill(1)
  const fields = [rlpUint(CHAIN_ID), rlpUint(nonce), ...fees, ...target, rlpUint(0), r, s]
  return concatBytes(Uint8Array.of(2), encodeRlp(fields))
}

const namedSenders: SenderRecovery = {
  recover: async (raw) =>
    raw.map((bytes) => {
      const index = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 37, 4).getUint32(0)
      return addressFromBytes(addressBytes(index))
    }),
}

function anonymousBytes(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return 1024 * Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN)
  } catch {
    return Number.NaN
  }
}

/** Park–Miller. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

// Last: everything above is initialized by now.
const report = role === 'generate' ? await generate() : await withExecutor(role === 'lead' ? leadBlocks : verifyBlocks)
process.stdout.write(`${JSON.stringify(report)}\n`)
