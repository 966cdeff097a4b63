/** What the page in Chromium runs: the functions that the Node side calls by name. */
import { webAssembly } from '@cairn/executor/abi'
import { digestChain } from './chain-digest.ts'
import type { ChainDigest } from './chain-digest.ts'
import { measureWorstCases } from './worst-case-blocks.ts'
import type { WorstCase } from './worst-case-blocks.ts'

export interface CorePageGlobals {
  digestChain(seed: number, blocks: number, transactionsMax: number): Promise<ChainDigest>
  measureWorstCases(rounds: number): Promise<readonly WorstCase[]>
}

const response = await fetch('/core.wasm')
const module = new webAssembly.Module(new Uint8Array(await response.arrayBuffer()))

Object.assign(globalThis, {
  digestChain: (seed, blocks, transactionsMax) => digestChain({ module, seed, blocks, transactionsMax }),
  measureWorstCases: (rounds) => measureWorstCases(module, rounds),
} satisfies CorePageGlobals)
Object.assign(globalThis, { ready: true })
