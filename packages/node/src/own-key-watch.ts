/**
 * R10, seen from outside: a certificate that counts this validator's signature must be of a vote in its record. Anything
 * else means that the record was put back to an older state, or that the key signs on another machine too; then this
 * node ends before it signs again. BLS aggregates of one message cannot count a signer who has not signed.
 */
import { type Certificate, indicesFromBitmap } from '@cairn/chain'
import type { Consensus, Signer } from '@cairn/consensus'
import { CodedError } from '@cairn/primitives'

/** Of a verified certificate; `undefined`: nothing is wrong. */
export function foreignSignature(
  certificate: Certificate,
  consensus: Pick<Consensus, 'self' | 'validators' | 'isAmnesiac'>,
  signer: Pick<Signer, 'observe'> | undefined,
): CodedError | undefined {
  const { self, validators, isAmnesiac } = consensus
  // Whoever has lost its record knows that it has signed what it does not know of, and abstains.
  if (signer === undefined || self === undefined || isAmnesiac || certificate.epoch !== validators.epoch)
    return undefined
  const signers = indicesFromBitmap(certificate.signers, validators.validators.length) ?? []
  if (!signers.includes(self) || signer.observe(certificate)) return undefined
  const { kind, epoch, view } = certificate
  return new CodedError(
    'SIGNER_REWOUND',
    `a vote of this validator in view ${view} is not in its record: the record was put back, or the key signs elsewhere`,
    { data: { kind, epoch, view } },
  )
}
