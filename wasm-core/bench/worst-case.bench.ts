/**
 * Worst-case execution cost, in this Node and in Chromium: suite `worst-case` of `npm run bench`, or
 * `node wasm-core/bench/worst-case.bench.ts`, whose table stands in docs/LIMITS.md.
 *
 * Times are CPU times of the process (Node) and of the page's thread (Chromium), so that other programs on the
 * machine do not show.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { webAssembly } from '@cairn/executor/abi'
import { findChromium } from '@cairn/playwright/chromium'
import { openCorePage } from '../differential/chromium-page.ts'
import type { CorePageGlobals } from '../differential/core-page.ts'
import { prepareWorstCase, worstCaseNames } from '../differential/worst-case-blocks.ts'
import type { BenchRow } from './measure.ts'
import { ARTEFACT } from './core-host.ts'

/** The least of these is taken. */
const ROUNDS = 2
/** The block that the figures are scaled to, from the 12 Mgas that are measured. */
const BLOCK_MGAS = 36

export async function runWorstCaseBench(): Promise<BenchRow[]> {
  return (await measureHosts()).flatMap(({ host, megagasPerSecond }) =>
    [...megagasPerSecond].map(([name, rate]): BenchRow => {
      const reference = `${Math.round((BLOCK_MGAS * 1000) / rate)} ms for ${BLOCK_MGAS} Mgas`
      return { name: `worst-case/${host}/${name}`, value: rate, unit: 'Mgas/s', reference }
    }),
  )
}

interface HostFigures {
  readonly host: 'node' | 'chromium'
  /** By name of the case. */
  readonly megagasPerSecond: ReadonlyMap<string, number>
}

/** One after the other: they would slow each other down. Chromium only where there is one. */
async function measureHosts(): Promise<readonly HostFigures[]> {
  const executablePath = findChromium()
  const node = await measureInNode()
  return executablePath === undefined ? [node] : [node, await measureInChromium(executablePath)]
}

async function measureInNode(): Promise<HostFigures> {
  const module = new webAssembly.Module(readFileSync(ARTEFACT))
  const megagasPerSecond = new Map<string, number>()
  for (const name of worstCaseNames()) {
    const { gasUsed, run } = await prepareWorstCase(module, name)
    let milliseconds = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.cpuUsage()
      run()
      const { user, system } = process.cpuUsage(before)
      milliseconds = Math.min(milliseconds, (user + system) / 1000)
    }
    megagasPerSecond.set(name, gasUsed / 1000 / milliseconds)
  }
  return { host: 'node', megagasPerSecond }
}

async function measureInChromium(executablePath: string): Promise<HostFigures> {
  const entry = fileURLToPath(new URL('../differential/core-page.ts', import.meta.url))
  await using corePage = await openCorePage(executablePath, entry)
  const { page } = corePage
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const threadMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN)
  }
  const megagasPerSecond = new Map<string, number>()
  for (const name of worstCaseNames()) {
    const gasUsed = await page.evaluate(
      (prepared) => (globalThis as unknown as CorePageGlobals).prepareWorstCase(prepared),
      name,
    )
    let milliseconds = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      const before = await threadMs()
      await page.evaluate(() => (globalThis as unknown as CorePageGlobals).runWorstCase())
      milliseconds = Math.min(milliseconds, (await threadMs()) - before)
    }
    megagasPerSecond.set(name, gasUsed / 1000 / milliseconds)
  }
  return { host: 'chromium', megagasPerSecond }
}

function markdownTable(hosts: readonly HostFigures[]): string {
  const rows = worstCaseNames().map((name) => {
    const cells = hosts.map(({ megagasPerSecond }) => {
      const rate = megagasPerSecond.get(name) ?? Number.NaN
      return `${rate.toFixed(1)} | ${Math.round((BLOCK_MGAS * 1000) / rate)}`
    })
    return `| ${[name, ...cells].join(' | ')} |`
  })
  const head = hosts.map(({ host }) => `${host} Mgas/s | ms per block`)
  return [`| ${BLOCK_MGAS} Mgas of | ${head.join(' | ')} |`, `|---|${'---|---|'.repeat(hosts.length)}`, ...rows].join(
    '\n',
  )
}

if (import.meta.main) console.log(markdownTable(await measureHosts()))
