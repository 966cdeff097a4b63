/**
 * Messages of another epoch (consensus.md «Epochs»). Whoever lags is told how its epoch ended; whoever is ahead is asked
 * how ours did. Both at most once a second, whatever comes in; who is more than one epoch behind asks once more in each
 * epoch that it enters, or it would never catch up with epochs of a second. What peers send in the first moments of the next epoch is
 * kept until this node is there, or each epoch would begin with a standstill.
 */
import type { Epoch } from '@cairn/primitives'
import type { From, EpochMessage } from './input.ts'
import { EARLY_MESSAGES_MAX, EARLY_PROPOSALS_MAX, OTHER_EPOCH_INTERVAL_MS } from './limits.ts'
import type { Core } from './state.ts'

/** Takes a message whose epoch is not the current one. */
export function onOtherEpoch(core: Core, message: EpochMessage): void {
  const epoch = epochOf(message)
  const current = core.options.validators.epoch
  if (epoch < current) {
    answerLagging(core)
    return
  }
  askLeading(core, message.from, epoch)
  if (epoch === current + 1) keepEarly(core, message)
}

export function epochOf(message: EpochMessage): Epoch {
  switch (message.type) {
    case 'proposal':
      return message.proposal.epoch
    case 'vote':
      return message.vote.epoch
    case 'certificate':
      return message.certificate.epoch
    case 'status':
      return message.status.epoch
    case 'leaving':
      return message.leaving.epoch
  }
}

/** The end of the epoch before this one; whoever lags further sees in it that it has to ask for more. */
function answerLagging({ run, effects, now }: Core): void {
  if (run.lastEnd === undefined || now.monotonicMs - run.lagAnsweredAtMs < OTHER_EPOCH_INTERVAL_MS) return
  run.lagAnsweredAtMs = now.monotonicMs
  effects.push({ type: 'broadcast-certificate', certificate: run.lastEnd, gossiped: false })
}

function askLeading({ run, state, options, effects, now }: Core, from: From, leading: Epoch): void {
  const { epoch } = options.validators
  state.aheadPeer = from
  if (leading > epoch + 1) run.farAheadAtMs = now.monotonicMs
  const isFirstOfMany = leading > epoch + 1 && run.leadAskedIn !== epoch
  if (!isFirstOfMany && now.monotonicMs - run.leadAskedAtMs < OTHER_EPOCH_INTERVAL_MS) return
  run.leadAskedAtMs = now.monotonicMs
  run.leadAskedIn = epoch
  effects.push({
    type: 'fetch-certificates',
    epoch,
    fromView: state.finalizedView,
    hint: from,
  })
}

/** The first ones stay: they are of the views that come first. */
function keepEarly({ run }: Core, message: EpochMessage): void {
  const { early } = run
  if (early.length >= EARLY_MESSAGES_MAX) return
  if (message.type === 'proposal' || message.type === 'status') {
    const isLarge = (other: EpochMessage): boolean => other.type === 'proposal' || other.type === 'status'
    if (early.filter(isLarge).length >= EARLY_PROPOSALS_MAX) return
  }
  // One peer must not take the room of the others.
  const share = early.filter((other) => other.from === message.from).length
  if (share < EARLY_MESSAGES_MAX / 4) early.push(message)
}
