/**
 * Keeps the blocks of a chain store within a byte budget: with each appended block the oldest ones go, in the same
 * batch. What leads others from genesis to the head stays: an epoch's last header and its certificate for ever, the
 * other headers while their epoch lasts.
 *
 * Invariants: nothing of the newest `blocksMin` blocks goes, nor the certified head; a block goes with all its index
 * entries; the size is that of keys and values, the same in every browser, whatever the browser's own overhead is.
 */
import type { Block } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { CodedError, ZERO_HASH, height } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { prunableOperations } from './block-operations.ts'
import type { ChainTables, HeadRecord, PutOperation } from './chain-tables.ts'
import type { StoredExecution } from './stored-execution.ts'
import { heightFromBytes, tablePrefixes } from './key-layout.ts'
import { blocksKeptMin, blocksPrunedMax, headersDroppedInterval, headersDroppedMax } from './limits.ts'

export interface ChainBudget {
  /** Keys and values of blocks, receipts and indices. */
  readonly sizeBytes: number
  /** Newest blocks that stay whatever they take; default `blocksKeptMin`. */
  readonly blocksMin?: number
}

export interface ChainPruning {
  /** What goes into the batch that makes `next` the head in place of `previous`; `added`: the blocks that it stores, at least one. */
  plan(previous: HeadRecord, next: HeadRecord, added: readonly AddedBlock[]): Promise<PruningPlan>
  /** That batch is written. */
  done(plan: PruningPlan): void
  /** Keys and values of all blocks. */
  sizeBytes(): number
}

interface AddedBlock {
  readonly block: Block
  readonly execution: StoredExecution
}

interface PruningPlan {
  readonly operations: readonly BatchOperation[]
  readonly baseHeight: Height
  readonly sizeBytes: number
}

/** `head`: what is stored now. */
export async function openChainPruning(
  store: KeyValueStore,
  tables: ChainTables,
  head: HeadRecord,
  { sizeBytes: budgetBytes, blocksMin = blocksKeptMin }: ChainBudget,
): Promise<ChainPruning> {
  // Stored without a budget so far: counted once.
  let sizeBytes: number = (await tables.size.get(null)) ?? (await measure(tables, head))

  return {
    sizeBytes: () => sizeBytes,
    done: (plan) => void (sizeBytes = plan.sizeBytes),
    plan: async (previous, next, added) => {
      const epoch = added.at(-1)?.block.header.epoch ?? 0
      const storedOf = ({ block, execution }: AddedBlock): number =>
        sizeOf(prunableOperations(tables, block, execution))
      let left = sizeBytes + added.reduce((sum, one) => sum + storedOf(one), 0)
      let base: number = next.baseHeight
      // What this batch brings is not there yet to be taken out.
      const last = Math.min(next.height - blocksMin, next.certifiedHeight - 1, previous.height)
      const countMax = blocksPrunedMax * added.length
      const operations: BatchOperation[] = []
      for (let count = 0; left > budgetBytes && Math.max(1, base) <= last && count < countMax; count++) {
        const at = height(Math.max(1, base))
        const pruned = await pruneBlock(tables, at, epoch)
        operations.push(...pruned.operations)
        left = Math.max(0, left - pruned.sizeBytes)
        base = at + 1
      }
      const intervals = (at: number): number => Math.floor(at / headersDroppedInterval)
      if (intervals(next.height) !== intervals(previous.height))
        operations.push(...(await outdatedHeaders(store, tables, epoch)))
      operations.push(tables.size.put(null, left))
      return { operations, baseHeight: height(base), sizeBytes: left }
    },
  }
}

async function pruneBlock(
  tables: ChainTables,
  at: Height,
  currentEpoch: number,
): Promise<{ readonly operations: readonly BatchOperation[]; readonly sizeBytes: number }> {
  const block = await tables.blocks.get(at)
  if (block === undefined) throw new CodedError('CHAIN_STORE_CORRUPT', `block ${at}, the oldest one, is missing`)
  const puts = prunableOperations(tables, block, await tables.executions.get(at))
  const { header, evidence } = block
  const isEpochEnd = header.nextValidatorSetHash !== ZERO_HASH
  const kept = [
    ...(isEpochEnd ? [tables.epochEnds.put(at, header)] : [tables.certificates.delete(at)]),
    ...(header.epoch === currentEpoch ? [tables.headers.put(at, { header, evidence })] : []),
  ]
  return {
    operations: [...puts.map(({ key }) => ({ type: 'delete' as const, key })), ...kept],
    sizeBytes: sizeOf(puts),
  }
}

/** Some headers of epochs that are over. */
async function outdatedHeaders(
  store: KeyValueStore,
  tables: ChainTables,
  currentEpoch: number,
): Promise<readonly BatchOperation[]> {
  const range = {
    gte: Uint8Array.of(tablePrefixes.headers),
    lt: Uint8Array.of(tablePrefixes.headers + 1),
    limit: headersDroppedMax,
  }
  const operations: BatchOperation[] = []
  for await (const [key] of store.entries(range)) {
    const at = heightFromBytes(key)
    const found = await tables.headers.get(at)
    if (found === undefined || found.header.epoch >= currentEpoch) break
    operations.push(tables.headers.delete(at))
  }
  return operations
}

async function measure(tables: ChainTables, head: HeadRecord): Promise<number> {
  let sizeBytes = 0
  for (let at = Math.max(1, head.baseHeight); at <= head.height; at++) {
    const block = await tables.blocks.get(height(at))
    if (block === undefined) continue
    sizeBytes += sizeOf(prunableOperations(tables, block, await tables.executions.get(height(at))))
  }
  return sizeBytes
}

function sizeOf(operations: readonly PutOperation[]): number {
  return operations.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
}
