/**
 * R7's writing side: finalized blocks into the chain store, then into the state, strictly in order.
 * A crash between the two leaves the state behind; `replayToHead` closes the gap at the next start.
 */
import type { Block, Certificate } from '@cairn/chain'
import type { CommittedExecution, Executor, Log } from '@cairn/ports'
import { CodedError, type Height, assert, height } from '@cairn/primitives'
import type { ChainStore, EpochStore, FinalizedBlock } from '@cairn/storage'
import { executeRequestFor } from './execute-request.ts'
import { COMMIT_GROUP_BLOCKS, COMMIT_GROUP_BYTES } from './limits.ts'

export interface CommittedBlock {
  readonly block: Block
  readonly execution: CommittedExecution
  /** The certificate that finalized it: its own, or a descendant's. */
  readonly finalization: Certificate
}

export interface CommitterDeps {
  readonly executor: Executor
  readonly chainStore: ChainStore
  readonly epochs: Pick<EpochStore, 'advance'>
  /** Called before a block is stored; a failure is fatal. */
  readonly assertBlock?: (block: Block) => void
  readonly onCommitted: (committed: CommittedBlock) => void
  readonly onFatal: (error: unknown) => void
}

export interface Committer {
  /** Like `commit`, for blocks that nobody has executed yet: finalized ones from sync. */
  executeAndCommit(blocks: readonly Block[], finalization: Certificate): Promise<void>
  /** Ancestors first; the last block is the one that `finalization` names. All are executed. Queued behind earlier calls. */
  commit(blocks: readonly Block[], finalization: Certificate): Promise<void>
  /** Resolves when everything handed in so far is written, or has failed and was reported by `onFatal`. */
  settled(): Promise<void>
}

export function createCommitter(deps: CommitterDeps): Committer {
  const { executor, chainStore, epochs } = deps
  let last: Promise<void> = Promise.resolve()

  const isCommitted = ({ header }: Block): boolean => header.height <= executor.head().height

  /** The blocks, executed and in order, by one write; then the state, block by block. */
  const commitAll = async (blocks: readonly Block[], finalization: Certificate): Promise<void> => {
    const finalized: FinalizedBlock[] = []
    for (const block of blocks) {
      if (isCommitted(block)) continue
      deps.assertBlock?.(block)
      const certificate = finalization.hash === block.hash ? finalization : undefined
      finalized.push({ block, certificate, execution: await executor.outcome(block.hash) })
    }
    if (finalized.length === 0) return
    await chainStore.appendFinalizedRange(finalized)
    for (const { block, execution } of finalized) {
      // Before anything of a next epoch is stored: its certificates verify against this set only.
      await epochs.advance(block)
      await executor.commit(block.hash)
      deps.onCommitted({ block, execution, finalization })
    }
  }

  /** While a group is written the next one is executed. What executes is kept, whatever comes after it. */
  const executeAndCommitAll = async (blocks: readonly Block[], finalization: Certificate): Promise<void> => {
    let written: Promise<void> = Promise.resolve()
    for (const group of groupsOf(blocks.filter((block) => !isCommitted(block)))) {
      const { executed, failure } = await executeGroup(executor, group)
      await written
      written = commitAll(executed, finalization)
      // Awaited below, which may be after it failed.
      written.catch(() => {})
      if (failure === undefined) continue
      await written
      throw failure.error
    }
    await written
  }

  const enqueue = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work)
    last.catch(deps.onFatal)
    return last
  }

  return {
    commit: (blocks, finalization) =>
      enqueue(async () => {
        for (const block of blocks) await commitAll([block], finalization)
      }),
    executeAndCommit: (blocks, finalization) => enqueue(() => executeAndCommitAll(blocks, finalization)),
    settled: () => last.catch(() => {}),
  }
}

/**
 * At most `COMMIT_GROUP_BLOCKS` and, but for one large block, `COMMIT_GROUP_BYTES` each, all of one epoch: the next one's
 * certificates are judged by what this one's end says.
 */
function groupsOf(blocks: readonly Block[]): readonly (readonly Block[])[] {
  const groups: Block[][] = []
  let sizeBytes = 0
  for (const block of blocks) {
    const group = groups.at(-1)
    const blockBytes = block.payload.length + block.accessList.length
    sizeBytes += blockBytes
    const hasRoom = group !== undefined && group.length < COMMIT_GROUP_BLOCKS && sizeBytes <= COMMIT_GROUP_BYTES
    if (hasRoom && group[0]?.header.epoch === block.header.epoch) group.push(block)
    else {
      groups.push([block])
      sizeBytes = blockBytes
    }
  }
  return groups
}

interface ExecutedGroup {
  /** Those before the one that failed, if one did. */
  readonly executed: readonly Block[]
  readonly failure?: { readonly error: unknown }
}

async function executeGroup(executor: Executor, group: readonly Block[]): Promise<ExecutedGroup> {
  const executed: Block[] = []
  try {
    for (const block of group) {
      await executeFinalized(executor, block)
      executed.push(block)
    }
  } catch (error) {
    return { executed, failure: { error } }
  }
  return { executed }
}

/**
 * Executes the blocks that the chain store has and the state lacks.
 * @throws CodedError `STATE_AHEAD_OF_CHAIN`, `CHAIN_STORE_CORRUPT` when a stored block is missing or does not execute
 */
export async function replayToHead(executor: Executor, chainStore: ChainStore, log: Log): Promise<void> {
  const target = chainStore.head().height
  const start = executor.head().height
  if (start > target) {
    throw new CodedError('STATE_AHEAD_OF_CHAIN', `the state is at height ${start}, the chain at ${target}`)
  }
  if (start < target) log.info('replaying blocks that the state lacks', { from: start + 1, to: target })
  for (let next = start + 1; next <= target; next++) await replayBlock(executor, chainStore, height(next))
}

/** A certified block that this node cannot reproduce is the end of the road: wrong core, broken store, or a broken chain. */
async function executeFinalized(executor: Executor, block: Block): Promise<void> {
  const verdict = await executor.execute(executeRequestFor(block))
  if (verdict.verdict === 'accept') return
  throw new CodedError(
    'FINALIZED_BLOCK_INVALID',
    `the finalized block ${block.header.height} does not execute here: ${verdict.code}`,
    { data: { height: block.header.height, hash: block.hash, code: verdict.code } },
  )
}

async function replayBlock(executor: Executor, chainStore: ChainStore, at: Height): Promise<void> {
  const block = await chainStore.blockByHeight(at)
  if (block === undefined) throw new CodedError('CHAIN_STORE_CORRUPT', `block ${at} is missing`)
  const verdict = await executor.execute(executeRequestFor(block))
  if (verdict.verdict !== 'accept') {
    throw new CodedError('CHAIN_STORE_CORRUPT', `block ${at} does not execute: ${verdict.code}`)
  }
  const committed = await executor.commit(block.hash)
  assert(committed.height === at, 'a replayed block commits at its height')
}
