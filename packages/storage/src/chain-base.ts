/**
 * A chain store that begins at a finalized block instead of genesis: what a node from a snapshot has. Below that block
 * there are genesis, the ends of the epochs before and the headers of the block's own, so that it leads others here as
 * it was led; of the block itself there are no receipts.
 */
import type { Block, Certificate, EpochEnd, EpochState } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { CodedError, assert } from '@cairn/primitives'
import { prunableOperations } from './block-operations.ts'
import { createChainTables } from './chain-tables.ts'
import type { ChainTables, HeaderEntry, PutOperation } from './chain-tables.ts'
import { writeGenesis } from './chain-store-check.ts'
import { epochBaseOperations, validatorSetOperation } from './epoch-store.ts'

export interface ChainBase {
  readonly genesis: Block
  /** Its data checked. */
  readonly block: Block
  /** Verified finalization of the block itself. */
  readonly certificate: Certificate
  readonly trust: BaseTrust
}

/** What the block stands on; all of it verified. */
export interface BaseTrust {
  /** As of the block. */
  readonly epochState: EpochState
  /** Of all epochs before, ascending. */
  readonly ends: readonly EpochEnd[]
  /** Of the block's epoch, up to the block. */
  readonly trail: readonly HeaderEntry[]
}

/**
 * Durable once resolved; idempotent. Open the store afterwards.
 * @throws CodedError `CHAIN_NOT_EMPTY` when the store has blocks already
 */
export async function foundChainStore(
  store: KeyValueStore,
  { genesis, block, certificate, trust }: ChainBase,
): Promise<void> {
  assert(certificate.kind === 'finalize' && certificate.hash === block.hash, 'the certificate is the block’s own')
  const tables = createChainTables(store)
  const { height } = block.header
  const head = (await tables.head.get(null)) ?? (await writeGenesis(store, tables, genesis))
  if (head.hash === block.hash) return
  // One that was cut off before its state was whole is left for a later block.
  const isBaseOnly = head.height > 0 && head.height === head.baseHeight
  if (head.height > 0 && !isBaseOnly) {
    throw new CodedError('CHAIN_NOT_EMPTY', `the chain store has blocks up to height ${head.height}`, {
      data: { height: head.height },
    })
  }
  const before = isBaseOnly ? await tables.blocks.get(head.height) : undefined
  const found = prunableOperations(tables, block, undefined)
  const operations: BatchOperation[] = [
    ...(before === undefined ? [] : prunableOperations(tables, before, undefined).map(deletionOf)),
    ...found,
    tables.certificates.put(height, certificate),
    ...trust.trail.flatMap((entry) =>
      entry.header.height < height ? [tables.headers.put(entry.header.height, entry)] : [],
    ),
    ...epochBaseOperations(height, trust.epochState),
    tables.head.put(null, { height, hash: block.hash, certifiedHeight: height, baseHeight: height }),
  ]
  // Ahead of the head record: without it they are only what has been verified already.
  for (let from = 0; from < trust.ends.length; from += endsBatch) {
    await store.batch(trust.ends.slice(from, from + endsBatch).flatMap((end) => endOperations(tables, end)))
  }
  await store.batch(operations, { durable: true })
}

/** Ends of epochs in one batch. */
const endsBatch = 256

function endOperations(tables: ChainTables, { header, finalization, nextValidators }: EpochEnd): BatchOperation[] {
  return [
    tables.epochEnds.put(header.height, header),
    tables.certificates.put(header.height, finalization),
    validatorSetOperation(nextValidators),
  ]
}

function deletionOf({ key }: PutOperation): BatchOperation {
  return { type: 'delete', key }
}
