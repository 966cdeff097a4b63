/**
 * A chain of Ethereum blocks without consensus: verified, executed and stored one by one. It has no certificates, so it
 * is only as true as whoever handed over its blocks: every rule and root is checked, the seals of proof of work and the
 * choice among branches are not.
 *
 * Invariants: blocks, receipts, state and head are in one store and change in one batch, so that whatever ends the
 * process leaves a whole chain, shorter at most; state is the head's.
 */
import { rulesAt } from '@cairn/chain'
import type { ChainRules, EthereumGenesis } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { CodedError, assert, bytesFromHex, equalBytes, hashFromBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { encodeEthereumExecute, encodeHeaderCheck, readEthereumOutcome } from '../abi/ethereum.ts'
import { createCore, operations } from '../core-instance.ts'
import type { Core } from '../core-instance.ts'
import { clearStore } from '../store-clearing.ts'
import { createStateHost } from '../state-host.ts'
import { heightKey } from '../state-key.ts'
import { type EthereumHead, decodeEthereumHead, encodeEthereumHead } from './ethereum-head.ts'
import { writeEthereumGenesis } from './ethereum-genesis.ts'
import { decodeEthereumBlock } from './ethereum-block.ts'
import type { EthereumBlock } from './ethereum-block.ts'
import { OMMER_ANCESTORS, ommerFault } from './ommers.ts'

export interface EthereumChain {
  readonly genesisHash: Hash
  head(): EthereumHead
  /**
   * The block after the head, or one that is there already.
   * @throws CodedError `ETHEREUM_BLOCK_INVALID` (with `number` and the `field` that is wrong in its data),
   * `ETHEREUM_BLOCK_CONFLICT` where another block has its number, `ETHEREUM_BLOCK_GAP`, and the store's and core's
   */
  import(block: Uint8Array): Promise<'imported' | 'present'>
  /** As it was imported, byte for byte. */
  block(number: number): Promise<Uint8Array | undefined>
  /** RLP list of EIP-2718 receipts, before Byzantium with the state root after each transaction. */
  receipts(number: number): Promise<Uint8Array | undefined>
  /** Returns when all that was imported would survive a loss of power. */
  flush(): Promise<void>
}

export interface EthereumChainOptions {
  readonly genesis: EthereumGenesis
  /** Belongs to the caller, who closes it. Empty, or of this chain. */
  readonly store: KeyValueStore
  /** Bytes of `core.wasm`, and their hash. */
  readonly wasm: Uint8Array
  readonly wasmSha256: Hash
}

/** @throws CodedError `GENESIS_MISMATCH` for the store of another chain, `STATE_CORRUPT`, `GENESIS_INVALID` */
export async function openEthereumChain(options: EthereumChainOptions): Promise<EthereumChain> {
  const { genesis, store } = options
  const core = createCore({ wasm: options.wasm, sha256: options.wasmSha256 })
  const host = createStateHost(core, store)
  const stored = await store.get(HEAD_KEY)
  let head = stored === undefined ? await initialize(core, genesis, store) : decodeEthereumHead(stored)
  const { blockHash: genesisHash } = await writeEthereumGenesis(core, genesis)
  const [first] = await readHashes(store, 0)
  if (first !== genesisHash) {
    throw new CodedError('GENESIS_MISMATCH', `the directory holds a chain with the genesis ${first}`, {
      data: { stored: first, expected: genesisHash },
    })
  }
  let ancestors = await readAncestors(store, head.number)
  let hashes = await readHashes(store, head.number)

  const rulesOf = (number: number, timestamp: number): ChainRules => {
    const { terminalTotalDifficulty } = genesis.schedule
    const isMerged = terminalTotalDifficulty !== undefined && head.totalDifficulty >= terminalTotalDifficulty
    return rulesAt(genesis.schedule, { number, timestamp, isMerged })
  }

  const append = async (bytes: Uint8Array, block: EthereumBlock): Promise<void> => {
    const { header } = block
    const rules = rulesOf(header.number, header.timestamp)
    const parent = ancestors[0]
    assert(parent !== undefined, 'a chain has a genesis')
    const fault = ommerFault(block, ancestors, (ommer, ommerParent) => {
      const request = encodeHeaderCheck(rulesOf(ommer.number, ommer.timestamp), ommerParent.bytes, ommer.bytes)
      const result = core.run(operations.header, request, () => null)
      return result.status === 'invalid' ? result.code : undefined
    })
    if (fault !== undefined) throw invalidBlock(header.number, fault, 'ommers')
    const request = encodeEthereumExecute(rules, { parentHeader: parent.header.bytes, block: bytes, ancestors: hashes })
    const result = await host.evaluate(operations.execute, request, { layers: [] })
    if (result.status === 'invalid') throw invalidBlock(header.number, result.code, result.message)
    const outcome = readEthereumOutcome(result.body)
    const next: EthereumHead = {
      number: header.number,
      hash: header.hash,
      stateRoot: outcome.stateRoot,
      totalDifficulty: head.totalDifficulty + header.difficulty,
    }
    await host.write(outcome.changes, recordsOf(next, bytes, outcome.receipts), false)
    head = next
    ancestors = [block, ...ancestors.slice(0, OMMER_ANCESTORS - 1)]
    hashes = [header.hash, ...hashes.slice(0, BLOCKHASH_REACH - 1)]
  }

  return {
    genesisHash,
    head: () => head,
    import: async (bytes) => {
      const decoded = decodeEthereumBlock(bytes)
      if (!decoded.ok) throw invalidBlock(head.number + 1, decoded.code, 'does not decode')
      const { header } = decoded.value
      if (header.number <= head.number) return presentOrThrow(store, header.number, bytes)
      if (header.number > head.number + 1) {
        throw new CodedError('ETHEREUM_BLOCK_GAP', `block ${header.number} does not follow block ${head.number}`, {
          data: { number: header.number, head: head.number },
        })
      }
      await append(bytes, decoded.value)
      return 'imported'
    },
    block: (number) => store.get(heightKey(BLOCK_PREFIX, number)),
    receipts: (number) => store.get(heightKey(RECEIPTS_PREFIX, number)),
    flush: () => store.batch([{ type: 'put', key: HEAD_KEY, value: encodeEthereumHead(head) }], { durable: true }),
  }
}

/** Without a head record, what is there is a genesis that was interrupted. */
async function initialize(core: Core, genesis: EthereumGenesis, store: KeyValueStore): Promise<EthereumHead> {
  await clearStore(store)
  const { payload, blockHash: hash, stateRoot } = await writeEthereumGenesis(core, genesis, store)
  const head = { number: 0, hash, stateRoot, totalDifficulty: genesis.difficulty }
  await store.batch(recordsOf(head, payload, NO_RECEIPTS), { durable: true })
  return head
}

function recordsOf(head: EthereumHead, block: Uint8Array, receipts: Uint8Array): readonly BatchOperation[] {
  const put = (key: Uint8Array, value: Uint8Array): BatchOperation => ({ type: 'put', key, value })
  return [
    put(heightKey(BLOCK_PREFIX, head.number), block),
    put(heightKey(RECEIPTS_PREFIX, head.number), receipts.slice()),
    put(heightKey(HASH_PREFIX, head.number), bytesFromHex(head.hash)),
    put(HEAD_KEY, encodeEthereumHead(head)),
  ]
}

async function presentOrThrow(store: KeyValueStore, number: number, block: Uint8Array): Promise<'present'> {
  const stored = await store.get(heightKey(BLOCK_PREFIX, number))
  if (stored !== undefined && equalBytes(stored, block)) return 'present'
  throw new CodedError('ETHEREUM_BLOCK_CONFLICT', `another block ${number} is imported already`, { data: { number } })
}

/** The head and those before it, newest first. */
async function readAncestors(store: KeyValueStore, head: number): Promise<readonly EthereumBlock[]> {
  const keys = numbersBack(head, OMMER_ANCESTORS).map((number) => heightKey(BLOCK_PREFIX, number))
  return (await store.getMany(keys)).map((bytes) => {
    const decoded = bytes === undefined ? undefined : decodeEthereumBlock(bytes)
    if (decoded?.ok !== true) throw new CodedError('STATE_CORRUPT', 'a block near the head is missing or damaged')
    return decoded.value
  })
}

async function readHashes(store: KeyValueStore, head: number): Promise<readonly Hash[]> {
  const keys = numbersBack(head, BLOCKHASH_REACH).map((number) => heightKey(HASH_PREFIX, number))
  return (await store.getMany(keys)).map((bytes) => {
    if (bytes?.length !== 32) throw new CodedError('STATE_CORRUPT', 'a block hash near the head is missing or damaged')
    return hashFromBytes(bytes)
  })
}

function numbersBack(head: number, count: number): readonly number[] {
  return Array.from({ length: Math.min(count, head + 1) }, (_, back) => head - back)
}

/** The line names the height and the field. */
function invalidBlock(number: number, code: string, field: string): CodedError {
  const message = `block ${number} is invalid: ${field} (${code})`
  return new CodedError('ETHEREUM_BLOCK_INVALID', message, { data: { number, field, reason: code } })
}

/** The host's own keys; the state's tables begin with 01 to 05. */
const HEAD_KEY = Uint8Array.of(0x10)
const BLOCK_PREFIX = Uint8Array.of(0x11)
const RECEIPTS_PREFIX = Uint8Array.of(0x12)
const HASH_PREFIX = Uint8Array.of(0x13)
const BLOCKHASH_REACH = 256
/** RLP of an empty list. */
const NO_RECEIPTS = Uint8Array.of(0xc0)
