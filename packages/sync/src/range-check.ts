/**
 * Judges a finalized range (consensus.md «Catch-up»): it counts only if its certificate verifies and its blocks link
 * by parent hashes to what is finalized here. Cheap checks come first; the one aggregate verification before the
 * hashing of block data.
 */
import { decodeFinalizedRangeResponse } from '@cairn/chain'
import type { Block, Certificate } from '@cairn/chain'
import type { Height, Verdict } from '@cairn/primitives'
import type { FinalizedPoint, SyncFault } from './sync-input.ts'

export type RangeJudgement =
  | { readonly kind: 'good'; readonly blocks: readonly Block[]; readonly certificate: Certificate }
  /** Nothing beyond what is known here by now. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'fault'; readonly code: SyncFault }
  | { readonly kind: 'conflict'; readonly block: Block; readonly certificate: Certificate }

export interface RangeChecks {
  /** Weight and aggregate signature of a finalization, against the validator set of its epoch. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  /** Whether the bytes belong to the header; the application's, `@cairn/chain`'s for the EVM. */
  readonly checkBlockData: (block: Block) => Verdict
}

/**
 * `fromHeight` is what was asked for, `tip` what is finalized or verified here now, which may be later: consensus
 * may have gone on meanwhile. Then only the blocks above it are given.
 */
export function judgeRange(
  data: Uint8Array,
  fromHeight: Height,
  tip: FinalizedPoint,
  { verifyFinalization, checkBlockData }: RangeChecks,
): RangeJudgement {
  const decoded = decodeFinalizedRangeResponse(data)
  if (!decoded.ok) return fault('SYNC_MALFORMED')
  const { blocks, certificate } = decoded.value
  const first = blocks[0]
  if (first === undefined) return tip.height < fromHeight ? fault('SYNC_EMPTY_RANGE') : { kind: 'outdated' }
  if (certificate === undefined) return fault('SYNC_MALFORMED')
  if (first.header.height !== fromHeight) return fault('SYNC_WRONG_RANGE')
  const added = blocks.filter((block) => block.header.height > tip.height)
  const next = added[0]
  if (next === undefined) return { kind: 'outdated' }
  const isFinal = verifyFinalization(certificate).verdict === 'accept'
  if (next.header.parentHash !== tip.hash) {
    return isFinal ? { kind: 'conflict', block: next, certificate } : fault('SYNC_NOT_LINKED')
  }
  if (!isFinal) return fault('SYNC_BAD_CERTIFICATE')
  if (added.some((block) => checkBlockData(block).verdict !== 'accept')) return fault('SYNC_BAD_BLOCK_DATA')
  return { kind: 'good', blocks: added, certificate }
}

function fault(code: SyncFault): RangeJudgement {
  return { kind: 'fault', code }
}
