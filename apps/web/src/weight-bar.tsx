import type { VerifiedCertificate } from '@cairn/platform-browser'
import { formatPercent } from './format.ts'

/** Signed weight of a certificate, with a notch where the quorum is. */
export function WeightBar({ certificate }: { readonly certificate: VerifiedCertificate }) {
  const { weight, totalWeight, quorumWeight } = certificate
  const text = `${formatPercent(weight, totalWeight)} of the weight signed; ${formatPercent(quorumWeight, totalWeight)} is needed`
  return (
    <span className="weight" role="img" aria-label={text} title={text}>
      <span className="weight-signed" style={{ inlineSize: share(weight, totalWeight) }} />
      <span className="weight-quorum" style={{ insetInlineStart: share(quorumWeight, totalWeight) }} />
    </span>
  )
}

function share(part: bigint, whole: bigint): string {
  return `${whole === 0n ? 0 : Number((part * 10_000n) / whole) / 100}%`
}
