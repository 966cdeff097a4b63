/** One generated chain in this Node and in Chromium. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { webAssembly } from '@cairn/executor/abi'
import { digestChain } from './chain-digest.ts'
import type { ChainDigest } from './chain-digest.ts'
import { openCorePage } from './chromium-page.ts'
import type { CorePageGlobals } from './core-page.ts'

export interface TwoHosts {
  readonly node: ChainDigest
  readonly chromium: ChainDigest
  readonly versions: string
}

export interface TwoHostsOptions {
  /** Path of Chromium. */
  readonly executablePath: string
  readonly seed: number
  readonly blocks: number
}

const TRANSACTIONS_MAX = 8

export async function runTwoHosts({ executablePath, seed, blocks }: TwoHostsOptions): Promise<TwoHosts> {
  await using corePage = await openCorePage(executablePath, fileURLToPath(new URL('./core-page.ts', import.meta.url)))
  const inChromium = corePage.page.evaluate(
    ([seedThere, blocksThere, transactionsMax]) =>
      (globalThis as unknown as CorePageGlobals).digestChain(seedThere, blocksThere, transactionsMax),
    [seed, blocks, TRANSACTIONS_MAX] as const,
  )
  const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
  const [node, chromium] = await Promise.all([
    digestChain({ module, seed, blocks, transactionsMax: TRANSACTIONS_MAX }),
    inChromium,
  ])
  return { node, chromium, versions: `V8 ${process.versions.v8} in Node, Chromium ${corePage.version}` }
}
