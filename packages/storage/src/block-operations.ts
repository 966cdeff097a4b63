/** The batch that puts a block and everything that is looked up by it into the store; also for genesis. */
import { decodeEvidenceList } from '@cairn/chain'
import type { Block } from '@cairn/chain'
import type { BatchOperation } from '@cairn/ports'
import { assert } from '@cairn/primitives'
import type { ChainTables, PutOperation } from './chain-tables.ts'
import { logIndexKey } from './key-layout.ts'
import { logIndexPrefixes } from './stored-execution.ts'
import type { StoredExecution } from './stored-execution.ts'

/** Block, both hashes, evidence, receipts, transactions and log index; neither head nor certificate. */
export function blockOperations(tables: ChainTables, block: Block, execution: StoredExecution): BatchOperation[] {
  const { height } = block.header
  const evidence = decodeEvidenceList(block.evidence)
  assert(evidence.ok, 'the evidence of a finalized block was checked')
  return [
    ...prunableOperations(tables, block, execution),
    ...(evidence.value.length > 0 ? [tables.evidence.put(height, evidence.value)] : []),
  ]
}

/** Of these, what pruning takes back. `execution`: `undefined` of a snapshot's block. */
export function prunableOperations(
  tables: ChainTables,
  block: Block,
  execution: StoredExecution | undefined,
): PutOperation[] {
  const { height, executionBlockHash } = block.header
  const found = [
    tables.blocks.put(height, block),
    tables.heightsByHash.put(block.hash, height),
    tables.heightsByExecutionHash.put(executionBlockHash, height),
  ]
  if (execution === undefined) return found
  return [
    ...found,
    tables.executions.put(height, { receipts: execution.receipts, transactions: execution.transactions }),
    ...execution.transactions.map(({ hash }, index) => tables.transactions.put(hash, { height, index })),
    ...logIndexPrefixes(execution.receipts).map((prefix) => ({
      type: 'put' as const,
      key: logIndexKey(prefix, height),
      value: new Uint8Array(0),
    })),
  ]
}
