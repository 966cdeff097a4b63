/** Deadlines as abort signals, built on the injected timers. */
import { CodedError } from '@cairn/primitives'
import type { Timers } from '@cairn/ports'

export interface Deadline {
  readonly signal: AbortSignal
  /** Call in `finally`: the timer and the listener on `outer` go away. */
  clear(): void
}

/** Aborts with `error()` after `timeoutMs`, or with `REQUEST_ABORTED` when `outer` aborts. */
export function createDeadline(
  options: { readonly timeoutMs: number; readonly error: () => CodedError; readonly outer?: AbortSignal | undefined },
  deps: { readonly timers: Timers },
): Deadline {
  const controller = new AbortController()
  const onOuterAbort = (): void =>
    controller.abort(new CodedError('REQUEST_ABORTED', 'the caller gave up', { cause: options.outer?.reason }))
  const timer = deps.timers.after(options.timeoutMs, () => controller.abort(options.error()))
  if (options.outer?.aborted === true) onOuterAbort()
  options.outer?.addEventListener('abort', onOuterAbort, { once: true })
  return {
    signal: controller.signal,
    clear() {
      timer.cancel()
      options.outer?.removeEventListener('abort', onOuterAbort)
    },
  }
}

/** Settles as `promise` does, or rejects with the signal's reason first. `onLate` gets a value that came too late. */
export function raceSignal<T>(promise: Promise<T>, signal: AbortSignal, onLate?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise
      .then((value) => {
        if (signal.aborted) onLate?.(value)
        else resolve(value)
      }, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
