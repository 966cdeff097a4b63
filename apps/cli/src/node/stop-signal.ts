/** The first SIGINT or SIGTERM asks for a clean stop, the second forces it; a fatal error stops at once. */
export interface StopSignal {
  /** Rejects when the node cannot go on. */
  readonly requested: Promise<void>
  readonly fail: (error: unknown) => void
  release(): void
}

export function listenForStop(): StopSignal {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // A failure before anybody awaits is still reported once somebody does.
  promise.catch(() => {})
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
    fail: reject,
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('message', onParent)
      process.off('disconnect', onOrphaned)
    },
  }
}
