/** Votes that go to collectors, as in sets of more than 64 validators, between real processes: with seven of them and two collectors a view. */
import { createCollectorSchedule, genesisValidatorSet, parseChainSpec } from '@cairn/chain'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { view } from '@cairn/primitives'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ALL = [0, 1, 2, 3, 4, 5, 6]
const COLLECTORS = 2

let network: TestNetwork

beforeAll(async () => {
  network = await startNetwork({
    validators: ALL.length,
    heartbeatMs: 100,
    epochLengthBlocks: 100_000,
    collectors: { above: 4, count: COLLECTORS },
  })
  // Each validator has said by then which peer it is.
  await network.waitForHeight(20)
}, 90_000)

afterAll(() => network?.stop())

interface Votes {
  readonly collectors: number
  readonly everybody: number
}

async function votesSent(index: number): Promise<Votes> {
  const text = await (await fetch(`${network.rpcUrl(index)}/metrics`)).text()
  const of = (to: keyof Votes): number =>
    Number(new RegExp(`^cairn_consensus_votes_sent_total\\{to="${to}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { collectors: of('collectors'), everybody: of('everybody') }
}

/** Of `indices`, while the chain grows by so many blocks. */
async function votesWhile(blocks: number, indices: readonly number[]): Promise<readonly Votes[]> {
  const before = await Promise.all(indices.map(votesSent))
  await network.waitForHeight(network.maxHeight() + blocks, indices)
  const after = await Promise.all(indices.map(votesSent))
  return after.map(({ collectors, everybody }, at) => ({
    collectors: collectors - (before[at]?.collectors ?? 0),
    everybody: everybody - (before[at]?.everybody ?? 0),
  }))
}

function collectorsOf(): (at: number) => readonly number[] {
  const spec = parseChainSpec(readFileSync(join(network.directory, 'network.json'), 'utf8'))
  const schedule = createCollectorSchedule(genesisValidatorSet(spec), COLLECTORS)
  return (at) => schedule(view(at))
}

test('finalizes with votes for collectors, and everybody is shown few of them', async () => {
  for (const { collectors, everybody } of await votesWhile(40, ALL)) {
    // To notarize and to finalize, in each view.
    expect(collectors).toBeGreaterThan(40)
    expect(everybody).toBeLessThan(collectors / 4)
  }
  network.assertSameRoot()
}, 60_000)

test('goes on when a collector is killed, shows everybody what it would have collected, and takes it back', async () => {
  const collectors = collectorsOf()
  const now = network.status(0)?.view ?? 0
  const [killed] = collectors(now + 5) as readonly [number]
  const others = ALL.filter((index) => index !== killed)
  await network.kill(killed)
  for (const { collectors: collected } of await votesWhile(60, others)) expect(collected).toBeGreaterThan(60)
  // In some of these views it collected, and in some nobody else did in time: the chain has gone through them.
  const passed = Array.from({ length: (network.status(others[0] ?? 0)?.view ?? 0) - now }, (_, at) => now + at)
  expect(passed.some((at) => collectors(at).includes(killed))).toBe(true)
  await network.start(killed)
  await network.waitForHeight(network.maxHeight() + 20)
  const [back] = await votesWhile(20, [killed])
  expect(back?.collectors).toBeGreaterThan(10)
  network.assertSameRoot()
}, 120_000)
