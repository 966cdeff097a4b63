/** Evidence of equivocation: two votes that no honest signer makes in one view (consensus.md «Slashable»). */
import type { BlsKeySet } from '@cairn/crypto'
import { ACCEPT, reject } from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import { verifyVote } from './certificate.ts'
import type { ValidatorSet } from './validator-set.ts'
import type { Vote } from './vote.ts'

/** Ordered, so that one pair of votes has one encoding: by kind (notarize, nullify, finalize), then by hash. */
export interface Equivocation {
  readonly first: Vote
  readonly second: Vote
}

/** `undefined` unless the two votes are slashable together: N/N or F/F of different hashes, or X and F, of one view. */
export function equivocationFromVotes(a: Vote, b: Vote): Equivocation | undefined {
  const evidence = isOrdered(a, b) ? { first: a, second: b } : { first: b, second: a }
  return isSlashable(evidence) ? evidence : undefined
}

/** Whether the pair is slashable, ordered and well signed by a validator of `set`. Two verifications. */
export function verifyEquivocation(
  evidence: Equivocation,
  set: ValidatorSet,
  keySet: BlsKeySet,
  genesisHash: Hash,
): Verdict {
  if (!isSlashable(evidence) || !isOrdered(evidence.first, evidence.second)) return reject('EVIDENCE_NOT_CONFLICTING')
  for (const vote of [evidence.first, evidence.second]) {
    const verdict = verifyVote(vote, set, keySet, genesisHash)
    if (verdict.verdict !== 'accept') return verdict
  }
  return ACCEPT
}

const KIND_ORDER = { notarize: 0, nullify: 1, finalize: 2 } as const

function isOrdered(a: Vote, b: Vote): boolean {
  return a.kind === b.kind ? a.hash < b.hash : KIND_ORDER[a.kind] < KIND_ORDER[b.kind]
}

function isSlashable({ first, second }: Equivocation): boolean {
  if (first.epoch !== second.epoch || first.view !== second.view || first.validator !== second.validator) return false
  if (first.kind === second.kind) return first.kind !== 'nullify' && first.hash !== second.hash
  return first.kind === 'nullify' && second.kind === 'finalize'
}
