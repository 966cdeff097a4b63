/**
 * Proves evidence with the validator set of its own epoch, which nodes keep for the unbonding time: rotating keys saves
 * nobody. What was proven once (by gossip, by an own verification) costs nothing in the block that includes it.
 */
import { evidenceHash, verifyEvidence } from '@cairn/chain'
import type { Evidence, EvidenceVerdict, ValidatorSet } from '@cairn/chain'
import type { BlsKeySet } from '@cairn/crypto'
import type { Epoch, Hash } from '@cairn/primitives'
import { EVIDENCE_PROVEN_MAX } from '../limits.ts'

/** One epoch's validators and their keys, in order. */
export interface EpochKeys {
  readonly validators: ValidatorSet
  readonly keys: BlsKeySet
}

/** `ignore` with `EVIDENCE_EPOCH_UNKNOWN` where this node has no validators of the epoch: no judgement. */
export type EvidenceVerifier = (evidence: Evidence) => EvidenceVerdict

/** Two verifications for evidence that was not proven lately. */
export function createEvidenceVerifier(
  genesisHash: Hash,
  epochKeys: (epoch: Epoch) => EpochKeys | undefined,
): EvidenceVerifier {
  const proven = new Map<Hash, EvidenceVerdict>()
  return (evidence) => {
    const hash = evidenceHash(evidence)
    const known = proven.get(hash)
    if (known !== undefined) return known
    const own = epochKeys(evidence.first.epoch)
    if (own === undefined) return { verdict: 'ignore', code: 'EVIDENCE_EPOCH_UNKNOWN' }
    const verdict = verifyEvidence(evidence, own.validators, own.keys, genesisHash)
    // Only proofs are remembered: forgeries come in any number.
    if (verdict.verdict === 'accept') proven.set(hash, verdict)
    const [oldest] = proven.keys()
    if (proven.size > EVIDENCE_PROVEN_MAX && oldest !== undefined) proven.delete(oldest)
    return verdict
  }
}
