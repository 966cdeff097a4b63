import type { TabSnapshot } from '@cairn/platform-browser'
import { formatInteger, plural } from './format.ts'

interface BannersProps {
  readonly snapshot: TabSnapshot
  readonly isOnline: boolean
  readonly hasWebRtc: boolean
}

/** What stands above everything: why nothing, or not everything, is verified. */
export function Banners({ snapshot, isOnline, hasWebRtc }: BannersProps) {
  const { failure, phase, peers, restore } = snapshot
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
      {restore?.nobodyLeft === undefined ? undefined : <NobodyLeft {...restore.nobodyLeft} />}
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

/** No failure: the next peer that comes may have the state. */
function NobodyLeft({ code, condemned, refused }: NonNullable<NonNullable<TabSnapshot['restore']>['nobodyLeft']>) {
  const lied =
    condemned === 0 ? '' : `${plural(condemned, 'peer')} sent what does not hold, and will not be asked again. `
  const lacked = refused === 0 ? '' : `${plural(refused, 'peer')} said that it is not to be had there. `
  return (
    <div className="banner" role="status" data-testid="nobody-left">
      <strong>Nobody is left to ask for the state</strong>
      <p>
        {lied}
        {lacked}
        Nothing that does not hold was accepted. The tab waits for another peer and goes on with it by itself.
      </p>
      <code>{code}</code>
    </div>
  )
}
