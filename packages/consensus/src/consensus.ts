/**
 * Simplex consensus, weighted, for one epoch (consensus.md): a deterministic state machine without clock, I/O,
 * promises or randomness. Inputs go to a handler in `inputs/`, which updates what is known; then the rules in
 * `rules/`, named by their numbers, run to a fixpoint (R0). Everything to be done comes out as effects.
 */
import { createLeaderSchedule } from '@cairn/chain'
import type { Block, Certificate, LeaderSchedule, Status } from '@cairn/chain'
import { assert, ignore, view as viewOf } from '@cairn/primitives'
import type { Hash, Verdict, View } from '@cairn/primitives'
import type { ConsensusOptions } from './consensus-options.ts'
import type { Effect } from './effect.ts'
import { createEvidenceBook } from './evidence/evidence-book.ts'
import type { FinalizedHead, Input, Now } from './input.ts'
import { onBlockFetched, onExecuted, onFetchFailed } from './inputs/on-block.ts'
import { onBuilt } from './inputs/on-built.ts'
import { onEvidence } from './inputs/on-evidence.ts'
import { onCertificate, onStatus, onVote } from './inputs/on-messages.ts'
import { onProposal } from './inputs/on-proposal.ts'
import { onSigned } from './inputs/on-signed.ts'
import { onStart } from './inputs/on-start.ts'
import { onSynced } from './inputs/on-synced.ts'
import { onVerified } from './inputs/on-verified.ts'
import { runRules } from './rules/fixpoint.ts'
import { screenCertificate, screenEvidence, screenProposal, screenStatus, screenVote } from './screen.ts'
import type { ConsensusState, Core } from './state.ts'
import { certificatesFrom, statusOf } from './status.ts'

/** The inputs that come by gossip. */
export type Message = Extract<Input, { type: 'proposal' | 'vote' | 'certificate' | 'status' | 'evidence' }>

/** One running instance. It owns its state: `step` changes it in place. */
export interface Consensus {
  /**
   * Handles one input, then runs the rules to a fixpoint (R0). Same options and inputs ⇒ same effects.
   * The first input is `start`; before it everything but `screen` and `leader` is a bug.
   */
  step(input: Input, now: Now): readonly Effect[]
  /** Verdict for gossip on a message before it is stepped: shape, window, duplicates; no signature is checked. */
  screen(message: Message): Verdict
  readonly view: View
  readonly finalizedView: View
  /** Newest block handed to `commit`, or `synced`. */
  readonly head: FinalizedHead
  readonly isHalted: boolean
  /** Index of leader(epoch, view). */
  leader(view: View): number
  /** A block above the head that is held in memory; answers BlocksByHash. */
  block(hash: Hash): Block | undefined
  /** Answers Certs(epoch, from view): the newest finalization, then by view, at most `CERTIFICATES_ANSWER_MAX`. */
  certificatesFrom(view: View): readonly Certificate[]
  /** The Status that would be sent now. */
  status(): Status
}

export function createConsensus(options: ConsensusOptions): Consensus {
  const leaderOf = rememberLast(createLeaderSchedule(options.validators, options.leaderSeed))
  const book = options.evidence ?? createEvidenceBook(options.spec)
  let started: Core | undefined
  const core = (): Core => {
    assert(started !== undefined, 'start comes first')
    return started
  }
  return {
    step(input, now) {
      if (input.type === 'start') {
        assert(started === undefined, 'started once')
        started = { options, leaderOf, book, state: initialState(options, input.head), effects: [], now }
      }
      const { state, effects } = core()
      if (state.isHalted) return []
      core().now = now
      handle(core(), input)
      if (!state.isHalted) runRules(core())
      return effects.splice(0)
    },
    screen: (message) => (started === undefined ? ignore('NOT_STARTED') : screen(started, message)),
    get view() {
      return core().state.view
    },
    get finalizedView() {
      return core().state.finalizedView
    },
    get head() {
      return core().state.head
    },
    get isHalted() {
      return core().state.isHalted
    },
    leader: leaderOf,
    block: (hash) => core().state.blocks.get(hash)?.block,
    certificatesFrom: (fromView) => certificatesFrom(core().state, fromView),
    status: () => statusOf(core()),
  }
}

/** Nearly all questions are about one view, and each step asks. */
function rememberLast(schedule: LeaderSchedule): LeaderSchedule {
  let last: { readonly view: View; readonly leader: number } | undefined
  return (view) => {
    if (last?.view !== view) last = { view, leader: schedule(view) }
    return last.leader
  }
}

function handle(core: Core, input: Input): void {
  switch (input.type) {
    case 'start':
      return onStart(core, input)
    case 'proposal':
      return onProposal(core, input)
    case 'vote':
      return onVote(core, input)
    case 'certificate':
      return onCertificate(core, input)
    case 'status':
      return onStatus(core, input)
    case 'evidence':
      return onEvidence(core, input)
    case 'block-fetched':
      return onBlockFetched(core, input)
    case 'fetch-failed':
      return onFetchFailed(core, input)
    case 'executed':
      return onExecuted(core, input)
    case 'built':
      return onBuilt(core, input)
    case 'build-failed':
      // No proposal in this view: ownProposal stays without a block, the timers run.
      return undefined
    case 'signed':
      return onSigned(core, input)
    case 'verified':
      return onVerified(core, input)
    case 'synced':
      return onSynced(core, input)
    case 'timer':
      core.state.timers.armedAtMs = undefined
      return undefined
    case 'transactions-pending':
      core.state.timers.pendingSinceMs = input.pending
        ? (core.state.timers.pendingSinceMs ?? core.now.monotonicMs)
        : undefined
      return undefined
    case 'peer-connected':
      core.effects.push({ type: 'send-status', status: statusOf(core), to: input.peer })
      return undefined
  }
}

function screen(core: Core, message: Message): Verdict {
  switch (message.type) {
    case 'proposal':
      return screenProposal(core, message.proposal)
    case 'vote':
      return screenVote(core, message.vote)
    case 'certificate':
      return screenCertificate(core, message.certificate)
    case 'evidence':
      return screenEvidence(core, message.evidence)
    default:
      return screenStatus(core, message.status)
  }
}

function initialState(options: ConsensusOptions, head: FinalizedHead): ConsensusState {
  const { epoch } = options.validators
  const finalization = head.finalization?.epoch === epoch ? head.finalization : undefined
  return {
    isHalted: false,
    view: viewOf(0),
    abstainThrough: viewOf(0),
    finalizedView: finalization?.view ?? viewOf(0),
    finalization,
    head,
    views: new Map(),
    late: new Map(),
    blocks: new Map(),
    fetches: new Set(),
    holders: new Map(),
    certificateChecks: new Map(),
    verifications: new Map(),
    verificationsByPeer: new Map(),
    nextVerificationId: 1,
    ownProposal: undefined,
    aheadPeer: undefined,
    behindHeight: undefined,
    // xorshift has no way out of zero.
    jitter: options.jitterSeed >>> 0 || 1,
    isDirty: false,
    timers: {
      enteredAtMs: 0,
      leaderTimeoutMs: options.spec.timing.leaderTimeoutMs,
      advanceTimeoutMs: options.spec.timing.leaderTimeoutMs,
      pendingSinceMs: undefined,
      standstillAtMs: Number.POSITIVE_INFINITY,
      clockWaitUntilMs: undefined,
      armedAtMs: undefined,
    },
  }
}
