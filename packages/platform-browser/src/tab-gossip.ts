/** What a tab makes of gossip: finalizations are verified and forwarded, everything else is not for it. */
import { decodeCertificate } from '@cairn/chain'
import type { Network } from '@cairn/ports'
import { type Hash, type Verdict, ignore, reject } from '@cairn/primitives'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { ChainTrust } from './light-trust.ts'
import { countRefusal } from './tab-view.ts'

/** A new finalization means that there is something to fetch. A follower has no use for the other kinds. */
export function judgeFinalization(
  data: Uint8Array,
  { verifyFinalization }: ChainTrust,
  headHash: Hash | undefined,
  onFinalization: (hash: Hash) => void,
): Verdict {
  const decoded = decodeCertificate(data)
  if (!decoded.ok) return reject(decoded.code)
  const certificate = decoded.value
  if (certificate.kind !== 'finalize') return ignore('CERTIFICATE_NOT_NEEDED')
  if (certificate.hash === headHash) return ignore('CERTIFICATE_KNOWN')
  const verdict = verifyFinalization(certificate)
  // Of a later epoch it cannot be judged, but somebody may have the blocks in between.
  if (verdict.verdict !== 'reject') onFinalization(certificate.hash)
  return verdict
}

/** Every answer that is held against a peer is counted for the page. */
export function countRefusals<Peers extends Pick<Network, 'penalize'>>(
  network: Peers,
  snapshots: SnapshotPublisher,
): Peers {
  return {
    ...network,
    penalize: (peer, code) => {
      countRefusal(snapshots, code)
      network.penalize(peer, code)
    },
  }
}
