/**
 * Certificates that were accepted: gossip, the next head and every proof of a balance bring the same one again, and verifying
 * is the dear part of each.
 */
import { type Certificate, encodeCertificate } from '@cairn/chain'
import { ACCEPT, type Verdict, equalBytes } from '@cairn/primitives'
import { ACCEPTED_CERTIFICATES_KEPT_MAX } from './limits.ts'

/** Byte for byte the same certificate is verified once; what was refused or ignored is judged anew each time. */
export function rememberAccepted(verify: (certificate: Certificate) => Verdict): (certificate: Certificate) => Verdict {
  let accepted: readonly Uint8Array[] = []
  return (certificate) => {
    const bytes = encodeCertificate(certificate)
    if (accepted.some((known) => equalBytes(known, bytes))) return ACCEPT
    const verdict = verify(certificate)
    if (verdict.verdict === 'accept') accepted = [bytes, ...accepted].slice(0, ACCEPTED_CERTIFICATES_KEPT_MAX)
    return verdict
  }
}
