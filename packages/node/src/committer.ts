/**
 * R7's writing side: finalized blocks into the chain store, then into the state, strictly in order.
 * A crash between the two leaves the state behind; `replayToHead` closes the gap at the next start.
 */
import type { Block, Certificate } from '@cairn/chain'
import type { CommittedExecution, Executor, Log } from '@cairn/ports'
import { CodedError, type Height, assert, height } from '@cairn/primitives'
import type { ChainStore, EpochStore } from '@cairn/storage'
import { executeRequestFor } from './execute-request.ts'

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

  const commitOne = async (block: Block, finalization: Certificate): Promise<void> => {
    if (block.header.height <= executor.head().height) return
    deps.assertBlock?.(block)
    const execution = await executor.outcome(block.hash)
    const own = finalization.hash === block.hash ? finalization : undefined
    await chainStore.appendFinalized(block, own, execution)
    // Before anything of a next epoch is stored: its certificates verify against this set only.
    await epochs.advance(block)
    await executor.commit(block.hash)
    deps.onCommitted({ block, execution, finalization })
  }

  const enqueue = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work)
    last.catch(deps.onFatal)
    return last
  }

  return {
    commit: (blocks, finalization) =>
      enqueue(async () => {
        for (const block of blocks) await commitOne(block, finalization)
      }),
    executeAndCommit: (blocks, finalization) =>
      enqueue(async () => {
        for (const block of blocks) {
          if (block.header.height <= executor.head().height) continue
          await executeFinalized(executor, block)
          await commitOne(block, finalization)
        }
      }),
    settled: () => last.catch(() => {}),
  }
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
