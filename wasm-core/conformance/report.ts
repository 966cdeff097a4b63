/** What a suite's tests came to. Plain data: it crosses a worker boundary. */

/** The only reasons for which a test may be left out. «Exceeds documented memory» is allowed too; no test needs it. */
export type SkipReason = 'fork before what import needs' | 'file absent'

export interface Failure {
  /** `folder/file.json test fork …`. */
  readonly test: string
  readonly expected: string
  readonly actual: string
}

/** Counts of one file, or of a suite. */
export interface Report {
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>
}

export const EMPTY_REPORT: Report = { passed: 0, failures: [], skipped: {} }

export function mergeReports(a: Report, b: Report): Report {
  return {
    passed: a.passed + b.passed,
    failures: [...a.failures, ...b.failures],
    skipped: mergeCounts(a.skipped, b.skipped),
  }
}

/** `name: 12 passed, 0 failed, 3 skipped (reason 3)`. */
export function reportLine(suite: string, report: Report): string {
  const skips = Object.entries(report.skipped)
  const count = skips.reduce((sum, [, skipped]) => sum + skipped, 0)
  const reasons = count === 0 ? '' : ` (${skips.map(([reason, skipped]) => `${reason}: ${skipped}`).join(', ')})`
  return `${suite}: ${report.passed} passed, ${report.failures.length} failed, ${count} skipped${reasons}`
}

/** Collects the outcomes of one file. */
export class Tally {
  #passed = 0
  readonly #failures: Failure[] = []
  readonly #skipped: Partial<Record<SkipReason, number>> = {}

  /** Runs one test: `undefined` is a pass; what it throws fails it. */
  check(test: string, run: () => Omit<Failure, 'test'> | undefined): void {
    const failure = attempt(run)
    if (failure === undefined) this.#passed++
    else this.#failures.push({ test, expected: failure.expected, actual: failure.actual })
  }

  skip(reason: SkipReason, count = 1): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + count
  }

  report(): Report {
    return {
      passed: this.#passed,
      failures: this.#failures,
      skipped: this.#skipped,
    }
  }
}

function attempt(run: () => Omit<Failure, 'test'> | undefined): Omit<Failure, 'test'> | undefined {
  try {
    return run()
  } catch (error) {
    return { expected: 'an answer of the core', actual: describe(error) }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? `${String(error.code)}: ` : ''
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${code}${error.message}${cause}`
}

function mergeCounts<Key extends string>(
  a: Readonly<Partial<Record<Key, number>>>,
  b: Readonly<Partial<Record<Key, number>>>,
): Record<Key, number> {
  const merged = { ...a } as Record<Key, number>
  for (const key of Object.keys(b) as Key[]) merged[key] = (merged[key] ?? 0) + (b[key] ?? 0)
  return merged
}
