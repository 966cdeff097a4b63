/**
 * One node: stores, consensus, pool, gossip, requests and sync wired together. What it owns is order: recovery
 * before messages, durable before sent, chain store before state, and a stop that leaves nothing half done.
 */
import {
  type Block,
  type Certificate,
  type ChainSpec,
  checkBlock,
  checkBlockData,
  genesisSeed,
  genesisValidatorSet,
  verifyCertificate,
} from '@cairn/chain'
import { createConsensus, createSigner, encodeCertificateRecord, recoverFromWal } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import { createMempool } from '@cairn/mempool'
import type { AppendLog, Clock, Executor, KeyValueStore, Log, Metrics, Network, Random, Timers } from '@cairn/ports'
import { CodedError, type Hash, type Verdict, hexFromBytes } from '@cairn/primitives'
import type { RpcBackend } from '@cairn/rpc'
import { createProposedBlocks, openChainStore } from '@cairn/storage'
import { makeBlock } from './block-maker.ts'
import { type CommittedBlock, createCommitter, replayToHead } from './committer.ts'
import { type ConsensusRuntime, createConsensusRuntime } from './consensus-runtime.ts'
import { executeRequestFor } from './execute-request.ts'
import { type FinalizedBlockMeasure, createFinalityMeter } from './finality-meter.ts'
import { broadcast, routeGossip } from './gossip.ts'
import { WAL_COMPACT_INTERVAL_BLOCKS } from './limits.ts'
import { createListeners } from './listeners.ts'
import type { NodeStatus } from './node-status.ts'
import { createRepair } from './repair.ts'
import { routeRequests } from './request-routes.ts'
import { createRpcBackend } from './rpc-backend.ts'
import { startHead } from './start-head.ts'
import { createSyncDriver } from './sync-driver.ts'
import { createTransactionPool, headBaseFee } from './transaction-pool.ts'

export interface NodeOptions {
  readonly chainSpec: ChainSpec
  /** Of the spec, computed by the executor. */
  readonly genesis: Block
  /** BLS secret key, 32 bytes; absent: the node follows and serves, and never votes. */
  readonly validatorKey?: Uint8Array
  readonly clientVersion: string
}

export interface NodeDeps {
  /** Started; stopped by its owner, after the node. */
  readonly executor: Executor
  /** Chain store and proposed blocks; closed by its owner. */
  readonly chainDatabase: KeyValueStore
  /** Write-ahead log; closed by its owner. */
  readonly wal: AppendLog
  /** Not started: the node starts and stops it. */
  readonly network: Network
  readonly bls: Bls
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** The node cannot go on safely; the owner stops the process. */
  readonly onFatal: (error: unknown) => void
}

export interface CairnNode {
  readonly rpcBackend: RpcBackend
  start(): Promise<void>
  stop(): Promise<void>
  status(): NodeStatus
  /** Each finalized block, after its commit. Returns the unsubscribe function. */
  onFinalized(listener: (block: FinalizedBlockMeasure) => void): () => void
}

/**
 * Opens the stores, replays what the state lacks, and recovers what this key has signed.
 * @throws CodedError `GENESIS_MISMATCH`, `CHAIN_STORE_CORRUPT`, `STATE_AHEAD_OF_CHAIN`, `WAL_CORRUPT`, `VALIDATOR_KEY_UNKNOWN`
 */
export async function createNode(options: NodeOptions, deps: NodeDeps): Promise<CairnNode> {
  const { chainSpec, genesis } = options
  const { executor, network, bls, clock, timers, log, metrics } = deps
  const validators = genesisValidatorSet(chainSpec)
  const verification = {
    bls,
    keys: bls.keySet(validators.validators.map(({ publicKey }) => publicKey)),
    validators,
    genesisHash: genesis.hash,
  }
  const verifyFinalization = (certificate: Certificate): Verdict =>
    verifyCertificate(certificate, validators, verification.keys, genesis.hash)
  const chain = await openChainStore(deps.chainDatabase, { genesis, verifyFinalization })
  await replayToHead(executor, chain, log.child('replay'))
  const proposed = createProposedBlocks(deps.chainDatabase)
  const recovered = recoverFromWal(await deps.wal.read())
  const self = ownIndex(options, deps, validators.validators)
  const signer =
    options.validatorKey === undefined
      ? undefined
      : createSigner({ secretKey: options.validatorKey, genesisHash: genesis.hash, recovered }, { bls, log: deps.wal })
  const consensus = createConsensus({
    spec: chainSpec,
    validators,
    leaderSeed: genesisSeed(genesis.hash, validators.epoch),
    self,
    jitterSeed: new DataView(deps.random.bytes(4).buffer).getUint32(0),
    blockChecks: { checkBlockData, checkBlock },
  })

  const committed = createListeners<CommittedBlock>()
  const measured = createListeners<FinalizedBlockMeasure>()
  const admitted = createListeners<Hash>()
  const meter = createFinalityMeter(clock, metrics)
  const mempool = createMempool({ blockGasMax: chainSpec.gasLimit, baseFee: headBaseFee(executor) })
  let pendingTold = false
  const tellPending = (): void => {
    const pending = pool.hasPending()
    if (pending === pendingTold) return
    pendingTold = pending
    runtime.input({ type: 'transactions-pending', pending })
  }
  const pool = createTransactionPool({
    mempool,
    executor,
    network,
    timers,
    onChanged: tellPending,
    onAdmitted: (hash) => admitted.notify(hash),
  })
  const compactWal = (): void => {
    const view = consensus.finalizedView
    signer?.compact({ epoch: validators.epoch, view }, consensus.certificatesFrom(view)).catch(deps.onFatal)
  }
  const committer = createCommitter({
    executor,
    chainStore: chain,
    onCommitted: (block) => {
      sync.onHead({ height: block.block.header.height, hash: block.block.hash })
      committed.notify(block)
      measured.notify(meter.onCommitted(block))
      pool.onCommitted(block.block, block.execution).catch(deps.onFatal)
      proposed.prune(block.block.header.height).catch(deps.onFatal)
      if (block.block.header.height % WAL_COMPACT_INTERVAL_BLOCKS === 0) compactWal()
    },
    onFatal: deps.onFatal,
  })
  const repair = createRepair(network, proposed)
  const sync = createSyncDriver(
    { genesisHash: genesis.hash, head: chain.head() },
    {
      network,
      clock,
      timers,
      log: log.child('sync'),
      verifyFinalization,
      apply: async (blocks, finalization) => {
        await committer.executeAndCommit(blocks, finalization)
        const last = blocks.at(-1)
        if (last !== undefined) runtime.input({ type: 'synced', head: { ...last, finalization } })
      },
      onFatal: deps.onFatal,
    },
  )
  const runtime: ConsensusRuntime = createConsensusRuntime({
    consensus,
    signer,
    verification,
    clock,
    timers,
    log: log.child('consensus'),
    onFatal: deps.onFatal,
    services: {
      buildBlock: async (effect) => {
        if (signer === undefined || self === undefined) return undefined
        const feeRecipient = validators.validators[self]?.feeRecipient
        return feeRecipient && makeBlock(effect, { spec: chainSpec, signer, executor, pool, feeRecipient })
      },
      adopt: async (buildId, block) => {
        await executor.adopt(buildId, block.hash)
        pool.onExecuted(block)
        tellPending()
      },
      execute: async (block) => {
        const verdict = await executor.execute(executeRequestFor(block))
        if (verdict.verdict === 'accept') {
          pool.onExecuted(block)
          tellPending()
        } else {
          log.warn('block does not execute', { height: block.header.height, hash: block.hash, code: verdict.code })
        }
        return verdict
      },
      persistBlock: (block) => proposed.put(block),
      broadcast: (effect) => broadcast(network, effect, log),
      logCertificate: ({ certificate }) => {
        deps.wal.append(encodeCertificateRecord(certificate)).catch(deps.onFatal)
      },
      fetchBlock: (effect) => repair.fetchBlock(effect),
      fetchCertificates: (effect) => repair.fetchCertificates(effect),
      commit: ({ blocks, finalization }) => {
        meter.onFinalized(finalization.hash)
        void committer.commit(blocks, finalization)
      },
      onBehind: () => sync.nudge(),
      reportPeer: ({ peer, code }) => network.penalize(peer, code),
    },
  })
  routeGossip(network, consensus, runtime)
  routeRequests({ network, chain, executor, consensus })

  const status = (): NodeStatus => {
    const head = executor.head()
    return {
      chainId: chainSpec.chainId,
      genesisHash: genesis.hash,
      peerId: network.peerId,
      validatorIndex: self,
      epoch: validators.epoch,
      view: consensus.view,
      height: head.height,
      blockHash: head.blockHash,
      stateRoot: head.stateRoot,
      finalityMs: meter.blocks(),
      transactionFinalityMs: meter.transactions(),
      transactionCount: meter.transactionCount(),
      mempool: mempool.counts(),
      peers: network.peers(),
      syncing: sync.progress().isSyncing,
      ...(sync.progress().isSyncing ? { syncTargetHeight: sync.progress().claimedHeight } : {}),
    }
  }
  const known = new Set<string>()
  const greetNewPeers = (): void => {
    const connected = network.peers().filter((peer) => peer.gossiping)
    const fresh = connected.filter(({ peerId }) => !known.has(peerId))
    known.clear()
    for (const { peerId } of connected) known.add(peerId)
    for (const { peerId } of fresh) runtime.input({ type: 'peer-connected', peer: peerId })
  }
  let forgetPeers: (() => void) | undefined

  return {
    rpcBackend: createRpcBackend({
      chainId: chainSpec.chainId,
      clientVersion: options.clientVersion,
      executor,
      chain,
      mempool,
      pool,
      validators,
      status,
      committed,
      admitted,
      onAccepted: (hash) => meter.onAccepted(hash),
    }),
    start: async () => {
      const start = await startHead(chain)
      runtime.input({
        type: 'start',
        head: start,
        ownVotes: recovered.ownVotes,
        floor: recovered.floor,
        certificates: recovered.certificates,
        blocks: (await proposed.all()).filter((block) => block.header.height > start.header.height),
      })
      forgetPeers = network.onPeersChanged(greetNewPeers)
      await network.start()
      sync.start()
      log.info('node started', { height: start.header.height, validator: self, peerId: network.peerId })
    },
    stop: async () => {
      forgetPeers?.()
      pool.stop()
      await sync.stop()
      await runtime.stop()
      await network.stop()
      await committer.settled()
    },
    status,
    onFinalized: (listener) => measured.add(listener),
  }
}

/** @throws CodedError `VALIDATOR_KEY_UNKNOWN` when the key is no validator's */
function ownIndex(
  options: NodeOptions,
  { bls }: Pick<NodeDeps, 'bls'>,
  validators: readonly { readonly publicKey: Uint8Array }[],
): number | undefined {
  if (options.validatorKey === undefined) return undefined
  const own = hexFromBytes(bls.publicKey(options.validatorKey))
  const index = validators.findIndex(({ publicKey }) => hexFromBytes(publicKey) === own)
  if (index < 0) throw new CodedError('VALIDATOR_KEY_UNKNOWN', `the key ${own} is no validator’s of this chain`)
  return index
}
