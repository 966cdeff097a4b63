/**
 * The steps of a start as marks of the browser's User Timing (`performance.getEntriesByType('mark')`, DevTools): what a first
 * answer waited for. Each is set once in a worker's life.
 */

/** In the order in which a start usually passes them; the tab benchmark prints them. */
export type StartStep =
  | 'evaluated'
  | 'lock'
  | 'bls'
  | 'genesis'
  | 'trusted'
  | 'answered'
  | 'certified'
  | 'asked'
  | 'replied'
  | 'proved'

const PREFIX = 'cairn:'
const passed = new Set<StartStep>()

/** A step that was passed before stays where it was. */
export function markStart(step: StartStep): void {
  if (passed.has(step)) return
  passed.add(step)
  performance.mark(PREFIX + step)
}
