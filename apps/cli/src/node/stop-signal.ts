/** The first SIGINT or SIGTERM asks for a clean stop, the second forces it; a fatal error stops at once. */
export interface StopSignal {
  /** Rejects when the node cannot go on. */
  readonly requested: Promise<void>
  /** Aborted when a clean stop is asked for: for what may be given up in the middle. */
  readonly signal: AbortSignal
  readonly fail: (error: unknown) => void
  release(): void
}

/** What a failed node leaves half closed, it leaves: an operator, or what restarts it, is waiting for its end. */
const FAILED_CLOSE_MAX_MS = 10_000

/** `onStuck`: a node that failed has not closed its parts in time. */
export function listenForStop(onStuck: (error: unknown) => void = () => {}): StopSignal {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // A failure before anybody awaits is still reported once somebody does.
  promise.catch(() => {})
  const abort = new AbortController()
  void promise.then(() => abort.abort()).catch(() => {})
  let asked = false
  const onSignal = (): void => {
    if (asked) process.exit(130)
    asked = true
    resolve()
  }
  const onParent = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop') onSignal()
  }
  // A parent that is gone cannot stop its children any more.
  const onOrphaned = (): void => resolve()
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('message', onParent)
  process.on('disconnect', onOrphaned)
  return {
    requested: promise,
    signal: abort.signal,
    fail: (error) => {
      reject(error)
      setTimeout(onStuck, FAILED_CLOSE_MAX_MS, error).unref()
    },
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('message', onParent)
      process.off('disconnect', onOrphaned)
    },
  }
}
