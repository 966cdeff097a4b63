/** Logs and metrics leave the core through these; names and units are the caller's. */
export type LogFields = Readonly<Record<string, unknown>>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log whose lines carry the module's name. */
  child(module: string): Log
}

export interface Metrics {
  /** Monotonic count. */
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  /** A distribution; `value` in the unit that ends the name (`_seconds`, `_bytes`). */
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void
}
