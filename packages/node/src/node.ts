/**
 * One node: stores, consensus, pool, gossip, requests and sync wired together. What it owns is order: recovery
 * before messages, durable before sent, chain store before state, and a stop that leaves nothing half done.
 */
import { isBoundaryHeight } from '@cairn/chain'
import type { WalFloor } from '@cairn/consensus'
import { createMempool } from '@cairn/mempool'
import type { Network } from '@cairn/ports'
import { view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { RpcBackend } from '@cairn/rpc'
import { routeAttackReports } from './attack-reports.ts'
import { createCheckpointGuard } from './checkpoint.ts'
import { type CommittedBlock, createCommitter } from './committer.ts'
import { type ConsensusRuntime, createConsensusRuntime } from './consensus-runtime.ts'
import { createConsensusServices } from './consensus-services.ts'
import { countIncluded } from './evidence-report.ts'
import { type FinalityMeter, type FinalizedBlockMeasure, createFinalityMeter } from './finality-meter.ts'
import { routeGossip } from './gossip.ts'
import { FAREWELL_MS, WAL_COMPACT_INTERVAL_BLOCKS } from './limits.ts'
import { createListeners } from './listeners.ts'
import type { NodeDeps, NodeOptions } from './node-options.ts'
import type { NodeStatus } from './node-status.ts'
import { type RecoveredNode, recoverNode } from './recovered-node.ts'
import { createRepair } from './repair.ts'
import { routeRequests } from './request-routes.ts'
import { createRpcBackend } from './rpc-backend.ts'
import { type SyncDriver, createSyncDriver } from './sync-driver.ts'
import { type TransactionPool, createTransactionPool, headBaseFee } from './transaction-pool.ts'
import { createValidatorPeers } from './validator-peers.ts'
import { keepValidatorSlots } from './validator-slots.ts'

export interface CairnNode {
  readonly rpcBackend: RpcBackend
  start(): Promise<void>
  /** A validator says before that it leaves, so that nobody waits for it. */
  stop(): Promise<void>
  /**
   * For a host that may be frozen or killed in the next moment: a validator says that it leaves, at once, and falls silent;
   * if it still runs after a while, it goes on.
   */
  announceLeaving(): void
  status(): NodeStatus
  /** Each finalized block, after its commit. Returns the unsubscribe function. */
  onFinalized(listener: (block: FinalizedBlockMeasure) => void): () => void
  /** The same with the block itself and what finalized it. */
  onCommitted(listener: (block: CommittedBlock) => void): () => void
}

/**
 * Opens the stores, replays what the state lacks, and recovers what this key has signed.
 * @throws CodedError what `recoverNode` throws, `CHECKPOINT_MISMATCH`
 */
export async function createNode(options: NodeOptions, deps: NodeDeps): Promise<CairnNode> {
  const recovered = await recoverNode(options, deps)
  const { executor, network, log } = deps
  const { chain, consensus, epochs, proposed, signer } = recovered
  const committed = createListeners<CommittedBlock>()
  const measured = createListeners<FinalizedBlockMeasure>()
  const admitted = createListeners<Hash>()
  const meter = createFinalityMeter(deps.clock, deps.metrics)
  const mempool = createMempool({ blockGasMax: options.chainSpec.gasLimit, baseFee: headBaseFee(executor) })
  const onPoolChanged = tellPendingTo(
    () => pool.hasPending(),
    (pending) => runtime.input({ type: 'transactions-pending', pending }),
  )
  const pool: TransactionPool = createTransactionPool({
    mempool,
    executor,
    network,
    timers: deps.timers,
    onChanged: onPoolChanged,
    onAdmitted: (hash) => admitted.notify(hash),
  })
  const guard = createCheckpointGuard(options.checkpoint, options.chainSpec, network)
  await guard.assertChain(chain)
  const committer = createCommitter({
    executor,
    chainStore: chain,
    epochs,
    assertBlock: guard.assertBlock,
    onCommitted: (block) => {
      const { height, epoch } = block.block.header
      sync.onHead({ height, hash: block.block.hash })
      committed.notify(block)
      countIncluded(block.block, deps)
      measured.notify(meter.onCommitted(block))
      pool.onCommitted(block.block, block.execution).catch(deps.onFatal)
      proposed.prune(height).catch(deps.onFatal)
      // What peers found is in there, too, and what the block includes is not.
      recovered.keepEvidence().catch(deps.onFatal)
      const isEpochEnd = isBoundaryHeight(height, options.chainSpec.epochLengthBlocks)
      if (isEpochEnd) validatorPeers.onEpoch()
      if (isEpochEnd || height % WAL_COMPACT_INTERVAL_BLOCKS === 0)
        compactWal(recovered, { epoch, view: block.finalization.view }).catch(deps.onFatal)
    },
    onFatal: deps.onFatal,
  })
  const sync = createSyncDriver(
    {
      genesisHash: options.genesis.hash,
      head: chain.head(),
      epochLengthBlocks: options.chainSpec.epochLengthBlocks,
    },
    {
      ...deps,
      log: log.child('sync'),
      verifyFinalization: recovered.verifyFinalization,
      admits: (peer, status) => guard.admits(peer, status, chain.head().height),
      apply: async (blocks, finalization) => {
        await committer.executeAndCommit(blocks, finalization)
        const last = blocks.at(-1)
        if (last === undefined) return
        const epochState = await epochs.stateAt(last.header.height, chain)
        const head = { header: last.header, hash: last.hash, finalization, epochState }
        runtime.input({ type: 'synced', head, blocks })
      },
    },
  )
  const repair = createRepair(network, proposed)
  const validatorPeers = createValidatorPeers({ ...deps, consensus, signer, keys: recovered.keys })
  const runtime: ConsensusRuntime = createConsensusRuntime({
    ...deps,
    consensus,
    signer,
    keys: recovered.keys,
    log: log.child('consensus'),
    services: createConsensusServices(options, {
      node: deps,
      recovered,
      pool,
      committer,
      repair,
      sync,
      meter,
      peerOf: validatorPeers.peerOf,
      onExecuted: onPoolChanged,
    }),
  })
  routeGossip(network, consensus, runtime, recovered)
  const answers = routeRequests({ network, chain, epochs, spec: options.chainSpec, executor, consensus })
  const onReport = routeAttackReports({
    ...deps,
    spec: options.chainSpec,
    genesisHash: options.genesis.hash,
    chain,
    epochs,
    log: log.child('attacks'),
    onEvidence: (evidence, from) => runtime.input({ type: 'evidence', evidence, from }),
  })
  const greeting = greetNewPeers(network, runtime)
  const farewell = async (): Promise<void> => {
    if (consensus.self === undefined || network.peers().length === 0) return
    runtime.input({ type: 'leave' })
    // Transports drop what is not sent when they close, and gossip acknowledges nothing.
    await new Promise<void>((resolve) => deps.timers.after(FAREWELL_MS, resolve))
  }
  const status = (): NodeStatus => ({ ...statusOf(options, deps, recovered, meter, sync), mempool: mempool.counts() })

  return {
    rpcBackend: createRpcBackend({
      chainId: options.chainSpec.chainId,
      clientVersion: options.clientVersion,
      executor,
      chain,
      epochs,
      mempool,
      pool,
      validators: () => consensus.validators,
      status,
      answers: new Map([...answers, ['attack-report', onReport]]),
      committed,
      admitted,
      onAccepted: (hash) => meter.onAccepted(hash),
    }),
    start: async () => {
      const start = await recovered.startInput()
      runtime.input(start)
      keepValidatorSlots(network, validatorPeers)
      greeting.start()
      await network.start()
      sync.start()
      validatorPeers.start()
      log.info('node started', { height: start.head.header.height, validator: consensus.self, peerId: network.peerId })
    },
    announceLeaving: () => runtime.input({ type: 'leave' }),
    stop: async () => {
      greeting.stop()
      validatorPeers.stop()
      pool.stop()
      await sync.stop()
      await farewell()
      await runtime.stop()
      await network.stop()
      await committer.settled()
    },
    status,
    onFinalized: (listener) => measured.add(listener),
    onCommitted: (listener) => committed.add(listener),
  }
}

/** Tells only changes. */
function tellPendingTo(hasPending: () => boolean, tell: (pending: boolean) => void): () => void {
  let told = false
  return () => {
    const pending = hasPending()
    if (pending === told) return
    told = pending
    tell(pending)
  }
}

/**
 * Votes of final views can never be asked for again: their records go, a floor stays. It is where the stores are, not where
 * the rules are: those may be an epoch further, and a validator abstains below its floor.
 */
async function compactWal({ signer, consensus }: RecoveredNode, committed: WalFloor): Promise<void> {
  // A floor in the log says that it is whole from there on: only the end of the amnesia may write it.
  if (consensus.isAmnesiac) return
  const { epoch } = consensus.validators
  const own = consensus.certificatesFrom(committed.epoch, committed.view)
  const next = epoch === committed.epoch ? [] : consensus.certificatesFrom(epoch, view(0))
  await signer?.compact(committed, [...own, ...next])
}

/** A peer gets a Status once gossip with it flows, and again after each reconnection. */
function greetNewPeers(network: Network, runtime: ConsensusRuntime): { start(): void; stop(): void } {
  let greeted: ReadonlySet<string> = new Set()
  let forget: (() => void) | undefined
  const onPeersChanged = (): void => {
    const before = greeted
    greeted = new Set(network.peers().flatMap(({ gossiping, peerId }) => (gossiping ? [peerId] : [])))
    for (const peer of greeted) if (!before.has(peer)) runtime.input({ type: 'peer-connected', peer })
  }
  return {
    start: () => {
      forget = network.onPeersChanged(onPeersChanged)
      // Where the network runs already: those that are there.
      onPeersChanged()
    },
    stop: () => forget?.(),
  }
}

function statusOf(
  { chainSpec, genesis }: NodeOptions,
  { executor, network }: NodeDeps,
  { consensus }: RecoveredNode,
  meter: FinalityMeter,
  sync: SyncDriver,
): Omit<NodeStatus, 'mempool'> {
  const head = executor.head()
  const { isSyncing, claimedHeight } = sync.progress()
  return {
    chainId: chainSpec.chainId,
    genesisHash: genesis.hash,
    peerId: network.peerId,
    validatorIndex: consensus.self,
    isAmnesiac: consensus.isAmnesiac,
    isSilent: consensus.isSilent,
    timedOut: consensus.timedOut,
    epoch: consensus.validators.epoch,
    view: consensus.view,
    height: head.height,
    blockHash: head.blockHash,
    stateRoot: head.stateRoot,
    finalityMs: meter.blocks(),
    transactionFinalityMs: meter.transactions(),
    transactionCount: meter.transactionCount(),
    peers: network.peers(),
    syncing: isSyncing,
    ...(isSyncing ? { syncTargetHeight: claimedHeight } : {}),
  }
}
