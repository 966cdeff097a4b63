/**
 * What validators in tabs cost a network: finality of five validators, all of them servers, then with two of the five in
 * tabs of one Chromium, whose votes the quorum of four needs; and the memory of such a tab. Blocks are empty.
 */
import { type TestNetwork, type ValidatorTab, openValidatorTab, startNetwork } from '@cairn/playwright'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'
import { type Browser, chromium } from 'playwright-core'
import { buildWeb } from '../../../scripts/build-web.ts'
import { rendererMemoryMiB } from './renderer-memory.ts'
import type { BenchRow } from './tab.bench.ts'

const VALIDATORS = 5
const TABS = [3, 4] as const
const HEARTBEAT_MS = 200
/** Not measured: connections are made, and V8 optimizes. */
const WARM_UP_BLOCKS = 30
const BLOCKS = 150

export async function runTabValidatorsBench(): Promise<readonly BenchRow[]> {
  await buildWeb(() => undefined)
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('no Chromium found (set CAIRN_CHROMIUM)')
  const rows: BenchRow[] = []
  const row = (name: string, value: number, unit: string, reference: string): void =>
    void rows.push({ name: `tab-validators/${name}`, value, unit, reference })
  const servers = await withNetwork(0, finality)
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
  try {
    await withNetwork(TABS.length, async (network) => {
      const tabs = await openTabs(browser, network)
      const tabbed = await finality(network)
      for (const share of ['p50', 'p95'] as const) {
        const added = tabbed[share] - servers[share]
        row(`finality/${share},tabs=0`, servers[share], 'ms', 'five servers')
        row(`finality/${share},tabs=2`, tabbed[share], 'ms', `three servers, two tabs: ${signed(added)} ms`)
      }
      row('memory', await rendererMemoryMiB(browser), 'MiB', 'renderer’s own, larger of the two; goal ≤ 256')
      await Promise.all(tabs.map((tab) => tab.close()))
    })
  } finally {
    await browser.close()
  }
  return rows
}

async function withNetwork<T>(tabValidators: number, work: (network: TestNetwork) => Promise<T>): Promise<T> {
  const network = await startNetwork({
    validators: VALIDATORS,
    tabValidators,
    heartbeatMs: HEARTBEAT_MS,
    epochLengthBlocks: 100_000,
  })
  try {
    return await work(network)
  } finally {
    await network.stop()
  }
}

async function openTabs(browser: Browser, network: TestNetwork): Promise<readonly ValidatorTab[]> {
  const url = await network.startWeb()
  const tabs = await Promise.all(TABS.map((index) => openValidatorTab(browser, url, network.secretKey(index))))
  await Promise.all(tabs.map((tab) => tab.waitForVoting()))
  return tabs
}

/** Milliseconds from a block's time to its finalization, as the first server sees it. */
async function finality(network: TestNetwork): Promise<{ readonly p50: number; readonly p95: number }> {
  await network.waitForHeight(WARM_UP_BLOCKS)
  const first = network.maxHeight()
  await network.waitForHeight(first + BLOCKS, undefined, BLOCKS * 2_000)
  const times = network
    .finalized(0)
    .filter((block) => block.height > first)
    .flatMap(({ finalityMs }) => finalityMs ?? [])
    .toSorted((a, b) => a - b)
  const quantile = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? Number.NaN
  return { p50: quantile(0.5), p95: quantile(0.95) }
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`
}
