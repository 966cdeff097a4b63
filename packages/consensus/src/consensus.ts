/**
 * Simplex consensus, weighted, epoch after epoch (consensus.md): a deterministic state machine without clock, I/O,
 * promises or randomness. Inputs go to a handler in `inputs/`, which updates what is known; then the rules in
 * `rules/`, named by their numbers, run to a fixpoint (R0). Everything to be done comes out as effects. State is one
 * epoch's; with its last block the next epoch begins within the same step.
 */
import type { Block, Certificate, Status, ValidatorSet } from '@cairn/chain'
import { ACCEPT, assert, ignore } from '@cairn/primitives'
import type { Epoch, Hash, Verdict, View } from '@cairn/primitives'
import type { ConsensusOptions } from './consensus-options.ts'
import { firstCore, nextCore } from './core.ts'
import type { Effect } from './effect.ts'
import { createEvidenceBook } from './evidence/evidence-book.ts'
import { footprintOf } from './footprint.ts'
import type { Footprint } from './footprint.ts'
import type { EpochMessage, FinalizedHead, Input, Message, Now } from './input.ts'
import { onBlockFetched, onExecuted, onFetchFailed } from './inputs/on-block.ts'
import { onBuilt } from './inputs/on-built.ts'
import { onEvidence } from './inputs/on-evidence.ts'
import { onLeave, onLeaving } from './inputs/on-leaving.ts'
import { onCertificate, onStatus, onVote } from './inputs/on-messages.ts'
import { onProposal } from './inputs/on-proposal.ts'
import { onSigned } from './inputs/on-signed.ts'
import { onStart } from './inputs/on-start.ts'
import { onSynced } from './inputs/on-synced.ts'
import { onVerified } from './inputs/on-verified.ts'
import { epochOf, onOtherEpoch } from './other-epoch.ts'
import { runRules } from './rules/fixpoint.ts'
import { screenCertificate, screenEvidence, screenLeaving, screenProposal, screenVote } from './screen.ts'
import { watchSleep } from './silence.ts'
import { isEpochOver } from './state.ts'
import type { Core } from './state.ts'
import { certificatesFrom, statusOf } from './status.ts'

const NOTHING: readonly Effect[] = []

/** One running instance. It owns its state: `step` changes it in place. */
export interface Consensus {
  /**
   * Handles one input, then runs the rules to a fixpoint (R0). Same options and inputs ⇒ same effects.
   * The first input is `start`; before it everything but `screen` and `leader` is a bug.
   */
  step(input: Input, now: Now): readonly Effect[]
  /**
   * Verdict for gossip on a message before it is stepped: shape, window, duplicates; no signature is checked.
   * `EPOCH_OVER` and `EPOCH_AHEAD` are not to be forwarded, but are of use to `step`.
   */
  screen(message: Message): Verdict
  readonly view: View
  readonly finalizedView: View
  /** Newest block handed to `commit`, or `synced`. */
  readonly head: FinalizedHead
  /** Of the current epoch. `view`, `finalizedView`, `leader` and `self` are of it, too. */
  readonly validators: ValidatorSet
  /** Own index in `validators`; `undefined`: does not vote in this epoch. */
  readonly self: number | undefined
  /** R10: abstains because its log was lost. */
  readonly isAmnesiac: boolean
  readonly isHalted: boolean
  /** Votes for nothing for a moment: it slept, or is leaving. */
  readonly isSilent: boolean
  /** By index in `validators`: views led by it that this node gave up because a timer ran out, since the start. */
  readonly timedOut: readonly number[]
  /** Index of leader(epoch, view). */
  leader(view: View): number
  /** A block above the head that is held in memory; answers BlocksByHash. */
  block(hash: Hash): Block | undefined
  /**
   * Answers Certs(epoch, from view): the newest finalization, then by view, at most `CERTIFICATES_ANSWER_MAX`. Of the
   * epoch before: the finalization that ended it. Of others: nothing, the stores have them.
   */
  certificatesFrom(epoch: Epoch, view: View): readonly Certificate[]
  /** The Status that would be sent now. */
  status(): Status
  /** What is held in memory. */
  footprint(): Footprint
}

export function createConsensus(options: ConsensusOptions): Consensus {
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
        started = firstCore(options, input, book, now)
      }
      if (core().state.isHalted) return []
      core().now = now
      watchSleep(core())
      handle(core(), input)
      runRules(core())
      while (!core().state.isHalted && isEpochOver(core())) {
        started = nextCore(core())
        beginEpoch(started)
      }
      const { effects } = core()
      return effects.length === 0 ? NOTHING : effects.splice(0)
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
    get validators() {
      return core().options.validators
    },
    get self() {
      return core().options.self
    },
    get isAmnesiac() {
      return core().run.amnesia !== undefined
    },
    get isHalted() {
      return core().state.isHalted
    },
    get isSilent() {
      return core().run.silentUntilMs !== undefined
    },
    get timedOut() {
      return core().activity.timedOut
    },
    leader: (view) => core().leaderOf(view),
    block: (hash) => core().state.blocks.get(hash)?.block,
    certificatesFrom: (epoch, fromView) => certificatesFrom(core(), epoch, fromView),
    status: () => statusOf(core()),
    footprint: () => footprintOf(core()),
  }
}

/** Flags from the log first (R10), then what peers have sent already. */
function beginEpoch(core: Core): void {
  onStart(core)
  runRules(core)
  for (const message of core.run.early.splice(0)) {
    if (core.state.isHalted || isEpochOver(core)) return
    handle(core, message)
    runRules(core)
  }
}

function handle(core: Core, input: Input): void {
  if (isMessage(input) && epochOf(input) !== core.options.validators.epoch) {
    onOtherEpoch(core, input)
    return
  }
  switch (input.type) {
    case 'start':
      return onStart(core)
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
    case 'leaving':
      return onLeaving(core, input)
    case 'leave':
      return onLeave(core)
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
  if (message.type === 'evidence') return screenEvidence(core, message.evidence)
  const epoch = epochOf(message)
  if (epoch !== core.options.validators.epoch) {
    return ignore(epoch < core.options.validators.epoch ? 'EPOCH_OVER' : 'EPOCH_AHEAD')
  }
  switch (message.type) {
    case 'proposal':
      return screenProposal(core, message.proposal)
    case 'vote':
      return screenVote(core, message.vote)
    case 'certificate':
      return screenCertificate(core, message.certificate)
    case 'leaving':
      return screenLeaving(core, message.leaving)
    default:
      return ACCEPT
  }
}

const MESSAGE_TYPES: ReadonlySet<Input['type']> = new Set<EpochMessage['type']>([
  'proposal',
  'vote',
  'certificate',
  'status',
  'leaving',
])

function isMessage(input: Input): input is EpochMessage {
  return MESSAGE_TYPES.has(input.type)
}
