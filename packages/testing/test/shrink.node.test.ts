/** Shrinking leaves the faults that a violation needs. */
import { expect, it } from 'vitest'
import { shrinkRun } from '../src/campaign/shrink.ts'
import { simulate } from '../src/simulator/simulation.ts'

it('keeps the violation, with fewer faults, and shows the trace that ends with it', { timeout: 60_000 }, async () => {
  // Nobody recovers within a millisecond.
  const options = { seed: 9, nodes: 4, adversary: 'none', livenessBoundMs: 1 } as const
  const failing = await simulate(options)
  expect(failing.violation).toMatch(/^STALLED/)
  const { faults, result, trace } = await shrinkRun(options, failing)
  expect(result.violation).toMatch(/^STALLED/)
  expect(faults.length).toBeLessThan(failing.faultCount)
  expect(trace.length).toBeGreaterThan(0)
  expect((await simulate({ ...options, faults })).violation).toMatch(/^STALLED/)
})
