/**
 * Commits blocks as a node does, the chain store first, and kills itself at one step of one commit. Arguments:
 * directory of both stores, file with the chain, `step:height` or `never`. Prints a line per committed height.
 * Small on purpose: it is started dozens of times.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deserialize } from 'node:v8'
import type { ChainSpec } from '@cairn/chain'
import { createExecutor } from '@cairn/executor'
import type { ExecuteRequest, KeyValueStore } from '@cairn/ports'
import { bytesFromHex, bytesFromUint64 } from '@cairn/primitives'
import { createLevelStore } from '../src/level-store.ts'

/** What the parent writes for its children. */
export interface CrashChain {
  readonly chainSpec: ChainSpec
  /** Heights 1, 2, … */
  readonly blocks: readonly ExecuteRequest[]
}

const [directory, chainFile, crashAt] = process.argv.slice(2) as [string, string, string]
const { chainSpec, blocks } = deserialize(await readFile(chainFile)) as CrashChain
let committing = 0

function crash(step: string): void {
  if (crashAt === `${step}:${committing}`) process.kill(process.pid, 'SIGKILL')
}

/** «During»: the batch is handed to LevelDB's own thread and not awaited. */
function crashing(store: KeyValueStore, name: string): KeyValueStore {
  return {
    ...store,
    batch: async (operations, options) => {
      crash(`before-${name}`)
      const written = store.batch(operations, options)
      crash(`during-${name}`)
      await written
      crash(`after-${name}`)
    },
  }
}

const chainStore = crashing(await createLevelStore(join(directory, 'chain')), 'chain')
const stateStore = crashing(await createLevelStore(join(directory, 'state')), 'state')
const wasm = await readFile(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
const clock = { monotonicMs: () => performance.now() }
const executor = createExecutor({ chainSpec, stateStore, wasm, historyBlocks: 4 }, { clock })
await executor.start()
for (const block of blocks.slice(executor.head().height)) {
  committing = block.height
  const verdict = await executor.execute(block)
  if (verdict.verdict !== 'accept') throw new Error(`block ${block.height}: ${JSON.stringify(verdict)}`)
  const written = { type: 'put', key: bytesFromUint64(block.height), value: bytesFromHex(block.stateRoot) } as const
  await chainStore.batch([written], { durable: true })
  await executor.commit(block.blockHash)
  process.stdout.write(`${block.height}\n`)
}
await executor.stop()
await chainStore.close()
