/** Whether a load balancer should send traffic here: `/ready?minPeers=1&maxBlocksBehind=3`. */
import type { RpcNodeStatus } from '@cairn/rpc'

export interface Readiness {
  readonly ready: boolean
  /** Why not, one line each. */
  readonly reasons: readonly string[]
  readonly height: number
  readonly peers: number
  /** `null`: unknown. */
  readonly blocksBehind: number | null
}

const PEERS_MIN_DEFAULT = 1
const BLOCKS_BEHIND_MAX_DEFAULT = 3

export function readinessOf(
  query: Readonly<Record<string, unknown>>,
  status: Pick<RpcNodeStatus, 'height' | 'peers' | 'syncing' | 'syncTargetHeight'>,
): Readiness {
  const peersMin = countFrom(query['minPeers'], PEERS_MIN_DEFAULT)
  const behindMax = countFrom(query['maxBlocksBehind'], BLOCKS_BEHIND_MAX_DEFAULT)
  const peers = status.peers.length
  const blocksBehind = blocksBehindOf(status)
  const reasons: string[] = []
  if (peers < peersMin) reasons.push(`${peers} peers, want ${peersMin}`)
  if (blocksBehind === null) reasons.push('catching up, distance unknown')
  else if (blocksBehind > behindMax) reasons.push(`${blocksBehind} blocks behind, allowed ${behindMax}`)
  return { ready: reasons.length === 0, reasons, height: status.height, peers, blocksBehind }
}

function blocksBehindOf(status: Pick<RpcNodeStatus, 'height' | 'syncing' | 'syncTargetHeight'>): number | null {
  if (!status.syncing) return 0
  return status.syncTargetHeight === undefined ? null : Math.max(0, status.syncTargetHeight - status.height)
}

function countFrom(value: unknown, fallback: number): number {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : fallback
}
