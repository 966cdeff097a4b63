/** R2, R3 and R7 need data and execution: fetch what certificates name and is missing, execute what has its parent. */
import { epochStateAfter } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { Block } from '@cairn/chain'
import type { From } from '../input.ts'
import { ancestorsAboveHead, epochStateOf, executedHeader } from '../justification.ts'
import { FETCHES_MAX, FETCH_ALONE_MAX, FETCH_DEPTH_MAX, OTHER_EPOCH_INTERVAL_MS } from '../limits.ts'
import type { BlockEntry, Core } from '../state.ts'

/** Takes block data whose bytes belong to its header. */
export function addBlock({ state }: Core, block: Block, from: From | undefined): void {
  state.fetches.delete(block.hash)
  if (block.header.height <= state.head.header.height || state.blocks.has(block.hash)) return
  state.blocks.set(block.hash, {
    block,
    from,
    status: 'known',
    repeatsEvidence: false,
    isPersisted: false,
    epochState: undefined,
  })
  state.isDirty = true
}

export function fetchMissingBlocks(core: Core): void {
  const { state } = core
  if (state.finalization !== undefined) fetchAncestry(core, state.finalization.hash)
  for (const record of state.views.values()) {
    if (record.view <= state.finalizedView) continue
    const { notarize } = record.certificates
    if (notarize !== undefined) fetchAncestry(core, notarize.hash)
    if (record.view !== state.view) continue
    for (const proposal of record.proposals)
      if (!state.blocks.has(proposal.block.hash)) fetch(core, proposal.block.hash)
  }
}

export function executeBlocks(core: Core): void {
  for (const entry of core.state.blocks.values()) if (entry.status === 'known') execute(core, entry)
}

function execute(core: Core, entry: BlockEntry): void {
  const { state, options, effects } = core
  const { block } = entry
  const parent = executedHeader(state, block.header.parentHash)
  if (parent === undefined) return
  const parentState = epochStateOf(state, block.header.parentHash)
  const evidence = core.book.check(block, ancestorsAboveHead(state, block.header.parentHash))
  entry.repeatsEvidence = evidence.verdict === 'ignore'
  // A child of the epoch's last block is the next epoch's affair.
  const isOfThisEpoch = parentState.validators.epoch === options.validators.epoch
  if (evidence.verdict === 'reject' || !isOfThisEpoch) {
    entry.status = 'bad'
    return
  }
  entry.epochState = epochStateAfter(parentState, block, options.spec)
  const verdict = options.blockChecks.checkBlock(block, {
    spec: options.spec,
    parent,
    parentHash: block.header.parentHash,
    validatorSet: options.validators,
    leaders: core.leaderOf,
    // Read on an epoch's last block only.
    nextValidatorSetHash: entry.epochState.validators.hash,
  })
  if (verdict.verdict !== 'accept') {
    entry.status = 'bad'
    return
  }
  entry.status = 'executing'
  effects.push({ type: 'execute', block })
}

/** Walks from a certified hash towards the head and asks for the first block that is missing. */
function fetchAncestry(core: Core, tip: Hash): void {
  const { state } = core
  const headHeight = state.head.header.height
  let hash = tip
  let above = headHeight
  while (hash !== state.head.hash) {
    const block = state.blocks.get(hash)?.block
    if (block === undefined) {
      fetch(core, hash)
      // One block after the other takes a round trip for each; short epochs pass as quickly.
      const isSlow = isEpochsBehind(core) || above > headHeight + FETCH_ALONE_MAX
      const tipBlock = state.blocks.get(tip)?.block
      if (tipBlock !== undefined && isSlow && tip === state.finalization?.hash) reportBehind(core, tipBlock)
      return
    }
    const { height, parentHash } = block.header
    above = height
    if (height > headHeight + FETCH_DEPTH_MAX) {
      if (tip === state.finalization?.hash) reportBehind(core, block)
      return
    }
    if (height <= headHeight + 1) return
    hash = parentHash
  }
}

/** Certified, so the height is true; sync goes there by certificates, not by this word. */
function reportBehind({ state, effects }: Core, block: Block): void {
  const { finalization } = state
  assert(finalization !== undefined, 'only a finalization puts a node behind')
  if (state.behindHeight === block.header.height) return
  state.behindHeight = block.header.height
  effects.push({ type: 'behind', finalization, height: block.header.height })
}

/** More than one, as of the last second. */
function isEpochsBehind({ run, now }: Core): boolean {
  return now.monotonicMs - run.farAheadAtMs < OTHER_EPOCH_INTERVAL_MS
}

function fetch({ state, effects }: Core, hash: Hash): void {
  if (state.fetches.has(hash) || state.fetches.size >= FETCHES_MAX) return
  state.fetches.add(hash)
  const holder = state.holders.get(hash)
  effects.push({ type: 'fetch-block', hash, hints: holder === undefined ? [] : [holder] })
}
