/**
 * Makes a failing run smaller: leaves out faults of its schedule as long as the same violation remains (delta
 * debugging by halves, then one by one). A run ends with its violation, so what is left is the shortest prefix that
 * shows it with the fewest faults.
 */
import type { SimulationOptions } from '../simulator/run.ts'
import { simulate } from '../simulator/simulation.ts'
import type { SimulationResult } from '../simulator/simulation.ts'

export interface ShrunkRun {
  /** Indices of the faults that are needed. */
  readonly faults: readonly number[]
  readonly result: SimulationResult
  /** Every event of the run as a line. */
  readonly trace: readonly string[]
}

/** `failing` has a violation. Same violation: the same code, wherever and whenever. */
export async function shrinkRun(options: SimulationOptions, failing: SimulationResult): Promise<ShrunkRun> {
  const code = codeOf(failing)
  let faults = options.faults ?? Array.from({ length: failing.faultCount }, (_, index) => index)
  const isStillFailing = async (kept: readonly number[]): Promise<boolean> =>
    codeOf(await simulate({ ...options, faults: kept })) === code
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < faults.length;) {
      const kept = [...faults.slice(0, at), ...faults.slice(at + size)]
      if (await isStillFailing(kept)) faults = kept
      else at += size
    }
  }
  const trace: string[] = []
  const result = await simulate({ ...options, faults, onTrace: (line) => void trace.push(line) })
  return { faults, result, trace }
}

function codeOf({ violation }: SimulationResult): string | undefined {
  return violation?.split(':')[0]
}
