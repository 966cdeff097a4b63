/**
 * The chain store: finalized blocks with their certificates, receipts and indices, append-only (architecture.md
 * «Storage», consensus.md R7). Order of a commit: chain store batch first, then the state store; a crash between the
 * two leaves the state behind, and the node executes the stored blocks above the state's head at its next start.
 * Invariants: a block and all its index entries are in one atomic durable batch; heights have no gaps above the base; what
 * is stored never changes, except that a height may get its own certificate later, and that the oldest blocks go where
 * there is a budget (`chain-pruning.ts`). Appends take turns.
 */
import type { Block, Certificate, ConsensusHeader, Evidence } from '@cairn/chain'
import { CodedError, assert } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { BatchOperation, CommittedExecution, KeyValueStore } from '@cairn/ports'
import { createBlockCache } from './block-cache.ts'
import { blockOperations } from './block-operations.ts'
import { openChainPruning } from './chain-pruning.ts'
import { createChainTables } from './chain-tables.ts'
import type { ChainTables, HeadRecord, HeaderEntry, TransactionLocation } from './chain-tables.ts'
import { openHead } from './chain-store-check.ts'
import type { ChainStoreOptions } from './chain-store-check.ts'
import { findLogHeights } from './log-index.ts'
import type { LogHeightsQuery } from './log-index.ts'
import type { StoredExecution } from './stored-execution.ts'

/** What RPC, the sync server and light-client requests read. Every method but `head` may throw `CHAIN_STORE_CORRUPT`. */
export interface ChainReader {
  readonly genesisHash: Hash
  head(): HeadRecord
  blockByHeight(height: Height): Promise<Block | undefined>
  blockByHash(hash: Hash): Promise<Block | undefined>
  /** Also where the block is not stored, if it is of the current epoch or ends an epoch. */
  headerByHeight(height: Height): Promise<ConsensusHeader | undefined>
  /** Header and evidence, also where the block is not stored, if it is of the current epoch. */
  headerEntry(height: Height): Promise<HeaderEntry | undefined>
  /** By `header.executionBlockHash`, the hash that Ethereum tools know. */
  heightByExecutionHash(hash: Hash): Promise<Height | undefined>
  executionByHeight(height: Height): Promise<StoredExecution | undefined>
  transactionLocation(hash: Hash): Promise<TransactionLocation | undefined>
  /** Blocks that may hold matching logs; false positives are possible, omissions are not. */
  logHeights(query: LogHeightsQuery): Promise<readonly Height[]>
  /** The first block at `from` or above that includes evidence, with what it includes. */
  evidenceFrom(from: Height): Promise<{ readonly height: Height; readonly evidence: readonly Evidence[] } | undefined>
  /** The nearest certificate that finalizes `height`: its own, or a descendant's. `undefined` for a head not certified yet. */
  certificateAtOrAbove(
    height: Height,
  ): Promise<{ readonly height: Height; readonly certificate: Certificate } | undefined>
}

export interface ChainStore extends ChainReader {
  /** Keys and values of the stored blocks; `undefined` without a budget. */
  sizeBytes(): number | undefined
  /**
   * Durable once resolved, with the state not committed yet. Idempotent: a stored block is left as it is, and gets
   * the certificate if it has none. `certificate` is the block's own, verified by the caller.
   * @throws CodedError `CHAIN_CONFLICT` when another block is finalized at this height, or the parent is not the head:
   * safety is broken, halt. `STORE_FULL`, `STORE_FAILED`
   */
  appendFinalized(block: Block, certificate: Certificate | undefined, execution: CommittedExecution): Promise<void>
  /** Blocks that follow each other, ascending, as one batch: all of them or none. Else as `appendFinalized`. */
  appendFinalizedRange(finalized: readonly FinalizedBlock[]): Promise<void>
}

export interface FinalizedBlock {
  readonly block: Block
  /** The block's own, verified by the caller. */
  readonly certificate: Certificate | undefined
  readonly execution: CommittedExecution
}

/**
 * Opens the store, writing genesis into an empty one, and checks what it finds (stored data is untrusted input).
 * The key-value store stays the caller's to close.
 * @throws CodedError `GENESIS_MISMATCH`, `CHAIN_STORE_CORRUPT`
 */
export async function openChainStore(store: KeyValueStore, options: ChainStoreOptions): Promise<ChainStore> {
  const tables = createChainTables(store)
  let head = await openHead(store, tables, options)
  const pruning = options.budget && (await openChainPruning(store, tables, head, options.budget))
  let lastAppend: Promise<void> = Promise.resolve()
  const cache = createBlockCache()

  const blockByHeight = async (height: Height): Promise<Block | undefined> => {
    const cached = cache.get(height)
    if (height > 0 && height < head.baseHeight) return undefined
    if (cached !== undefined || height > head.height) return cached
    const block = await tables.blocks.get(height)
    if (block !== undefined) cache.add(block)
    return block
  }
  const headerEntry = async (height: Height): Promise<HeaderEntry | undefined> =>
    (await blockByHeight(height)) ?? tables.headers.get(height)
  const append = async (finalized: readonly FinalizedBlock[]): Promise<void> => {
    const operations: BatchOperation[] = []
    const added: FinalizedBlock[] = []
    let next = head
    for (const one of finalized) {
      const { block, certificate } = one
      const { height } = block.header
      const isNew = height > next.height
      await assertFollows(tables, next, block, certificate)
      if (isNew) {
        operations.push(...blockOperations(tables, block, one.execution))
        added.push(one)
        next = { ...next, height, hash: block.hash }
      }
      if (certificate !== undefined && (isNew || (await tables.certificates.get(height)) === undefined)) {
        operations.push(tables.certificates.put(height, certificate))
        if (height > next.certifiedHeight) next = { ...next, certifiedHeight: height }
      }
    }
    if (operations.length === 0) return
    const plan = added.length === 0 ? undefined : await pruning?.plan(head, next, added)
    next = { ...next, baseHeight: plan?.baseHeight ?? next.baseHeight }
    await store.batch([...operations, ...(plan?.operations ?? []), tables.head.put(null, next)], { durable: true })
    head = next
    if (plan !== undefined) pruning?.done(plan)
    for (const { block } of added) cache.add(block)
  }
  const appendInTurn = (finalized: readonly FinalizedBlock[]): Promise<void> => {
    for (const { block, certificate, execution } of finalized) {
      assert(execution.blockHash === block.hash, 'the execution is the block’s own')
      assert(
        certificate === undefined || (certificate.kind === 'finalize' && certificate.hash === block.hash),
        'the certificate finalizes the block itself',
      )
    }
    const appended = lastAppend.then(() => append(finalized))
    lastAppend = appended.catch(() => {})
    return appended
  }

  return {
    genesisHash: options.genesis.hash,
    head: () => head,
    blockByHeight,
    blockByHash: async (hash) => {
      const height = await tables.heightsByHash.get(hash)
      return height === undefined ? undefined : blockByHeight(height)
    },
    headerByHeight: async (height) => (await headerEntry(height))?.header ?? tables.epochEnds.get(height),
    headerEntry,
    sizeBytes: () => pruning?.sizeBytes(),
    heightByExecutionHash: (hash) => tables.heightsByExecutionHash.get(hash),
    executionByHeight: (height) => tables.executions.get(height),
    transactionLocation: (hash) => tables.transactions.get(hash),
    logHeights: (query) => findLogHeights(store, query),
    evidenceFrom: async (from) => {
      const found = await tables.evidence.firstFrom(from)
      return found === undefined ? undefined : { height: found.height, evidence: found.value }
    },
    certificateAtOrAbove: async (height) => {
      const found = await tables.certificates.firstFrom(height)
      return found === undefined ? undefined : { height: found.height, certificate: found.value }
    },
    appendFinalized: (block, certificate, execution) => appendInTurn([{ block, certificate, execution }]),
    appendFinalizedRange: appendInTurn,
  }
}

/** R7: a finalized block that conflicts with the log halts the node, with the evidence in the error's data. */
async function assertFollows(
  tables: ChainTables,
  head: HeadRecord,
  block: Block,
  certificate: Certificate | undefined,
): Promise<void> {
  const { height, parentHash } = block.header
  assert(height <= head.height + 1, 'finalized blocks are appended in order')
  const isNew = height > head.height
  const stored = isNew ? head.hash : (await tables.blocks.get(height))?.hash
  const finalized = isNew ? parentHash : block.hash
  if (stored === finalized) return
  throw new CodedError('CHAIN_CONFLICT', `a finalized block conflicts with the stored chain at height ${height}`, {
    data: { height, stored, finalized, header: block.header, certificate },
  })
}
