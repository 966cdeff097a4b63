/** A validator that is stopped says so, and nobody waits for the views that it leads; one that is killed cannot. */
import { createLeaderSchedule, genesisValidatorSet, parseChainSpec } from '@cairn/chain'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { view } from '@cairn/primitives'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const GONE = 4
const OTHERS = [0, 1, 2, 3]

let network: TestNetwork

beforeAll(async () => {
  network = await startNetwork({ validators: 5, heartbeatMs: 100, epochLengthBlocks: 100_000 })
  await network.waitForHeight(3)
}, 60_000)

afterAll(() => network?.stop())

/** Whom each view belongs to, as the validators compute it. */
function leaderOf(): (at: number) => number {
  const spec = parseChainSpec(readFileSync(join(network.directory, 'network.json'), 'utf8'))
  const schedule = createLeaderSchedule(genesisValidatorSet(spec))
  return (at) => schedule(view(at))
}

/** Views of `GONE` given up by a timer, summed over the others, once some views that it leads are behind them all. */
async function timeoutsAfter(gone: () => Promise<void>): Promise<number> {
  const leader = leaderOf()
  const counted = (): number => OTHERS.reduce((sum, index) => sum + (network.status(index)?.timedOut[GONE] ?? 0), 0)
  const before = counted()
  await gone()
  const from = Math.max(...OTHERS.map((index) => network.status(index)?.view ?? 0)) + 1
  let until = from
  for (let led = 0; led < 4; until++) if (leader(until) === GONE) led++
  await vi.waitFor(
    () => {
      for (const index of OTHERS) expect(network.status(index)?.view).toBeGreaterThan(until)
    },
    { timeout: 60_000, interval: 100 },
  )
  return counted() - before
}

test('no timer runs out for a validator that was stopped; for one that was killed each view costs one', async () => {
  expect(await timeoutsAfter(() => network.shutDown(GONE))).toBe(0)
  await network.start(GONE)
  // It is back for the others with a vote that they have verified.
  await network.waitForHeight(network.maxHeight() + 30)
  expect(await timeoutsAfter(() => network.kill(GONE))).toBeGreaterThanOrEqual(4)
  network.assertSameRoot()
}, 120_000)
