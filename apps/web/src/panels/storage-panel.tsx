import type { TabSnapshot } from '@cairn/platform-browser'
import { formatBytes, formatInteger, plural } from '../format.ts'
import { Panel } from './panel.tsx'

/** What stays in the browser, and what peers sent that was thrown away. */
export function StoragePanel({ snapshot }: { readonly snapshot: TabSnapshot }) {
  const { storage, refused } = snapshot
  const refusedCount = Object.values(refused).reduce((sum, count) => sum + count, 0)
  return (
    <Panel
      className="half"
      title="Storage and refusals"
      intro={
        snapshot.role === 'light'
          ? 'A light tab keeps nothing of the chain in this browser.'
          : 'Blocks, certificates and the state stay in this browser and are checked again at each start.'
      }
    >
      <dl className="facts">
        <div>
          <dt>IndexedDB</dt>
          <dd data-testid="storage">
            {storage === undefined ? '–' : describeUse(storage.usedBytes, storage.quotaBytes)}
          </dd>
        </div>
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
    </Panel>
  )
}

function describeUse(usedBytes: number, quotaBytes: number | undefined): string {
  return quotaBytes === undefined ? formatBytes(usedBytes) : `${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)}`
}
