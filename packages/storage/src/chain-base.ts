/**
 * A chain store that begins at a finalized block instead of genesis: what a node from a snapshot has. Below that block
 * there is genesis and nothing else; of the block itself there are no receipts.
 */
import type { Block, Certificate, EpochState } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError, assert } from '@cairn/primitives'
import { createChainTables } from './chain-tables.ts'
import { writeGenesis } from './chain-store-check.ts'
import { epochBaseOperations } from './epoch-store.ts'

export interface ChainBase {
  readonly genesis: Block
  /** Its data checked. */
  readonly block: Block
  /** Verified finalization of the block itself. */
  readonly certificate: Certificate
  /** As of the block. */
  readonly epochState: EpochState
}

/**
 * Durable once resolved; idempotent. Open the store afterwards.
 * @throws CodedError `CHAIN_NOT_EMPTY` when the store has blocks already
 */
export async function foundChainStore(
  store: KeyValueStore,
  { genesis, block, certificate, epochState }: ChainBase,
): Promise<void> {
  assert(certificate.kind === 'finalize' && certificate.hash === block.hash, 'the certificate is the block’s own')
  const tables = createChainTables(store)
  const { height } = block.header
  const head = (await tables.head.get(null)) ?? (await writeGenesis(store, tables, genesis))
  if (head.hash === block.hash) return
  if (head.height > 0) {
    throw new CodedError('CHAIN_NOT_EMPTY', `the chain store has blocks up to height ${head.height}`, {
      data: { height: head.height },
    })
  }
  const operations = [
    tables.blocks.put(height, block),
    tables.heightsByHash.put(block.hash, height),
    tables.heightsByExecutionHash.put(block.header.executionBlockHash, height),
    tables.certificates.put(height, certificate),
    ...epochBaseOperations(height, epochState),
    tables.head.put(null, { height, hash: block.hash, certifiedHeight: height, baseHeight: height }),
  ]
  await store.batch(operations, { durable: true })
}
