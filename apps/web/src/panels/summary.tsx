import type { TabSnapshot } from '@cairn/platform-browser'
import { formatBytes, formatDuration, formatInteger, plural } from '../format.ts'
import { StateMark, type CheckState } from '../state-mark.tsx'

/** The answer to «what is this page doing»: verified height against the network's, and how far along it is. */
export function Summary({ snapshot }: { readonly snapshot: TabSnapshot }) {
  const { verifiedHeight, networkHeight, sync, restore, blocksVerified, storage } = snapshot
  const { state, word } = describePhase(snapshot)
  return (
    <section className="summary" aria-label="Verified height">
      <div className="summary-head">
        <StateMark state={state} word={word} />
        <p className="visually-hidden" aria-live="polite">
          {word}
        </p>
      </div>
      <dl className="heights">
        <div className="height-own">
          <dt>Verified height</dt>
          <dd data-testid="verified-height">{verifiedHeight === undefined ? '–' : formatInteger(verifiedHeight)}</dd>
        </div>
        <div>
          <dt>Network height, as peers claim</dt>
          <dd data-testid="network-height">{networkHeight === undefined ? '–' : formatInteger(networkHeight)}</dd>
        </div>
        <div>
          <dt>Verified since opening</dt>
          <dd data-testid="blocks-verified">{plural(blocksVerified, 'block')}</dd>
        </div>
        <div>
          <dt>Kept from the last visit</dt>
          <dd data-testid="restored-height">
            {storage === undefined
              ? '–'
              : storage.restoredHeight === 0
                ? 'nothing yet'
                : `up to ${formatInteger(storage.restoredHeight)}`}
          </dd>
        </div>
      </dl>
      {restore === undefined ? undefined : <RestoreProgress {...restore} />}
      {sync === undefined ? undefined : <Progress {...sync} verifiedHeight={verifiedHeight ?? sync.fromHeight} />}
    </section>
  )
}

interface ProgressProps {
  readonly fromHeight: number
  readonly targetHeight: number
  readonly verifiedHeight: number
  readonly blocksPerSecond: number
}

function Progress({ fromHeight, targetHeight, verifiedHeight, blocksPerSecond }: ProgressProps) {
  const share = targetHeight <= fromHeight ? 1 : (verifiedHeight - fromHeight) / (targetHeight - fromHeight)
  const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100)
  const left = targetHeight - verifiedHeight
  // The verified height is newer than the target it was compared with.
  if (left <= 0) return undefined
  const seconds = blocksPerSecond > 0 ? Math.ceil(left / blocksPerSecond) : undefined
  return (
    <div className="progress">
      <progress max={100} value={percent} aria-label="Catching up" />
      <p>
        {percent} % · {plural(left, 'block')} to go
        {blocksPerSecond > 0 ? ` · ${formatInteger(Math.round(blocksPerSecond))} a second` : ''}
        {seconds === undefined ? '' : ` · about ${formatInteger(seconds)} s`}
      </p>
    </div>
  )
}

/** The state as it comes from peers: share of the accounts, each piece proved. */
function RestoreProgress({ height, bytesReceived, accountCount, share, leftMs }: NonNullable<TabSnapshot['restore']>) {
  const percent = Math.floor(Math.min(1, share) * 100)
  return (
    <div className="progress" data-testid="restore">
      <progress max={100} value={percent} aria-label="Fetching the state" />
      <p>
        {percent} % · {formatBytes(bytesReceived)} · {plural(accountCount, 'account')} proved
        {height === undefined ? '' : ` · state of block ${formatInteger(height)}`}
        {leftMs === undefined || share >= 1 ? '' : ` · about ${formatDuration(leftMs)} left`}
      </p>
    </div>
  )
}

function describePhase({ phase, step, peers, role, restore }: TabSnapshot): {
  readonly state: CheckState
  readonly word: string
} {
  switch (phase) {
    case 'starting':
      return { state: 'running', word: step }
    case 'waiting':
      return { state: 'waiting', word: 'Another tab runs the node' }
    case 'locked':
      return { state: 'waiting', word: 'Waiting for the validator key: see below' }
    case 'connecting':
      return { state: 'running', word: 'Looking for peers' }
    case 'syncing':
      if (restore?.nobodyLeft !== undefined) return { state: 'waiting', word: 'Waiting for a peer that has the state' }
      return restore === undefined
        ? { state: 'running', word: 'Catching up: checking every block' }
        : { state: 'running', word: 'Taking the state from peers: proving every piece' }
    case 'live':
      return peers.length === 0
        ? { state: 'waiting', word: 'Verified so far, no peer connected' }
        : {
            state: 'passed',
            word: role === 'light' ? 'Up to date: certificates checked here' : 'Up to date: every block checked here',
          }
    case 'failed':
      return { state: 'failed', word: 'Stopped' }
  }
}
