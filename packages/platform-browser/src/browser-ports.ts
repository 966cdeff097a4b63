/** The small ports of a browser: time, randomness, and a log on the console. */
import type { Clock, Log, LogFields, Metrics, Random, Timers } from '@cairn/ports'

export const browserClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

export const browserTimers: Timers = {
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}

export const browserRandom: Random = {
  bytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
}

/** A tab has no metrics endpoint. */
export const noMetrics: Metrics = { count: () => undefined, gauge: () => undefined, observe: () => undefined }

/** Warnings and errors only, unless `verbose`. */
export function createConsoleLog(module: string, verbose: boolean): Log {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      // oxlint-disable-next-line no-console -- the log of a browser
      if (verbose || level === 'warn' || level === 'error') console[level](`[${module}] ${message}`, fields)
    }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (name) => createConsoleLog(`${module}.${name}`, verbose),
  }
}
