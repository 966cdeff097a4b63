/** One node for each origin: the stores have one writer. The browser releases the lock when the tab is gone. */
import { browserTimers } from './browser-ports.ts'
import { LOCK_PATIENCE_MS } from './limits.ts'

const LOCK_NAME = 'cairn-node'

/**
 * Resolves when this worker has the lock, which it keeps as long as it lives. `onWaiting` is called when another tab
 * keeps it; a lock that is about to be released (the page was reloaded) is not worth mentioning.
 */
export function acquireNodeLock(onWaiting: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const notice = browserTimers.after(LOCK_PATIENCE_MS, onWaiting)
  const keepForEver = (): Promise<never> => {
    notice.cancel()
    resolve()
    return new Promise<never>(() => undefined)
  }
  navigator.locks.request(LOCK_NAME, keepForEver).catch(reject)
  return promise
}
