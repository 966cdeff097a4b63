/** A run made of steps: one line each with its time, the output only where it failed, counts added up at the end. */
import type { TestCounts } from './count-reporter.ts'

export interface StepResult extends TestCounts {
  /** Shown only when something failed. */
  readonly output: string
}

export interface Step {
  readonly title: string
  readonly run: () => Promise<StepResult>
}

/** Runs all steps in order, also after a failure, and returns the sums. */
export async function runSteps(steps: readonly Step[]): Promise<TestCounts> {
  let passed = 0
  let failed = 0
  const skipped: string[] = []
  for (const step of steps) {
    const startedMs = performance.now()
    const result = await step.run()
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    const mark = result.failed > 0 ? 'FAIL' : 'ok  '
    console.log(`${mark} ${step.title.padEnd(34)} ${seconds.padStart(6)} s   ${describeCounts(result)}`)
    if (result.failed > 0) console.log(indent(result.output))
    passed += result.passed
    failed += result.failed
    skipped.push(...result.skipped)
  }
  return { passed, failed, skipped }
}

/** The last line of a run, and the exit code. */
export function conclude(counts: TestCounts): void {
  for (const reason of counts.skipped) console.log(`skipped: ${reason}`)
  console.log(describeCounts(counts))
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
}

function describeCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '     ')
}
