/** Key sets by validator set: decompressing keys is the dear part of verifying, and a set serves a whole epoch. */
import { type Certificate, type ValidatorSet, verifyCertificate } from '@cairn/chain'
import { type EvidenceVerifier, type VerificationContext, createEvidenceVerifier } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import { type Hash, type Verdict, ignore } from '@cairn/primitives'
import type { EpochStore } from '@cairn/storage'
import { EPOCH_KEYS_KEPT_MAX } from './limits.ts'

export interface EpochKeys {
  /** @throws CodedError `BLS_BAD_PUBLIC_KEY` when the set has a key that is none */
  contextOf(set: ValidatorSet): VerificationContext
}

/** `verifyEvidence` goes into each context. */
export function createEpochKeys(genesisHash: Hash, bls: Bls, verifyEvidence?: EvidenceVerifier): EpochKeys {
  const contexts = new Map<Hash, VerificationContext>()
  return {
    contextOf: (set) => {
      const known = contexts.get(set.hash)
      if (known !== undefined) return known
      const keys = bls.keySet(set.validators.map(({ publicKey }) => publicKey))
      const own = { bls, keys, validators: set, genesisHash }
      const context = verifyEvidence === undefined ? own : { ...own, verifyEvidence }
      const [oldest] = contexts.keys()
      if (contexts.size >= EPOCH_KEYS_KEPT_MAX && oldest !== undefined) contexts.delete(oldest)
      contexts.set(set.hash, context)
      return context
    },
  }
}

/** With the validators of the evidence's own epoch. Its key sets are its own: evidence of many epochs drives no other out. */
export function createNodeEvidenceVerifier(
  epochs: Pick<EpochStore, 'recentSets'>,
  genesisHash: Hash,
  bls: Bls,
): EvidenceVerifier {
  const keys = createEpochKeys(genesisHash, bls)
  return createEvidenceVerifier(genesisHash, (epoch) => {
    const set = epochs.recentSets().find((candidate) => candidate.epoch === epoch)
    return set && keys.contextOf(set)
  })
}

/** Against the set of the certificate's own epoch, if that is a recent one: `ignore` says nothing about the certificate. */
export function createFinalizationVerifier(
  epochs: Pick<EpochStore, 'recentSets'>,
  keys: EpochKeys,
): (certificate: Certificate) => Verdict {
  return (certificate) => {
    const set = epochs.recentSets().find((candidate) => candidate.epoch === certificate.epoch)
    if (set === undefined) return ignore('CERTIFICATE_EPOCH_UNKNOWN')
    const context = keys.contextOf(set)
    return verifyCertificate(certificate, set, context.keys, context.genesisHash)
  }
}
