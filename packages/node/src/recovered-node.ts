/**
 * What a node stands on before it speaks: opened and checked stores, the state brought up to the chain, and what this
 * key has signed before. Nothing here sends anything.
 */
import { type Certificate, type ChainSpec, type ValidatorSet, checkBlock, checkBlockData } from '@cairn/chain'
import {
  type Consensus,
  type EvidenceBookOptions,
  type EvidenceVerifier,
  type Input,
  type Signer,
  createConsensus,
  createEvidenceBook,
  createSigner,
} from '@cairn/consensus'
import { CodedError, type Verdict, hexFromBytes } from '@cairn/primitives'
import {
  type ChainStore,
  type EpochStore,
  type ProposedBlocks,
  createPendingEvidence,
  createProposedBlocks,
  openChainStore,
  openEpochStore,
} from '@cairn/storage'
import { committedEvidence, restoreEvidence } from './committed-evidence.ts'
import { replayToHead } from './committer.ts'
import {
  type EpochKeys,
  createEpochKeys,
  createFinalizationVerifier,
  createNodeEvidenceVerifier,
} from './epoch-keys.ts'
import type { NodeDeps, NodeOptions } from './node-options.ts'
import { markUsed, recoverVotes } from './recovered-votes.ts'
import { startHead } from './start-head.ts'

/** Of a node without a key. */
const NO_VOTES = { ownVotes: [], floor: undefined, certificates: [] }

export interface RecoveredNode {
  readonly epochs: EpochStore
  readonly keys: EpochKeys
  readonly verifyEvidence: EvidenceVerifier
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  readonly chain: ChainStore
  readonly proposed: ProposedBlocks
  readonly signer: Signer | undefined
  readonly consensus: Consensus
  /** What waits for a block now is there after a restart; durable once resolved. */
  keepEvidence(): Promise<void>
  /** The first input of consensus, read from the stores. */
  startInput(): Promise<Extract<Input, { type: 'start' }>>
}

/** @throws CodedError `GENESIS_MISMATCH`, `CHAIN_STORE_CORRUPT`, `STATE_AHEAD_OF_CHAIN`, `VALIDATOR_KEY_UNKNOWN` */
export async function recoverNode(options: NodeOptions, deps: NodeDeps): Promise<RecoveredNode> {
  const { chainSpec, genesis, validatorKey, dissemination } = options
  const { bls } = deps
  const epochs = await openEpochStore(deps.chainDatabase, chainSpec)
  const verifyEvidence = createNodeEvidenceVerifier(epochs, genesis.hash, bls)
  const keys = createEpochKeys(genesis.hash, bls, verifyEvidence)
  const verifyFinalization = createFinalizationVerifier(epochs, keys)
  const chain = await openChainStore(deps.chainDatabase, { genesis, verifyFinalization })
  await epochs.follow(chain)
  await replayToHead(deps.executor, chain, deps.log.child('replay'))
  const proposed = createProposedBlocks(deps.chainDatabase)
  const pendingEvidence = createPendingEvidence(deps.chainDatabase)
  const publicKey = validatorKey && bls.publicKey(validatorKey)
  const head = await startHead(chain, epochs)
  const committed = await committedEvidence(chain, head.header, chainSpec)
  const base = await firstKnown(chain)
  const evidence = createEvidenceBook({ unbondingEpochs: chainSpec.unbondingEpochs, committed, ...base })
  const { epoch } = head.epochState.validators
  restoreEvidence(await pendingEvidence.all(), epoch, { book: evidence, verify: verifyEvidence })
  if (publicKey !== undefined) assertKnown(publicKey, chainSpec, epochs.current().validators)
  const votes = validatorKey && (await recoverVotes(deps.wal, deps.voteMarker, deps.log))
  const signer =
    validatorKey &&
    createSigner(
      {
        secretKey: validatorKey,
        genesisHash: genesis.hash,
        recovered: votes ?? NO_VOTES,
        ...(head.finalization === undefined ? {} : { finalized: head.finalization }),
      },
      { bls, log: deps.wal },
    )
  if (votes !== undefined && signer !== undefined) await markUsed(votes, signer, deps.voteMarker)
  return {
    epochs,
    keys,
    verifyEvidence,
    verifyFinalization,
    chain,
    proposed,
    signer,
    consensus: createConsensus({
      spec: chainSpec,
      publicKey,
      jitterSeed: new DataView(deps.random.bytes(4).buffer).getUint32(0),
      blockChecks: { checkBlockData, checkBlock },
      evidence,
      ...(dissemination === undefined ? {} : { dissemination }),
    }),
    keepEvidence: () => pendingEvidence.keep(evidence.pending()),
    startInput: async () => {
      const blocks = (await proposed.all()).filter((block) => block.header.height > head.header.height)
      return { type: 'start', head, blocks, ...(votes ?? NO_VOTES) }
    },
  }
}

/** The block that the own chain begins at; of one that was shortened only, more is known than it says. */
async function firstKnown(chain: ChainStore): Promise<Pick<EvidenceBookOptions, 'base'>> {
  const { baseHeight } = chain.head()
  const header = baseHeight === 0 ? undefined : await chain.headerByHeight(baseHeight)
  return header === undefined ? {} : { base: header }
}

/**
 * A key that joins later is welcome: until then it only follows.
 * @throws CodedError `VALIDATOR_KEY_UNKNOWN` when the key is in no set, now or scheduled
 */
function assertKnown(publicKey: Uint8Array, spec: ChainSpec, current: ValidatorSet): void {
  const own = hexFromBytes(publicKey)
  const scheduled = (spec.validatorChanges ?? []).flatMap(({ validators }) => validators)
  const known = [...spec.validators, ...scheduled, ...current.validators]
  if (known.some((validator) => hexFromBytes(validator.publicKey) === own)) return
  throw new CodedError('VALIDATOR_KEY_UNKNOWN', `the key ${own} is no validator’s of this chain`)
}
