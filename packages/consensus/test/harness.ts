/**
 * One consensus instance on a table: the test plays peers, signer, executor and verifier. A signature is 96 bytes
 * that name its signer; one that starts with 0xbad0 is invalid.
 */
import {
  EMPTY_LIST_HASH,
  bitmapFromIndices,
  blockFromParts,
  createValidatorSet,
  decodeEvidenceList,
  encodeEvidenceList,
  isBoundaryHeight,
} from '@cairn/chain'
import type {
  Block,
  Certificate,
  ChainSpec,
  ConsensusHeader,
  EpochState,
  Evidence,
  Proposal,
  Vote,
  VoteKind,
  VoteSubject,
} from '@cairn/chain'
import { ACCEPT, ZERO_ADDRESS, ZERO_HASH, epoch, height, reject, view } from '@cairn/primitives'
import type { Epoch, Hash, Verdict } from '@cairn/primitives'
import { createConsensus } from '../src/consensus.ts'
import type { Consensus } from '../src/consensus.ts'
import type { ConsensusOptions } from '../src/consensus-options.ts'
import type { Effect } from '../src/effect.ts'
import type { FinalizedHead, Input } from '../src/input.ts'
import { SLEEP_GAP_MS } from '../src/limits.ts'
import type { VerificationRequest, VerificationResult } from '../src/verification.ts'

const START_MS = 1_000_000
const GENESIS_TIME_MS = 1_700_000_000_000

export interface HarnessOptions {
  readonly nodes?: number
  readonly weights?: readonly bigint[]
  readonly self?: number | undefined
  readonly consensus?: Partial<ConsensusOptions>
  readonly spec?: Partial<ChainSpec>
  /** Effects of these types are not answered; the test does it. */
  readonly manual?: readonly Effect['type'][]
  readonly isBusy?: boolean
  readonly start?: Partial<Extract<Input, { type: 'start' }>>
}

export interface Harness {
  readonly consensus: Consensus
  readonly genesis: FinalizedHead
  /** Every effect since the last `take`, answered ones too. */
  take(): readonly Effect[]
  /** Steps and answers until nothing is left to answer. */
  feed(...inputs: readonly Input[]): void
  /** Moves the clock, then the timer; in several steps where one would look like a sleep. */
  wait(delayMs: number): void
  /** Moves the clock in one step, then the timer. */
  sleep(gapMs: number): void
  readonly nowMs: number
  /** Verdict of `execute` for a hash; accepted by default. */
  readonly verdicts: Map<Hash, Verdict>
  block(
    at: number,
    parent: { readonly hash: Hash; readonly header: ConsensusHeader },
    change?: Partial<ConsensusHeader>,
    evidence?: readonly Evidence[],
  ): Block
  proposal(block: Block, parts?: Partial<Proposal>): Proposal
  vote(kind: VoteKind, at: number, hash: Hash, validator: number, signature?: Uint8Array): Vote
  certificate(kind: VoteKind, at: number, hash: Hash, signers?: readonly number[]): Certificate
  /** What the instance asked to sign. */
  signed(): readonly VoteSubject[]
  /** A view that `self` does not lead, from `from` on. */
  followedView(from?: number): number
}

export function createHarness(options: HarnessOptions = {}): Harness {
  const weights = options.weights ?? Array.from({ length: options.nodes ?? 4 }, () => 1n)
  const validators = createValidatorSet(
    epoch(0),
    weights.map((weight, index) => ({
      publicKey: new Uint8Array(48).fill(index + 1),
      weight,
      feeRecipient: ZERO_ADDRESS,
      peerId: '',
    })),
    ZERO_HASH,
  )
  const spec: ChainSpec = {
    name: 'test',
    chainId: 7,
    genesisTimeMs: GENESIS_TIME_MS,
    epochLengthBlocks: 1_000,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: 1_000 },
    gasLimit: 1n,
    baseFeePerGas: 1n,
    blockSizeMaxBytes: 1_000,
    coreWasmSha256: ZERO_HASH,
    depositContractAddress: ZERO_ADDRESS,
    validators: [],
    alloc: [],
    ...options.spec,
  }
  const self = 'self' in options ? options.self : 0
  const consensus = createConsensus({
    spec,
    publicKey: self === undefined ? undefined : validators.validators[self]?.publicKey,
    jitterSeed: 1,
    blockChecks: {
      checkBlockData: () => ACCEPT,
      checkBlock: ({ header }) => (header.height === 666 ? reject('X') : ACCEPT),
    },
    ...options.consensus,
  })
  const epochState: EpochState = { validators, previous: undefined, randaoMix: ZERO_HASH, offenders: [] }
  const genesisBlock = blockFromParts(headerOf({}), new Uint8Array(), new Uint8Array())
  const genesis: FinalizedHead = {
    header: genesisBlock.header,
    hash: genesisBlock.hash,
    finalization: undefined,
    epochState,
  }
  const verdicts = new Map<Hash, Verdict>()
  let nowMs = START_MS
  const taken: Effect[] = []
  const signedSubjects: VoteSubject[] = []

  const feed = (...inputs: readonly Input[]): void => {
    const queue = [...inputs]
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      for (const effect of consensus.step(input, { monotonicMs: nowMs, wallMs: GENESIS_TIME_MS + nowMs - START_MS })) {
        taken.push(effect)
        if (effect.type === 'sign') signedSubjects.push(effect.subject)
        const answer = options.manual?.includes(effect.type) === true ? undefined : answerOf(effect)
        if (answer !== undefined) queue.push(answer)
      }
    }
  }

  const answerOf = (effect: Effect): Input | undefined => {
    if (effect.type === 'verify') return { type: 'verified', id: effect.id, result: verify(effect.request) }
    if (effect.type === 'execute') {
      return { type: 'executed', hash: effect.block.hash, verdict: verdicts.get(effect.block.hash) ?? ACCEPT }
    }
    if (effect.type === 'adopt') return { type: 'executed', hash: effect.block.hash, verdict: ACCEPT }
    if (effect.type === 'sign') {
      const { kind, epoch: of, view: at, hash } = effect.subject
      return { type: 'signed', vote: { ...vote(kind, at, hash, effect.validator), epoch: of } }
    }
    if (effect.type !== 'build') return undefined
    return {
      type: 'built',
      view: effect.view,
      parentHash: effect.parentHash,
      timeMs: effect.timeMs,
      buildId: 1,
      payload: Uint8Array.of(effect.view),
      accessList: new Uint8Array(),
      executionBlockHash: ZERO_HASH,
      stateRoot: ZERO_HASH,
      accessListHash: ZERO_HASH,
      randaoReveal: new Uint8Array(96),
    }
  }

  /** Of the instance's current epoch, like everything a test makes. */
  const epochNow = (): Epoch => consensus.validators.epoch

  const vote = (kind: VoteKind, at: number, hash: Hash, validator: number, signature?: Uint8Array): Vote => ({
    kind,
    epoch: epochNow(),
    view: view(at),
    hash: kind === 'nullify' ? ZERO_HASH : hash,
    validator,
    signature: signature ?? new Uint8Array(96).fill(validator + 1),
  })

  const certificate = (
    kind: VoteKind,
    at: number,
    hash: Hash,
    signers = consensus.validators.validators.map((_, index) => index),
  ): Certificate => ({
    kind,
    epoch: epochNow(),
    view: view(at),
    hash: kind === 'nullify' ? ZERO_HASH : hash,
    signers: bitmapFromIndices(signers, consensus.validators.validators.length),
    signature: new Uint8Array(96).fill(0xce),
  })

  const verify = (request: VerificationRequest): VerificationResult => {
    switch (request.kind) {
      case 'vote':
        return { kind: 'vote', isValid: isGood(request.vote.signature) }
      case 'certificate':
        return { kind: 'certificate', isValid: isGood(request.certificate.signature) }
      case 'proposal': {
        const isVoteValid = isGood(request.proposal.vote.signature)
        const isRandaoValid = isGood(request.proposal.block.header.randaoReveal)
        return { kind: 'proposal', isVoteValid, isRandaoValid, evidence: judge(request.proposal.block) }
      }
      case 'evidence':
        return { kind: 'evidence', verdict: judgeItem(request.evidence) }
      case 'leaving':
        return { kind: 'leaving', isValid: isGood(request.leaving.signature) }
      default: {
        const invalid = request.votes.filter((each) => !isGood(each.signature)).map((each) => each.validator)
        const [first] = request.votes
        if (first === undefined || invalid.length > 0) return { kind: 'aggregate', certificate: undefined, invalid }
        const signers = request.votes.map((each) => each.validator)
        return { kind: 'aggregate', certificate: certificate(first.kind, first.view, first.hash, signers), invalid: [] }
      }
    }
  }

  const harness: Harness = {
    consensus,
    genesis,
    verdicts,
    take: () => taken.splice(0),
    feed,
    wait(delayMs) {
      let leftMs = delayMs
      for (; leftMs > SLEEP_GAP_MS; leftMs -= SLEEP_GAP_MS) harness.sleep(SLEEP_GAP_MS)
      harness.sleep(leftMs)
    },
    sleep(gapMs) {
      nowMs += gapMs
      feed({ type: 'timer' })
    },
    get nowMs() {
      return nowMs
    },
    block(at, parent, change = {}, evidence = []) {
      const header = headerOf({
        epoch: epochNow(),
        view: view(at),
        parentView: parent.header.view,
        height: height(parent.header.height + 1),
        parentHash: parent.hash,
        timeMs: parent.header.timeMs + 10,
        proposer: consensus.leader(view(at)),
        randaoReveal: new Uint8Array(96),
        nextValidatorSetHash: isBoundaryHeight(height(parent.header.height + 1), spec.epochLengthBlocks)
          ? validators.hash
          : ZERO_HASH,
        ...change,
      })
      return blockFromParts(header, new Uint8Array(), new Uint8Array(), encodeEvidenceList(evidence))
    },
    proposal: (block, parts = {}) => ({
      block,
      epoch: epochNow(),
      view: block.header.view,
      parentView: block.header.parentView,
      parentHash: block.header.parentHash,
      entryProof: { base: undefined, nullifications: [] },
      vote: vote('notarize', block.header.view, block.hash, consensus.leader(block.header.view)),
      ...parts,
    }),
    vote,
    certificate,
    signed: () => [...signedSubjects],
    followedView(from = 1) {
      let at = from
      while (consensus.leader(view(at)) === self) at++
      return at
    },
  }
  feed({ type: 'start', head: genesis, ownVotes: [], floor: undefined, certificates: [], blocks: [], ...options.start })
  if (options.isBusy !== false) feed({ type: 'transactions-pending', pending: true })
  return harness
}

export function badSignature(seed = 0): Uint8Array {
  const signature = new Uint8Array(96).fill(seed)
  signature.set([0xba, 0xd0])
  return signature
}

export function namesOf(subjects: readonly VoteSubject[]): readonly string[] {
  return subjects.map((subject) => `${subject.kind} ${subject.view}`)
}

function isGood(signature: Uint8Array): boolean {
  return !(signature[0] === 0xba && signature[1] === 0xd0)
}

function judgeItem({ first, second }: Evidence): 'accept' | 'reject' {
  return isGood(first.signature) && isGood(second.signature) ? 'accept' : 'reject'
}

function judge({ evidence }: Block): 'accept' | 'reject' {
  const items = decodeEvidenceList(evidence)
  return items.ok && items.value.every((item) => judgeItem(item) === 'accept') ? 'accept' : 'reject'
}

function headerOf(change: Partial<ConsensusHeader>): ConsensusHeader {
  return {
    chainId: 7,
    epoch: epoch(0),
    view: view(0),
    parentView: view(0),
    height: height(0),
    parentHash: ZERO_HASH,
    timeMs: GENESIS_TIME_MS,
    proposer: 0,
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    evidenceRoot: EMPTY_LIST_HASH,
    randaoReveal: new Uint8Array(),
    validatorSetHash: ZERO_HASH,
    nextValidatorSetHash: ZERO_HASH,
    ...change,
  }
}
