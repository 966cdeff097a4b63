/** What a start waited for: the browser's marks and timings of the window and of the node's worker, on one clock. */
import type { Page } from 'playwright-core'

/** Step → milliseconds since the navigation began. */
export type StartSteps = ReadonlyMap<string, number>

interface WindowTimes {
  readonly beganAtMs: number
  readonly documentMs: number | undefined
  readonly codeMs: number | undefined
}

const WINDOW_TIMES = `({
  beganAtMs: performance.timeOrigin,
  documentMs: performance.getEntriesByType('navigation')[0]?.responseEnd,
  codeMs: performance.getEntriesByType('resource').find(({ name }) => /\\/index-[^/]*\\.js$/.test(name))?.responseEnd,
})`

/** Of a page whose node has answered. */
export async function startSteps(page: Page): Promise<StartSteps> {
  const window = await page.evaluate<WindowTimes>(WINDOW_TIMES)
  const steps = new Map<string, number>()
  if (window.documentMs !== undefined) steps.set('document', window.documentMs)
  if (window.codeMs !== undefined) steps.set('page-code', window.codeMs)
  const worker = page.workers().find((one) => one.url().includes('node-worker'))
  if (worker === undefined) return steps
  const marked = await worker.evaluate(() => ({
    beganAtMs: performance.timeOrigin,
    marks: performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime] as const),
  }))
  const sinceMs = marked.beganAtMs - window.beganAtMs
  steps.set('worker', sinceMs)
  for (const [name, atMs] of marked.marks) {
    if (name.startsWith('cairn:')) steps.set(name.slice('cairn:'.length), sinceMs + atMs)
  }
  return steps
}

/** In order of time, the median of each step that every start has passed. */
export function medianSteps(starts: readonly StartSteps[]): readonly (readonly [step: string, atMs: number])[] {
  const names = [...(starts[0]?.keys() ?? [])].filter((name) => starts.every((steps) => steps.has(name)))
  const medianOf = (name: string): number => {
    const values = starts.map((steps) => steps.get(name) ?? Number.NaN).toSorted((a, b) => a - b)
    return values[Math.floor(values.length / 2)] ?? Number.NaN
  }
  return names.map((name) => [name, medianOf(name)] as const).toSorted(([, a], [, b]) => a - b)
}
