/** What the page in Chromium runs: the functions that the Node side calls by name. */
import { webAssembly } from '@cairn/executor/abi'
import { digestChain } from './chain-digest.ts'
import type { ChainDigest } from './chain-digest.ts'
import { prepareWorstCase } from './worst-case-blocks.ts'
import type { WorstCase } from './worst-case-blocks.ts'

export interface CorePageGlobals {
  digestChain(seed: number, blocks: number, transactionsMax: number): Promise<ChainDigest>
  /** Returns the gas used. */
  prepareWorstCase(name: string): Promise<number>
  /** Executes what was prepared last. */
  runWorstCase(): void
}

const response = await fetch('/core.wasm')
const module = new webAssembly.Module(new Uint8Array(await response.arrayBuffer()))
let prepared: WorstCase | undefined

Object.assign(globalThis, {
  digestChain: (seed, blocks, transactionsMax) => digestChain({ module, seed, blocks, transactionsMax }),
  prepareWorstCase: async (name) => {
    prepared = await prepareWorstCase(module, name)
    return prepared.gasUsed
  },
  runWorstCase: () => prepared?.run(),
} satisfies CorePageGlobals)
Object.assign(globalThis, { ready: true })
