/**
 * A chain that really executes, peers that serve its state (or lie about it), and an empty node that takes a snapshot
 * from them: the production parts but for the network, which is function calls in virtual time.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  NO_EVIDENCE,
  blockFromParts,
  decodeEpochEndsRequest,
  encodeEpochEndsResponse,
  epochStateAfter,
  genesisEpochState,
  isBoundaryHeight,
  decodeBlocksByHashRequest,
  decodeFinalizedRangeRequest,
  decodeHeaderTrailRequest,
  decodeSnapshotChunkRequest,
  decodeSnapshotCodesRequest,
  encodeBlocksByHashResponse,
  encodeChainStatus,
  encodeFinalizedRangeResponse,
} from '@cairn/chain'
import type { Block, Certificate, ChainSpec, EpochEnd, EpochState } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { createExecutor } from '@cairn/executor'
import type { GenesisExecutor } from '@cairn/executor'
import type { KeyValueStore, RequestProtocol, SenderRecovery } from '@cairn/ports'
import { ZERO_HASH, assert, height, view } from '@cairn/primitives'
import type { Address, Decoded, Hash, Height, Hex } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { hexToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { executeRequestFor } from '../src/execute-request.ts'
import { serveHeaderTrail, serveSnapshotChunk, serveSnapshotCodes } from '../src/snapshot-server.ts'

const wasm = readFileSync(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
const CHAIN_ID = 7007
const sender = privateKeyToAccount(keccak256(Uint8Array.of(1)))
const word = (value: number): Hash => `0x${value.toString(16).padStart(64, '0')}` as Hash
const addressOf = (index: number): Address => keccak256(hexToBytes(word(index))).slice(0, 42) as Address

/** Sets slot calldataload(0) to calldataload(32). */
const WRITER_CODE: Hex = '0x6020355f3555'
/** A contract with more storage than one chunk holds. */
const writer = addressOf(1_000_001)

export interface WorldOptions {
  readonly accounts?: number
  readonly slots?: number
  readonly epochLengthBlocks?: number
}

function worldSpec({ accounts = 200, slots = 250, epochLengthBlocks = 100_000 }: WorldOptions): ChainSpec {
  const plain = Array.from({ length: accounts }, (_, index) => ({
    address: addressOf(index),
    balance: BigInt(index + 1),
    nonce: 0,
    code: '0x' as Hex,
    storage: [],
  }))
  const contracts = Array.from({ length: 30 }, (_, index) => ({
    address: addressOf(2_000_000 + index),
    balance: 0n,
    nonce: 1,
    // Some codes are shared.
    code: `0x60${(index % 11).toString(16).padStart(2, '0')}` as Hex,
    storage: Array.from({ length: index % 7 }, (_unused, slot) => ({ slot: word(slot), value: word(slot + 1) })),
  }))
  const storage = Array.from({ length: slots }, (_, slot) => ({ slot: word(slot + 1), value: word(slot + 7) }))
  const rich = { address: sender.address.toLowerCase() as Address, balance: 10n ** 24n, nonce: 0 }
  const alloc = [
    ...plain,
    ...contracts,
    { address: writer, balance: 0n, nonce: 1, code: WRITER_CODE, storage },
    { ...rich, code: '0x' as Hex, storage: [] },
  ]
  return sampleChainSpec(wasm, {
    name: 'snapshot',
    chainId: CHAIN_ID,
    epochLengthBlocks,
    unbondingEpochs: 4,
    alloc: alloc.sort((a, b) => (a.address < b.address ? -1 : 1)),
  })
}

let elapsedMs = 0
export interface ExecutorParts {
  readonly stateStore?: KeyValueStore
  readonly historyBlocks?: number
  /** Default: the core recovers. */
  readonly senderRecovery?: SenderRecovery
}

export function executorOf(chainSpec: ChainSpec, parts: ExecutorParts = {}): GenesisExecutor {
  const { stateStore = createMemoryStore(), historyBlocks = 128, senderRecovery } = parts
  const clock = { monotonicMs: () => (elapsedMs += 5) }
  return createExecutor(
    { chainSpec, stateStore, wasm, historyBlocks },
    { clock, ...(senderRecovery === undefined ? {} : { senderRecovery }) },
  )
}

export interface World {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  readonly executor: GenesisExecutor
  /** As of the last block. */
  epochState(): EpochState
  /** Height 1 first. */
  readonly blocks: readonly Block[]
  /** Adds blocks that create, change and delete accounts and slots. */
  grow(count: number): Promise<void>
  /** What an honest peer answers. */
  answer(protocol: RequestProtocol, data: Uint8Array): Promise<Uint8Array | { readonly refused: string }>
  status(): Uint8Array
}

export async function createWorld(options: WorldOptions & ExecutorParts = {}): Promise<World> {
  const spec = worldSpec(options)
  const executor = executorOf(spec, options)
  await executor.start()
  const genesisHash = executor.head().blockHash
  const blocks: Block[] = []
  const blockAt = (at: Height): Block | undefined => blocks[at - 1]
  const nonces = { next: 0 }
  const ends: EpochEnd[] = []
  let epochState = genesisEpochState(spec)

  const grow = async (count: number): Promise<void> => {
    for (let round = 0; round < count; round++) {
      const transactions = await transactionsOf(blocks.length + 1, nonces)
      const block = await nextBlock({ executor, spec, epochState }, transactions)
      blocks.push(block)
      epochState = epochStateAfter(epochState, block, spec)
      if (isBoundaryHeight(block.header.height, spec.epochLengthBlocks)) {
        ends.push({ header: block.header, finalization: certificateOf(block), nextValidators: epochState.validators })
      }
      assert((await executor.execute(executeRequestFor(block))).verdict === 'accept', 'the built block executes')
      await executor.commit(block.hash)
    }
  }
  const decoded = <T>(result: Decoded<T>): T => {
    assert(result.ok, 'the machine asks in good form')
    return result.value
  }
  return {
    spec,
    genesisHash,
    executor,
    epochState: () => epochState,
    blocks,
    grow,
    status: () => {
      const last = blocks.at(-1) as Block
      const { height: at, epoch: e } = last.header
      return encodeChainStatus({
        genesisHash,
        epoch: e,
        height: at,
        finalization: certificateOf(last),
        oldestHeight: height(0),
      })
    },
    answer: async (protocol, data) => {
      switch (protocol) {
        case 'snapshot-chunk':
          return serveSnapshotChunk(executor, decoded(decodeSnapshotChunkRequest(data)))
        case 'snapshot-codes':
          return serveSnapshotCodes(executor, decoded(decodeSnapshotCodesRequest(data)))
        case 'blocks-by-hash': {
          const { hashes } = decoded(decodeBlocksByHashRequest(data))
          return encodeBlocksByHashResponse({ blocks: blocks.filter(({ hash }) => hashes.includes(hash)) })
        }
        case 'finalized-range': {
          const { fromHeight, countMax } = decoded(decodeFinalizedRangeRequest(data))
          const near = blocks.slice(fromHeight - 1, fromHeight - 1 + Math.min(countMax, 5))
          // A range never crosses an epoch's end.
          const range = near.filter(({ header }) => header.epoch === near[0]?.header.epoch)
          const last = range.at(-1)
          return encodeFinalizedRangeResponse({
            blocks: range,
            links: [],
            certificate: last === undefined ? undefined : certificateOf(blockAt(last.header.height) ?? last),
          })
        }
        case 'epoch-ends': {
          const { fromEpoch } = decoded(decodeEpochEndsRequest(data))
          return encodeEpochEndsResponse({ ends: ends.slice(fromEpoch, fromEpoch + 2) })
        }
        case 'header-trail':
          return serveHeaderTrail({ headerEntry: async (at) => blockAt(at) }, decoded(decodeHeaderTrailRequest(data)))
        default:
          return { refused: 'UNKNOWN' }
      }
    },
  }
}

/** New accounts, transfers, and slots of `writer` that are set, overwritten and zeroed. */
async function transactionsOf(number: number, nonces: { next: number }): Promise<readonly Uint8Array[]> {
  const calls: { to?: Address; data?: Hex; value?: bigint }[] = [
    { to: addressOf(3_000_000 + number), value: 5n },
    { to: addressOf(number % 400), value: 1n },
    { to: writer, data: `0x${word(number * 3).slice(2)}${word(0).slice(2)}` as Hex },
    { to: writer, data: `0x${word(600 + number).slice(2)}${word(number).slice(2)}` as Hex },
    // Creates a contract with a slot and one byte of code.
    { data: `0x6001${number.toString(16).padStart(4, '0').replace(/^/, '61')}5560015ff3` as Hex },
  ]
  const raws = calls.map(({ to, data = '0x', value = 0n }) =>
    sender.signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce: nonces.next++,
      ...(to === undefined ? {} : { to }),
      data,
      value,
      gas: 200_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 10n ** 9n,
    }),
  )
  return (await Promise.all(raws)).map((raw) => hexToBytes(raw))
}

interface Standing {
  readonly executor: GenesisExecutor
  readonly spec: ChainSpec
  readonly epochState: EpochState
}

async function nextBlock(
  { executor, spec, epochState }: Standing,
  transactions: readonly Uint8Array[],
): Promise<Block> {
  const parent = executor.head()
  const at = parent.height + 1
  const timeMs = 1_700_000_000_000 + at * 250
  const randaoReveal = new Uint8Array(96).fill(at % 251)
  const built = await executor.build({
    parentHash: parent.blockHash,
    timeMs,
    prevRandao: keccak256(randaoReveal),
    feeRecipient: addressOf(9),
    transactions,
    sizeMaxBytes: 1_000_000,
  })
  assert(built.transactionCount === transactions.length, 'all are included')
  const { executionBlockHash, stateRoot, accessListHash } = built
  const { validators } = epochState
  const content = { header: { height: height(at), randaoReveal }, evidence: NO_EVIDENCE }
  const next = epochStateAfter(epochState, content, spec).validators
  return blockFromParts(
    {
      chainId: CHAIN_ID,
      epoch: validators.epoch,
      view: view(at),
      parentView: view(at - 1),
      height: height(at),
      parentHash: parent.blockHash,
      timeMs,
      proposer: 0,
      executionBlockHash,
      stateRoot,
      accessListHash,
      evidenceRoot: keccak256(Uint8Array.of(0xc0)),
      randaoReveal,
      validatorSetHash: validators.hash,
      nextValidatorSetHash: next.epoch > validators.epoch ? next.hash : ZERO_HASH,
    },
    built.payload,
    built.accessList,
  )
}

export function certificateOf(block: Block): Certificate {
  const signers = Uint8Array.of(1)
  const { epoch: e, view: v } = block.header
  return { kind: 'finalize', epoch: e, view: v, hash: block.hash, signers, signature: new Uint8Array(96).fill(7) }
}

/** Stands for the aggregate: only what `certificateOf` makes is signed. */
export const worldBls: Bls = {
  ...({} as Bls),
  keySet: (publicKeys) => ({
    size: publicKeys.length,
    verify: () => false,
    verifyAggregate: (_indices, _message, signature) => signature[0] === 7,
  }),
}
