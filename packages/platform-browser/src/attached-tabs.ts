/**
 * Further tabs of the origin show what the node of the first one says: they wait, and hear its snapshots. What a tab
 * hears is of the same origin, but not always of the same code: a page that was opened before an update runs on beside
 * newer ones. So each word carries its version, and a tab shows nothing of another one but that there is one.
 */
import { TAB_WORDS_VERSION } from './limits.ts'
import type { TabSnapshot } from './tab-snapshot.ts'

interface Word {
  readonly version: number
  readonly snapshot: TabSnapshot
}

/** A `BroadcastChannel`. */
interface WordChannel {
  onMessage(listener: (data: unknown) => void): void
  postMessage(word: Word): void
}

/**
 * The publisher of a tab's own snapshots; those of others go to `onSnapshot` as well, while this tab waits.
 * `isOurs`: this tab runs the node, so that others may hear of it.
 */
export function attachTabs(
  onSnapshot: (snapshot: TabSnapshot) => void,
  isOurs: () => boolean,
  channel: WordChannel = broadcastChannel(),
): (snapshot: TabSnapshot) => void {
  let own: TabSnapshot | undefined
  let hasHeard = false
  channel.onMessage((data) => {
    if (own?.phase !== 'waiting') return
    hasHeard = true
    onSnapshot(isWord(data) ? { ...data.snapshot, phase: 'waiting' } : { ...own, failure: otherVersion })
  })
  return (snapshot) => {
    own = snapshot
    // What this tab reads by itself meanwhile says less than the one that runs the node.
    if (snapshot.phase === 'waiting' && hasHeard) return
    hasHeard = false
    onSnapshot(snapshot)
    if (isOurs() && snapshot.trust !== undefined)
      channel.postMessage({ version: TAB_WORDS_VERSION, snapshot } satisfies Word)
  }
}

function broadcastChannel(): WordChannel {
  const channel = new BroadcastChannel('cairn-node')
  return {
    onMessage: (listener) =>
      channel.addEventListener('message', (event) => {
        if ('data' in event) listener(event.data)
      }),
    postMessage: (word) => channel.postMessage(word),
  }
}

function isWord(data: unknown): data is Word {
  return typeof data === 'object' && data !== null && 'version' in data && data.version === TAB_WORDS_VERSION
}

/** Gone with the first own snapshot: when the other tab is closed, this one takes over. */
const otherVersion: TabSnapshot['failure'] = {
  code: 'TAB_VERSION_DIFFERS',
  message: 'Another tab runs the node with another version of this page. Reload or close that tab.',
  height: undefined,
}
