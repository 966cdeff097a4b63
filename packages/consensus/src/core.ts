/** Makes what the rules of one epoch work on: the first one from the stores, each later one from its predecessor. */
import { createLeaderSchedule } from '@cairn/chain'
import type { LeaderSchedule } from '@cairn/chain'
import { assert, equalBytes, view as viewOf } from '@cairn/primitives'
import type { View } from '@cairn/primitives'
import { createActivity } from './activity.ts'
import { createAmnesia } from './amnesia.ts'
import { COLLECT_SHARE, collectorsFor } from './dissemination.ts'
import type { ConsensusOptions, EpochOptions } from './consensus-options.ts'
import type { EvidenceBook } from './evidence/evidence-book.ts'
import type { FinalizedHead, Input, Now } from './input.ts'
import type { ConsensusState, Core } from './state.ts'

/** As of the start. */
export function firstCore(
  options: ConsensusOptions,
  start: Extract<Input, { type: 'start' }>,
  book: EvidenceBook,
  now: Now,
): Core {
  const { head, ownVotes, floor, certificates, blocks, isAmnesiac } = start
  const epochOptions = optionsOf(options, head)
  // xorshift has no way out of zero.
  const jitter = options.jitterSeed >>> 0 || 1
  return {
    options: epochOptions,
    leaderOf: rememberLast(createLeaderSchedule(epochOptions.validators)),
    collectorsOf: collectorsFor(epochOptions),
    state: initialState(epochOptions, head, { jitter, nextVerificationId: 1, pendingSinceMs: undefined }),
    activity: createActivity(epochOptions.validators, now.monotonicMs),
    run: {
      recovered: { ownVotes, floor, certificates, blocks },
      amnesia: isAmnesiac === true ? createAmnesia(now.monotonicMs) : undefined,
      lastEnd: undefined,
      early: [],
      lagAnsweredAtMs: now.monotonicMs,
      farAheadAtMs: Number.NEGATIVE_INFINITY,
      leadAskedAtMs: now.monotonicMs,
      leadAskedIn: undefined,
      collectMs: COLLECT_SHARE * options.spec.timing.leaderTimeoutMs,
      shownAtMs: Number.NEGATIVE_INFINITY,
      lastStep: undefined,
      silentUntilMs: undefined,
    },
    book,
    effects: [],
    now,
  }
}

/** Of the epoch that begins after the head of `before`: view 1, no tallies, no flags but those in the log. */
export function nextCore(before: Core): Core {
  const { state, run, now, effects } = before
  const { head } = state
  const options = optionsOf(before.options, head)
  const { epoch } = options.validators
  const { pendingSinceMs } = state.timers
  // The certificate may be a descendant's where sync has brought the head.
  run.lastEnd = head.finalization?.hash === head.hash && head.header.epoch < epoch ? head.finalization : undefined
  run.lagAnsweredAtMs = now.monotonicMs
  run.leadAskedAtMs = now.monotonicMs
  const { recovered } = run
  run.recovered = {
    floor: recovered.floor,
    ownVotes: recovered.ownVotes.filter((vote) => vote.epoch >= epoch),
    certificates: recovered.certificates.filter((certificate) => certificate.epoch >= epoch),
    blocks: recovered.blocks.filter((block) => block.header.height > head.header.height),
  }
  return {
    options,
    leaderOf: rememberLast(createLeaderSchedule(options.validators)),
    collectorsOf: collectorsFor(options),
    state: initialState(options, head, {
      jitter: state.jitter,
      nextVerificationId: state.nextVerificationId,
      pendingSinceMs: pendingSinceMs === undefined ? undefined : now.monotonicMs,
    }),
    activity: createActivity(options.validators, now.monotonicMs, {
      validators: before.options.validators,
      activity: before.activity,
    }),
    run,
    book: before.book,
    effects,
    now,
  }
}

function optionsOf(options: ConsensusOptions, head: FinalizedHead): EpochOptions {
  const { publicKey } = options
  const { validators } = head.epochState
  const index =
    publicKey === undefined ? -1 : validators.validators.findIndex((one) => equalBytes(one.publicKey, publicKey))
  return { ...options, validators, self: index < 0 ? undefined : index }
}

function initialState(
  options: EpochOptions,
  head: FinalizedHead,
  carried: {
    readonly jitter: number
    readonly nextVerificationId: number
    readonly pendingSinceMs: number | undefined
  },
): ConsensusState {
  const { epoch } = options.validators
  assert(
    head.header.epoch === epoch || head.header.epoch + 1 === epoch,
    'the head is of this epoch or ends the last one',
  )
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
    collected: new Map(),
    nextVerificationId: carried.nextVerificationId,
    ownProposal: undefined,
    aheadPeer: undefined,
    behindHeight: undefined,
    jitter: carried.jitter,
    isDirty: false,
    timers: {
      enteredAtMs: 0,
      leaderTimeoutMs: options.spec.timing.leaderTimeoutMs,
      advanceTimeoutMs: options.spec.timing.leaderTimeoutMs,
      pendingSinceMs: carried.pendingSinceMs,
      standstillAtMs: Number.POSITIVE_INFINITY,
      clockWaitUntilMs: undefined,
      armedAtMs: undefined,
    },
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
