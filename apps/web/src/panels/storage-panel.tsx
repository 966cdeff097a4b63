import type { TabSnapshot, TabStorage, TabSync } from '@cairn/platform-browser'
import { SYNCS } from '../address-options.ts'
import { formatBytes, formatInteger, plural } from '../format.ts'
import { Panel } from './panel.tsx'

interface StoragePanelProps {
  readonly snapshot: TabSnapshot
  readonly sync: TabSync
  /** Starts the node anew. */
  readonly chooseSync: (sync: TabSync) => void
}

/** What stays in the browser, how it came there, and what peers sent that was thrown away. */
export function StoragePanel({ snapshot, sync, chooseSync }: StoragePanelProps) {
  const { storage, refused } = snapshot
  const refusedCount = Object.values(refused).reduce((sum, count) => sum + count, 0)
  return (
    <Panel
      className="half"
      title="Storage and refusals"
      intro={
        snapshot.role === 'light'
          ? 'A light tab keeps no block in this browser, only who the validators are by now.'
          : 'Blocks, certificates and the state stay in this browser and are checked again at each start.'
      }
    >
      <dl className="facts">
        <div>
          <dt>Storage of this page</dt>
          <dd data-testid="storage">
            {storage === undefined ? '–' : describeUse(storage.usedBytes, storage.quotaBytes)}
          </dd>
        </div>
        {storage?.chain === undefined ? undefined : (
          <div>
            <dt>Blocks and receipts</dt>
            <dd data-testid="chain-size">{describeChain(storage.chain)}</dd>
          </div>
        )}
        <div>
          <dt>Eviction</dt>
          <dd>
            {storage?.isPersistent === true
              ? 'protected by the browser'
              : 'the browser may delete it when space is short'}
          </dd>
        </div>
        <div>
          <dt>Refused answers</dt>
          <dd data-testid="refused">
            {refusedCount === 0
              ? 'none'
              : `${plural(refusedCount, 'answer')}: ${Object.entries(refused)
                  .map(([code, count]) => `${code} ×${formatInteger(count)}`)
                  .join(', ')}`}
          </dd>
        </div>
      </dl>
      {snapshot.role === 'light' ? undefined : <SyncChoice sync={sync} choose={chooseSync} />}
    </Panel>
  )
}

const syncTexts: Readonly<Record<TabSync, { readonly name: string; readonly does: string }>> = {
  auto: { name: 'Automatic', does: 'a snapshot when more than 1,000 blocks are missing' },
  snapshot: { name: 'Snapshot', does: 'an empty browser takes the state from peers, proved piece by piece' },
  full: { name: 'Every block', does: 'executes everything that is missing, from genesis on' },
}

/** How the tab comes to a state that it does not have. */
function SyncChoice({ sync, choose }: { readonly sync: TabSync; readonly choose: (sync: TabSync) => void }) {
  return (
    <fieldset className="roles-choice" data-testid="sync-choice">
      <legend>How missing state is fetched</legend>
      {SYNCS.map((one) => (
        <label key={one}>
          <input type="radio" name="sync" value={one} checked={one === sync} onChange={() => choose(one)} />
          <span>
            <strong>{syncTexts[one].name}</strong> {syncTexts[one].does}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function describeChain({ sizeBytes, budgetBytes, oldestHeight }: NonNullable<TabStorage['chain']>): string {
  const from = oldestHeight === 0 ? 'all since genesis' : `since block ${formatInteger(oldestHeight)}`
  return `${formatBytes(sizeBytes)} of ${formatBytes(budgetBytes)}, ${from}`
}

function describeUse(usedBytes: number, quotaBytes: number | undefined): string {
  return quotaBytes === undefined ? formatBytes(usedBytes) : `${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)}`
}
