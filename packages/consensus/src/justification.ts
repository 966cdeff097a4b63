/** Which views are justified: entry proofs, parents, gaps (consensus.md «Objects»). */
import type { Block, Certificate, ConsensusHeader, EntryProof, EpochState } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { Hash, View } from '@cairn/primitives'
import type { ConsensusState } from './state.ts'

/** A notarized or finalized view and its block. */
export interface Base {
  readonly view: View
  readonly hash: Hash
  /** `undefined` for genesis_e. */
  readonly certificate: Certificate | undefined
}

/** The highest notarized or finalized view below `limit`. O(views held). */
export function highestBase(state: ConsensusState, limit = Number.POSITIVE_INFINITY): Base {
  let best: Base = finalizedBase(state)
  for (const record of state.views.values()) {
    const { notarize } = record.certificates
    if (notarize === undefined || record.view >= limit || record.view <= best.view) continue
    best = { view: record.view, hash: notarize.hash, certificate: notarize }
  }
  return best
}

/** Whether `view` has a notarization or finalization of exactly `hash`. View 0: genesis_e. */
export function isJustified(state: ConsensusState, view: View, hash: Hash): boolean {
  if (view === state.finalizedView) return finalizedBase(state).hash === hash
  return state.views.get(view)?.certificates.notarize?.hash === hash
}

/** Whether every view strictly between the two has a nullification. */
export function isGapNullified(state: ConsensusState, base: View, view: View): boolean {
  for (let skipped = base + 1; skipped < view; skipped++) {
    if (state.views.get(skipped as View)?.certificates.nullify === undefined) return false
  }
  return true
}

/** EntryProof(view) from `base`; `undefined` when a nullification is missing. */
export function entryProof(state: ConsensusState, base: Base, view: View): EntryProof | undefined {
  const nullifications: Certificate[] = []
  for (let skipped = base.view + 1; skipped < view; skipped++) {
    const certificate = state.views.get(skipped as View)?.certificates.nullify
    if (certificate === undefined) return undefined
    nullifications.push(certificate)
  }
  return { base: base.certificate, nullifications }
}

/** The block of `hash` and its ancestors down to the head's child, oldest first. */
export function ancestorsAboveHead(state: ConsensusState, hash: Hash): readonly Block[] {
  const ancestors: Block[] = []
  for (let entry = state.blocks.get(hash); entry !== undefined;) {
    ancestors.push(entry.block)
    entry = state.blocks.get(entry.block.header.parentHash)
  }
  return ancestors.toReversed()
}

/** Header of an executed block: the head or one above it; `undefined` while it is not executed. */
export function executedHeader(state: ConsensusState, hash: Hash): ConsensusHeader | undefined {
  if (hash === state.head.hash) return state.head.header
  const entry = state.blocks.get(hash)
  return entry?.status === 'good' ? entry.block.header : undefined
}

/** As of the head or an executed block above it. */
export function epochStateOf(state: ConsensusState, hash: Hash): EpochState {
  if (hash === state.head.hash) return state.head.epochState
  const epochState = state.blocks.get(hash)?.epochState
  assert(epochState !== undefined, 'execution knows what the block does to the epoch')
  return epochState
}

function finalizedBase(state: ConsensusState): Base {
  const { finalization } = state
  return { view: state.finalizedView, hash: finalization?.hash ?? state.head.hash, certificate: finalization }
}
