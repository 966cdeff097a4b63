/**
 * Validator sets by epoch, and the epoch state along the finalized chain (`@cairn/chain` epoch-state.ts). Derived data:
 * everything here follows from the chain spec and the stored blocks, so that nothing has to be atomic with them. A record
 * that a crash has swallowed is folded from the blocks at the next start.
 */
import { decodeValidatorSet, encodeValidatorSet } from '@cairn/chain'
import { epochStateAfter, genesisEpochState, isBoundaryHeight } from '@cairn/chain'
import type { Block, ChainSpec, EpochState, ValidatorSet } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { CodedError, assert, bytesFromHex, bytesFromUint64, concatBytes } from '@cairn/primitives'
import { decodeRlpList, encodeRlp, epoch, height, hexFromBytes, rlpUint } from '@cairn/primitives'
import type { Decoded, Epoch, Hash, Height, Hex } from '@cairn/primitives'
import type { ChainReader } from './chain-store.ts'
import { heightFromBytes, tablePrefixes } from './key-layout.ts'
import { epochStateIntervalBlocks, epochStateMaxBytes, recentSetsMax } from './limits.ts'

/** What is folded. */
export type EpochBlockReader = Pick<ChainReader, 'head' | 'blockByHeight' | 'headerByHeight'>

export interface EpochStore {
  /** As of the newest block known here. */
  current(): EpochState
  /** The newest ones, ascending; the current one last. */
  recentSets(): readonly ValidatorSet[]
  /** Of any epoch that has begun. @throws CodedError `CHAIN_STORE_CORRUPT` */
  validators(epoch: Epoch): Promise<ValidatorSet | undefined>
  /**
   * As of the stored block at `height`. Folds at most `epochStateIntervalBlocks` blocks.
   * @throws CodedError `CHAIN_STORE_CORRUPT`
   */
  stateAt(height: Height, chain: EpochBlockReader): Promise<EpochState>
  /**
   * At start: goes to the head of the opened chain.
   * @throws CodedError `CHAIN_STORE_CORRUPT` also when the set is not the one that the chain's headers name
   */
  follow(chain: EpochBlockReader): Promise<void>
  /** The next finalized block, after it was stored; one that is known already changes nothing. Durable at an epoch's end. */
  advance(block: Block): Promise<EpochState>
}

interface StateRecord {
  readonly epoch: Epoch
  readonly randaoMix: Hash
  readonly offenders: readonly Hex[]
}

/** What a chain that begins at `at` stands on: its state there, and the sets that it names. */
export function epochBaseOperations(at: Height, state: EpochState): readonly BatchOperation[] {
  const { validators, previous } = state
  const sets = previous === undefined ? [validators] : [previous, validators]
  return [{ type: 'put', key: stateKey(at), value: encodeState(state) }, ...sets.map(validatorSetOperation)]
}

export function validatorSetOperation(set: ValidatorSet): BatchOperation {
  return { type: 'put', key: setKey(set.epoch), value: encodeValidatorSet(set) }
}

/** In the same key-value store as the chain store, in tables of its own. Open it before the chain store. */
export async function openEpochStore(store: KeyValueStore, spec: ChainSpec): Promise<EpochStore> {
  // Evidence is judged by the set of its own epoch, through the unbonding time.
  const recentMax = Math.max(recentSetsMax, spec.unbondingEpochs + 1)
  const recent: ValidatorSet[] = []
  let at = height(0)
  let current = genesisEpochState(spec)

  const remember = (set: ValidatorSet): void => {
    if (recent.some((known) => known.epoch === set.epoch)) return
    recent.push(set)
    recent.sort((a, b) => a.epoch - b.epoch)
    if (recent.length > recentMax) recent.shift()
  }

  const validators = async (of: Epoch): Promise<ValidatorSet | undefined> => {
    const known = recent.find((set) => set.epoch === of)
    if (known !== undefined) return known
    if (of === 0) return genesisEpochState(spec).validators
    const bytes = await store.get(setKey(of))
    return bytes && valueFromDecoded(decodeValidatorSet(bytes), 'validator set')
  }

  /** The newest record at or below `most`. */
  const readState = async (most: Height): Promise<{ readonly at: Height; readonly state: EpochState }> => {
    const range = { gte: stateKey(height(0)), lt: stateKey(height(most + 1)), reverse: true, limit: 1 }
    for await (const [key, bytes] of store.entries(range)) {
      const record = valueFromDecoded(decodeState(bytes), 'epoch state')
      const set = await validators(record.epoch)
      if (set === undefined) throw corrupt(`the validator set of epoch ${record.epoch} is missing`)
      const { randaoMix, offenders } = record
      const previous = record.epoch === 0 ? undefined : await validators(epoch(record.epoch - 1))
      return { at: heightFromBytes(key), state: { validators: set, previous, randaoMix, offenders } }
    }
    return { at: height(0), state: genesisEpochState(spec) }
  }

  const write = async (of: Height, state: EpochState): Promise<void> => {
    const isEnd = isBoundaryHeight(of, spec.epochLengthBlocks)
    if (!isEnd && of % epochStateIntervalBlocks !== 0) return
    const operations: BatchOperation[] = [{ type: 'put', key: stateKey(of), value: encodeState(state) }]
    const set = state.validators
    if (isEnd) operations.push(validatorSetOperation(set))
    await store.batch(operations, { durable: isEnd })
  }

  const advance = async (block: Block): Promise<EpochState> => {
    const next = block.header.height
    if (next <= at) return current
    assert(next === at + 1, 'blocks are folded in order')
    const state = epochStateAfter(current, block, spec)
    await write(next, state)
    at = next
    current = state
    remember(state.validators)
    return state
  }

  const newest = await readState(height(Number.MAX_SAFE_INTEGER - 1))
  at = newest.at
  current = newest.state
  const { epoch: newestEpoch } = current.validators
  for (let of = Math.max(0, newestEpoch - recentMax + 1); of <= newestEpoch; of++) {
    const set = await validators(epoch(of))
    if (set !== undefined) remember(set)
  }

  return {
    current: () => current,
    recentSets: () => recent,
    validators,
    stateAt: async (of, chain) => {
      if (of === at) return current
      const found = await readState(of)
      let { state } = found
      for (let next = found.at + 1; next <= of; next++) {
        state = epochStateAfter(state, await readBlock(chain, height(next)), spec)
      }
      return state
    },
    follow: async (chain) => {
      const head = chain.head().height
      // Of a chain that is gone: what is derived from it goes with it.
      if (at > head) ({ at, state: current } = await readState(head))
      for (let next = at + 1; next <= head; next++) await advance(await readBlock(chain, height(next)))
      const end = current.validators.epoch * spec.epochLengthBlocks
      if (end === 0) return
      const boundary = await chain.headerByHeight(height(end))
      if (boundary === undefined) throw corrupt(`the end of epoch ${current.validators.epoch - 1} is missing`)
      const { nextValidatorSetHash } = boundary
      if (nextValidatorSetHash !== current.validators.hash) {
        throw corrupt(`the validator set of epoch ${current.validators.epoch} is not the one that block ${end} names`)
      }
    },
    advance,
  }
}

async function readBlock(chain: EpochBlockReader, at: Height): Promise<Block> {
  const block = await chain.blockByHeight(at)
  if (block === undefined) throw corrupt(`block ${at} is missing`)
  return block
}

function encodeState(state: EpochState): Uint8Array {
  return encodeRlp([
    rlpUint(state.validators.epoch),
    bytesFromHex(state.randaoMix),
    state.offenders.map((key) => bytesFromHex(key)),
  ])
}

function decodeState(bytes: Uint8Array): Decoded<StateRecord> {
  return decodeRlpList(bytes, epochStateMaxBytes, (fields) => ({
    epoch: epoch(fields.uint()),
    randaoMix: fields.hash(),
    offenders: fields.listOf(epochStateMaxBytes / 48, (each) => hexFromBytes(each.fixed(48))),
  }))
}

function stateKey(at: Height): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.epochStates), bytesFromUint64(at))
}

function setKey(of: Epoch): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.validatorSets), bytesFromUint64(of))
}

function valueFromDecoded<Value>(decoded: Decoded<Value>, name: string): Value {
  if (!decoded.ok) throw corrupt(`a stored ${name} does not decode: ${decoded.code}`)
  return decoded.value
}

function corrupt(why: string): CodedError {
  return new CodedError('CHAIN_STORE_CORRUPT', `the chain store is damaged: ${why}`)
}
