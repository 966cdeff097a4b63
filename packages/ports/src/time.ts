/** Time as the core sees it: handed in, never read. */
export interface Clock {
  /** Unix time, milliseconds; may jump. */
  nowMs(): number
  /** Never goes back; origin unspecified, milliseconds. For intervals. */
  monotonicMs(): number
}

/** Opaque handle of a pending timer. */
export type TimerHandle = { readonly cancel: () => void }

export interface Timers {
  /** Runs `callback` once, not before `delayMs`. */
  after(delayMs: number, callback: () => void): TimerHandle
}

export interface Random {
  /** Cryptographically strong outside the simulator. */
  bytes(lengthBytes: number): Uint8Array
}
