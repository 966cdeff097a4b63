/**
 * The state of one epoch, in the words of the specification: view, finalized view, certificates by kind and
 * view, proposals, own flags sN, sX, sF. Owned by one `Consensus`; rules and input handlers change it in place.
 * Everything of views below the finalized one is dropped with the finalization.
 */
import type {
  Block,
  Certificate,
  CollectorSchedule,
  EpochState,
  LeaderSchedule,
  Proposal,
  Vote,
  VoteKind,
} from '@cairn/chain'
import type { Hash, Height, View } from '@cairn/primitives'
import type { EpochOptions } from './consensus-options.ts'
import type { Effect } from './effect.ts'
import type { EvidenceBook } from './evidence/evidence-book.ts'
import type { FinalizedHead, From, Now } from './input.ts'
import type { Activity, RunState } from './run-state.ts'
import { HOLDERS_MAX } from './limits.ts'
import type { VerificationRequest } from './verification.ts'

/** A vote held in a tally. `from` is `undefined` for the own. */
export interface VoteCandidate {
  readonly vote: Vote
  readonly from: From | undefined
  /** Its own signature was checked; passing in an aggregate is not enough, bad parts may cancel out. */
  isVerified: boolean
  isChecking: boolean
}

/** Votes of one kind in one view. */
export interface Tally {
  readonly byValidator: Map<number, VoteCandidate[]>
  /** Σ weight of validators with a candidate for the hash; a validator counts once per hash. */
  readonly weightByHash: Map<Hash, bigint>
}

/** The own durable flags of one view (R10): set when the signature is asked for. */
interface OwnFlags {
  notarize: Hash | undefined
  nullify: boolean
  finalize: Hash | undefined
}

/** Everything known of one view. */
export interface ViewRecord {
  readonly view: View
  readonly tallies: Readonly<Record<VoteKind, Tally>>
  readonly certificates: Partial<Record<VoteKind, Certificate>>
  /** Verified; [0] is the first accepted one (R3), [1] would be the proof of equivocation. */
  readonly proposals: Proposal[]
  /** Signatures of the leader's votes in proposals that are being checked, as hex. */
  readonly proposalChecks: Set<string>
  readonly own: OwnFlags
  /** Signed own votes, for R9. */
  readonly ownVotes: Vote[]
  /** Offences of this view that everybody was told of: validator and kind. */
  readonly reported: Set<string>
  isLeaderEquivocating: boolean
}

/** `known`: data present; `good`/`bad`: executed, or refused by a deterministic check; `undecided`: try again at standstill. */
type BlockStatus = 'known' | 'executing' | 'undecided' | 'good' | 'bad'

/** A block above the head. */
export interface BlockEntry {
  readonly block: Block
  /** Who sent the data; `undefined` for the own. */
  readonly from: From | undefined
  status: BlockStatus
  /** Shows an offence that its ancestors show: not voted for, yet no reason to halt when a quorum did. */
  repeatsEvidence: boolean
  isPersisted: boolean
  /** As of this block; from its execution on. */
  epochState: EpochState | undefined
}

/** One verification of a kind and view is under way; these certificates wait for its failure. */
interface CertificateCheck {
  readonly waiting: { readonly certificate: Certificate; readonly from: From | undefined; readonly gossiped: boolean }[]
}

export interface PendingVerification {
  readonly request: VerificationRequest
  readonly from: From | undefined
  readonly gossiped: boolean
}

/** The own proposal on its way: asked for, built, adopted, signed. */
export interface OwnProposal {
  readonly view: View
  readonly parentView: View
  readonly parentHash: Hash
  /** `undefined` while building. */
  blockHash: Hash | undefined
}

/** An own vote on its way through collectors. */
export interface CollectedVote {
  readonly vote: Vote
  /** Monotonic. */
  readonly sentAtMs: number
  isShown: boolean
}

/** Monotonic milliseconds. */
interface ViewTimers {
  enteredAtMs: number
  /** tl and ta of R1, as durations. */
  leaderTimeoutMs: number
  advanceTimeoutMs: number
  /** Since when the own mempool is not empty; `undefined` while it is. */
  pendingSinceMs: number | undefined
  standstillAtMs: number
  /** A proposal's block time is ahead of the clock: look again then. */
  clockWaitUntilMs: number | undefined
  /** Last `set-timer`. */
  armedAtMs: number | undefined
}

export interface ConsensusState {
  isHalted: boolean
  view: View
  /** No own vote at or below this view (R10): the WAL's floor. */
  abstainThrough: View
  /** View of the newest verified finalization; its block may still be missing. */
  finalizedView: View
  finalization: Certificate | undefined
  /** The newest committed block; at most as new as `finalization`. */
  head: FinalizedHead
  readonly views: Map<View, ViewRecord>
  /** Below the finalized view: what is compared with late votes and certificates, and nothing else. */
  readonly late: Map<View, ViewRecord>
  readonly blocks: Map<Hash, BlockEntry>
  readonly fetches: Set<Hash>
  /** Who showed a certificate or proposal of a hash: the first one to ask for the block. */
  readonly holders: Map<Hash, From>
  readonly certificateChecks: Map<string, CertificateCheck>
  readonly verifications: Map<number, PendingVerification>
  readonly verificationsByPeer: Map<From, number>
  nextVerificationId: number
  ownProposal: OwnProposal | undefined
  /** A peer that showed a proposal or certificate beyond the own view. */
  aheadPeer: From | undefined
  /** Height for which `behind` was reported last. */
  behindHeight: Height | undefined
  /** State of the jitter's generator (xorshift32). */
  jitter: number
  /** Own votes that collectors were sent and no certificate has come of, by kind and view. */
  readonly collected: Map<string, CollectedVote>
  /** Certificates, blocks or the head changed: R1, R4, R7 and execution have to look again. */
  isDirty: boolean
  readonly timers: ViewTimers
}

/** What rules and handlers work on. */
export interface Core {
  readonly options: EpochOptions
  readonly leaderOf: LeaderSchedule
  /** Above `gossipMax` validators. */
  readonly collectorsOf: CollectorSchedule | undefined
  readonly book: EvidenceBook
  readonly state: ConsensusState
  readonly activity: Activity
  /** What outlives the epoch. */
  readonly run: RunState
  readonly effects: Effect[]
  now: Now
}

/** The record of `view`, made when missing. Callers have checked the window. */
export function recordOf(state: ConsensusState, view: View): ViewRecord {
  const known = state.views.get(view)
  if (known !== undefined) return known
  const record: ViewRecord = {
    view,
    tallies: { notarize: emptyTally(), nullify: emptyTally(), finalize: emptyTally() },
    certificates: {},
    proposals: [],
    proposalChecks: new Set(),
    own: { notarize: undefined, nullify: false, finalize: undefined },
    ownVotes: [],
    reported: new Set(),
    isLeaderEquivocating: false,
  }
  state.views.set(view, record)
  return record
}

/** `from` showed the hash; the first one that is known stays. */
export function rememberHolder({ holders }: ConsensusState, hash: Hash, from: From | undefined): void {
  if (from !== undefined && holders.size < HOLDERS_MAX && !holders.has(hash)) holders.set(hash, from)
}

/** Whether this node may vote in `view` at all, now. */
export function isVoter({ state, options, run }: Core, view: View): boolean {
  const isSilent = run.amnesia !== undefined || run.silentUntilMs !== undefined
  return options.self !== undefined && !isSilent && view > state.abstainThrough
}

/** The epoch's last block is committed, by this instance or by sync: what follows is the next epoch's. */
export function isEpochOver({ state, options }: Core): boolean {
  return state.head.epochState.validators.epoch > options.validators.epoch
}

function emptyTally(): Tally {
  return { byValidator: new Map(), weightByHash: new Map() }
}
