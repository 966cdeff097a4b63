/** The same seed is the same run in Node and in Chromium: every event at the same time with the same content. */
import { fileURLToPath } from 'node:url'
import { findChromium } from '@cairn/playwright/chromium'
import { ADVERSARIES, simulate } from '@cairn/testing'
import type { SimulationResult } from '@cairn/testing'
import { expect, it } from 'vitest'
import { openCorePage } from '../../wasm-core/differential/chromium-page.ts'

const SEEDS = [
  ...ADVERSARIES.map((adversary, index) => ({ seed: 1_000 + index, nodes: 4, adversary })),
  { seed: 2_000, nodes: 7, adversary: 'mixed' },
  { seed: 2_001, nodes: 13, adversary: 'twins' },
] as const

const chromium = findChromium()

it.skipIf(chromium === undefined)(
  'runs alike in Node and Chromium',
  { timeout: 180_000, meta: { skipReason: 'no Chromium (CAIRN_CHROMIUM)' } },
  async () => {
    const entry = fileURLToPath(new URL('../../packages/testing/src/page-main.ts', import.meta.url))
    await using opened = await openCorePage(chromium ?? '', entry)
    const inPage = await opened.page.evaluate(
      (seeds) =>
        (globalThis as unknown as { runSeeds(list: unknown): Promise<readonly SimulationResult[]> }).runSeeds(seeds),
      SEEDS,
    )
    const inNode: SimulationResult[] = []
    for (const seed of SEEDS) inNode.push(await simulate(seed))
    expect(inPage.map(({ violation }) => violation)).toEqual(SEEDS.map(() => undefined))
    expect(inPage.map(({ digest, events, height }) => ({ digest, events, height }))).toEqual(
      inNode.map(({ digest, events, height }) => ({ digest, events, height })),
    )
  },
)
