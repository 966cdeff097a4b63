/**
 * The three kinds of error, never mixed: a bug (`assert`), a failing operation (`CodedError`),
 * and bad remote input (`Verdict`, a value: no exception crosses a peer boundary).
 */

/** A failing operation: stable `code`, structured `data`, `cause`. Across workers compare `code`. */
export class CodedError extends Error {
  readonly code: string
  readonly data: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { readonly data?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CodedError'
    this.code = code
    this.data = options.data ?? {}
  }
}

/** A condition that only a bug in this program can break. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** @throws AssertionError; the process or worker is meant to stop. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why)
}

/** What to do with a message from a peer; `code` says why, for logs and scores. */
export type Verdict = { readonly verdict: 'accept' } | { readonly verdict: 'ignore' | 'reject'; readonly code: string }

/** The one accepting verdict. */
export const ACCEPT: Verdict = { verdict: 'accept' }

/** Useless now, but nobody's fault: not forwarded, not scored. */
export function ignore(code: string): Verdict {
  return { verdict: 'ignore', code }
}

/** No honest node sends this: not forwarded, the sender is scored down. */
export function reject(code: string): Verdict {
  return { verdict: 'reject', code }
}
