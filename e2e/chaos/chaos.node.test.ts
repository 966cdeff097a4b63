/** The short form of `npm run chaos`: the faults that the other suites do not have, once each, on fixed rounds. */
import { expect, test } from 'vitest'
import { runChaos } from './chaos.ts'
import type { Fault, Round } from './schedule.ts'
import { describeFault, faultRounds } from './schedule.ts'

test('a mute validator, a slow and lossy network, a wrong clock and a full disk cost neither safety nor liveness', async () => {
  const lines: string[] = []
  const report = await runChaos({
    seed: 7,
    nodes: 4,
    durationMs: 120_000,
    rounds: (smallDiskNode) => [
      round(1, [
        { kind: 'mute', from: [0] },
        { kind: 'clock', node: 1, offsetMs: 300_000 },
      ]),
      round(2, [{ kind: 'slow', delayMs: 200, jitterMs: 20, lossRatio: 0.05, duplicateRatio: 0.01 }]),
      ...(smallDiskNode === undefined ? [] : [round(3, [{ kind: 'disk-full', node: smallDiskNode }])]),
    ],
    print: (line) => lines.push(line),
  })
  expect(report.violations, lines.join('\n')).toEqual([])
  expect(report.diskFullStops > 0).toBe(report.canFillDisk)
  expect(report.stores.commonHeight).toBeGreaterThan(5)
  expect(report.stores.certificatesVerified).toBeGreaterThan(20)
  expect(report.votesChecked).toBeGreaterThan(20)
})

test('a seed gives the same rounds, every kind of fault once before one comes again', () => {
  const texts = (seed: number): readonly string[] => first(20, seed).flatMap((r) => r.faults.map(describeFault))
  expect(texts(5)).toEqual(texts(5))
  expect(texts(5)).not.toEqual(texts(6))
  const kinds = first(40, 5).flatMap(({ faults }) => faults.map(({ fault }) => fault.kind))
  const counts = [...Map.groupBy(kinds, (kind) => kind).values()].map(({ length }) => length)
  expect(counts).toHaveLength(8)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2)
})

function round(number: number, faults: readonly Fault[]): Round {
  return { number, faults: faults.map((fault) => ({ atMs: 0, fault })), lengthMs: 4_000 }
}

function first(count: number, seed: number): readonly Round[] {
  const rounds: Round[] = []
  for (const round of faultRounds({ seed, nodes: 4, smallDiskNode: 3 })) {
    rounds.push(round)
    if (rounds.length === count) break
  }
  return rounds
}
