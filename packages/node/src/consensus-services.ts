/** Where the effects of consensus go: executor, stores, network, sync. */
import { encodeCertificateRecord } from '@cairn/consensus'
import type { PeerId } from '@cairn/ports'
import { ACCEPT, CodedError, ignore } from '@cairn/primitives'
import { makeBlock } from './block-maker.ts'
import type { Committer } from './committer.ts'
import type { ConsensusServices } from './consensus-runtime.ts'
import { reportFound } from './evidence-report.ts'
import { executeRequestFor } from './execute-request.ts'
import type { FinalityMeter } from './finality-meter.ts'
import { broadcast } from './gossip.ts'
import type { NodeDeps, NodeOptions } from './node-options.ts'
import { foreignSignature } from './own-key-watch.ts'
import type { RecoveredNode } from './recovered-node.ts'
import type { Repair } from './repair.ts'
import type { SyncDriver } from './sync-driver.ts'
import type { TransactionPool } from './transaction-pool.ts'

/** Codes of `adopt` that say that the chain has moved on. */
const OVERTAKEN: ReadonlySet<string> = new Set(['UNKNOWN_BUILD', 'UNKNOWN_PARENT', 'PENDING_FULL'])

export interface ConsensusServicesDeps {
  readonly node: NodeDeps
  readonly recovered: RecoveredNode
  readonly pool: TransactionPool
  readonly committer: Committer
  readonly repair: Repair
  readonly sync: SyncDriver
  readonly meter: FinalityMeter
  /** Of a validator of the current epoch. */
  readonly peerOf: (validator: number) => PeerId | undefined
  /** The set of transactions under way changed. */
  readonly onExecuted: () => void
}

export function createConsensusServices(options: NodeOptions, deps: ConsensusServicesDeps): ConsensusServices {
  const { pool, repair, recovered } = deps
  const { executor, network, log, wal, onFatal } = deps.node
  const { signer, consensus } = recovered
  return {
    buildBlock: async (effect) => {
      const { self, validators } = consensus
      if (signer === undefined || self === undefined) return undefined
      const feeRecipient = validators.validators[self]?.feeRecipient
      return feeRecipient && makeBlock(effect, { spec: options.chainSpec, signer, executor, pool, feeRecipient, log })
    },
    adopt: async (buildId, block) => {
      try {
        await executor.adopt(buildId, block.hash)
      } catch (error) {
        // Sync has committed past the parent meanwhile: the block is nobody's fault and of no use.
        if (error instanceof CodedError && OVERTAKEN.has(error.code)) return ignore(error.code)
        throw error
      }
      pool.onExecuted(block)
      deps.onExecuted()
      return ACCEPT
    },
    execute: async (block) => {
      const verdict = await executor.execute(executeRequestFor(block))
      if (verdict.verdict === 'accept') {
        pool.onExecuted(block)
        deps.onExecuted()
      } else {
        log.warn('block does not execute', { height: block.header.height, hash: block.hash, code: verdict.code })
      }
      return verdict
    },
    persistBlock: (block) => recovered.proposed.put(block),
    broadcast: (effect) => {
      if (effect.type === 'broadcast-evidence') {
        reportFound(effect.evidence, consensus.self, deps.node)
        recovered.keepEvidence().catch(onFatal)
      }
      broadcast(network, effect, deps.node, deps.peerOf)
    },
    logCertificate: ({ certificate }) => {
      const fault = foreignSignature(certificate, consensus, signer)
      if (fault !== undefined) return onFatal(fault)
      wal.append(encodeCertificateRecord(certificate)).catch(onFatal)
    },
    fetchBlock: (effect) => repair.fetchBlock(effect),
    fetchCertificates: (effect) => repair.fetchCertificates(effect),
    commit: ({ blocks, finalization }) => {
      deps.meter.onFinalized(finalization.hash)
      // A failure reaches the node through the committer's own onFatal.
      void deps.committer.commit(blocks, finalization)
    },
    onBehind: () => deps.sync.nudge(),
    reportPeer: ({ peer, code }) => network.penalize(peer, code),
  }
}
