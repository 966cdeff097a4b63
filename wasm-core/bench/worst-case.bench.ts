/**
 * Worst-case execution cost, in this Node and in Chromium: suite `worst-case` of `npm run bench`, or
 * `node wasm-core/bench/worst-case.bench.ts [--markdown]`, whose table stands in docs/LIMITS.md.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { webAssembly } from '@cairn/executor/abi'
import { findChromium } from '../../scripts/chromium.ts'
import { openCorePage } from '../differential/chromium-page.ts'
import type { CorePageGlobals } from '../differential/core-page.ts'
import { measureWorstCases } from '../differential/worst-case-blocks.ts'
import type { WorstCase } from '../differential/worst-case-blocks.ts'
import type { BenchRow } from './core.bench.ts'
import { ARTEFACT } from './core-host.ts'

const ROUNDS = 2
/** The block that the figures are scaled to from the 12 Mgas that are measured. */
const BLOCK_MGAS = 36

export async function runWorstCaseBench(): Promise<BenchRow[]> {
  const hosts = await measureHosts()
  return hosts.flatMap(({ host, cases }) =>
    cases.flatMap((worst): BenchRow[] => [
      { name: `worst-case/${host}/${worst.name}`, value: rateOf(worst), unit: 'Mgas/s', reference: '' },
      { name: `worst-case/${host}/${worst.name}`, value: blockMs(worst), unit: `ms/${BLOCK_MGAS} Mgas`, reference: '' },
    ]),
  )
}

interface HostFigures {
  readonly host: 'node' | 'chromium'
  readonly cases: readonly WorstCase[]
}

/** One after the other: they would slow each other down. Chromium only where there is one. */
async function measureHosts(): Promise<readonly HostFigures[]> {
  const node = await measureWorstCases(new webAssembly.Module(readFileSync(ARTEFACT)), ROUNDS)
  const executablePath = findChromium()
  if (executablePath === undefined) return [{ host: 'node', cases: node }]
  const entry = fileURLToPath(new URL('../differential/core-page.ts', import.meta.url))
  await using corePage = await openCorePage(executablePath, entry)
  const chromium = await corePage.page.evaluate(
    (rounds) => (globalThis as unknown as CorePageGlobals).measureWorstCases(rounds),
    ROUNDS,
  )
  return [
    { host: 'node', cases: node },
    { host: 'chromium', cases: chromium },
  ]
}

function rateOf({ gasUsed, milliseconds }: WorstCase): number {
  return gasUsed / 1000 / milliseconds
}

function blockMs(worst: WorstCase): number {
  return (BLOCK_MGAS * 1000) / rateOf(worst)
}

function markdownTable(hosts: readonly HostFigures[]): string {
  const [first, second] = hosts
  const rows = (first?.cases ?? []).map((worst, index) => {
    const there = second?.cases[index]
    const cells = [worst, there].map((one) => {
      return one === undefined ? '– | –' : `${rateOf(one).toFixed(1)} | ${Math.round(blockMs(one))}`
    })
    return `| ${worst.name} | ${cells.join(' | ')} |`
  })
  const head = `| ${BLOCK_MGAS} Mgas of | Node Mgas/s | Node ms | Chromium Mgas/s | Chromium ms |\n|---|---|---|---|---|`
  return [head, ...rows].join('\n')
}

if (import.meta.main) console.log(markdownTable(await measureHosts()))
