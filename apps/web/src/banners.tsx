import type { TabSnapshot } from '@cairn/platform-browser'
import { formatInteger } from './format.ts'

interface BannersProps {
  readonly snapshot: TabSnapshot
  readonly isOnline: boolean
  readonly hasWebRtc: boolean
}

/** What stands above everything: why nothing, or not everything, is verified. */
export function Banners({ snapshot, isOnline, hasWebRtc }: BannersProps) {
  const { failure, phase, peers } = snapshot
  return (
    <>
      {failure === undefined ? undefined : (
        <div className="banner banner-failed" role="alert" data-testid="failure">
          <strong>
            {failure.height === undefined ? 'Stopped' : `Stopped at block ${formatInteger(failure.height)}`}
          </strong>
          <p>{failure.message}</p>
          <code>{failure.code}</code>
        </div>
      )}
      {phase === 'waiting' ? (
        <div className="banner" role="status" data-testid="other-tab">
          <strong>Another tab runs the node</strong>
          <p>
            One node for each browser keeps the store consistent. This tab shows what that node says, proves balances by
            itself, and takes over when the other tab is closed.
          </p>
        </div>
      ) : undefined}
      {isOnline || peers.length > 0 ? undefined : (
        <div className="banner" role="status">
          <strong>Offline</strong>
          <p>What is shown was verified before. The tab goes on by itself when the network is back.</p>
        </div>
      )}
      {hasWebRtc ? undefined : (
        <div className="banner" role="status">
          <strong>No WebRTC in this browser</strong>
          <p>The node connects by WebSocket instead; what it verifies is the same.</p>
        </div>
      )}
    </>
  )
}
