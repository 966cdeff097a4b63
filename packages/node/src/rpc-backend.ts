/** What JSON-RPC sees of a node. */
import type { ValidatorSet } from '@cairn/chain'
import type { Mempool } from '@cairn/mempool'
import type { Executor, RequestProtocol } from '@cairn/ports'
import type { Hash, Height } from '@cairn/primitives'
import type { RpcBackend, RpcBlock } from '@cairn/rpc'
import type { ChainStore, EpochStore } from '@cairn/storage'
import { listEvidence } from './committed-evidence.ts'
import type { CommittedBlock } from './committer.ts'
import type { Listeners } from './listeners.ts'
import type { NodeStatus } from './node-status.ts'
import type { RequestAnswer } from './request-routes.ts'
import type { TransactionPool } from './transaction-pool.ts'

export interface RpcBackendDeps {
  readonly chainId: number
  readonly clientVersion: string
  readonly executor: Executor
  readonly chain: ChainStore
  readonly epochs: Pick<EpochStore, 'validators'>
  readonly mempool: Mempool
  readonly pool: TransactionPool
  /** The current epoch's. */
  readonly validators: () => ValidatorSet
  readonly status: () => NodeStatus
  /** As peers are answered. */
  readonly answers: ReadonlyMap<RequestProtocol, RequestAnswer>
  readonly committed: Listeners<CommittedBlock>
  readonly admitted: Listeners<Hash>
  /** A transaction was accepted from RPC: its time to finality counts from now. */
  readonly onAccepted: (hash: Hash) => void
}

export function createRpcBackend(deps: RpcBackendDeps): RpcBackend {
  const { chain, executor, mempool } = deps
  return {
    chainId: deps.chainId,
    clientVersion: deps.clientVersion,
    state: executor,
    chain: {
      // The state may lag the chain store by the block being committed: what is not executed is not shown.
      headHeight: () => executor.head().height,
      blockByHeight: (height) => readBlock(chain, height),
      heightByExecutionHash: (hash) => chain.heightByExecutionHash(hash),
      transactionLocation: (hash) => chain.transactionLocation(hash),
      logHeights: (query) => chain.logHeights(query),
      evidence: (from, countMax) => listEvidence(chain, deps.epochs, from, countMax),
      certificateByHeight: async (height) => (await chain.certificateAtOrAbove(height))?.certificate,
    },
    mempool: {
      submit: async (raw) => {
        const outcome = await deps.pool.submit(raw)
        if (outcome.accepted) deps.onAccepted(outcome.hash)
        return outcome
      },
      nextNonce: async (sender) => mempool.nextNonce(sender) ?? (await executor.account(sender)).nonce,
      transaction: (hash) => mempool.transaction(hash),
      counts: () => mempool.counts(),
    },
    events: {
      onBlock: (listener) =>
        deps.committed.add(({ block, execution }) =>
          listener({ ...block, receipts: execution.receipts, transactions: execution.transactions }),
        ),
      onPendingTransaction: (listener) => deps.admitted.add(listener),
    },
    answer: async (protocol, request) => deps.answers.get(protocol)?.(request) ?? { refused: 'NOT_SERVED' },
    status: deps.status,
    validators: () =>
      deps.validators().validators.map(({ publicKey, weight, feeRecipient, peerId }, index) => ({
        index,
        publicKey,
        weight,
        feeRecipient,
        peerId,
      })),
  }
}

async function readBlock(chain: ChainStore, height: Height): Promise<RpcBlock | undefined> {
  const block = await chain.blockByHeight(height)
  if (block === undefined) return undefined
  const execution = await chain.executionByHeight(height)
  // A block from a snapshot was not executed here: as good as pruned.
  if (execution === undefined) return undefined
  return { ...block, receipts: execution.receipts, transactions: execution.transactions }
}
