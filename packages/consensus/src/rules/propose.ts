/** R2: the leader builds on the highest notarized or finalized view, final or not: views are pipelined. */
import { isBoundaryHeight } from '@cairn/chain'
import type { ConsensusHeader } from '@cairn/chain'
import { executedHeader, highestBase } from '../justification.ts'
import { requestNotarize } from '../request-signature.ts'
import { isVoter, recordOf } from '../state.ts'
import type { Core, OwnProposal } from '../state.ts'

/** `true` when something was asked for. */
export function propose(core: Core): boolean {
  const { state } = core
  if (!isVoter(core, state.view) || core.leaderOf(state.view) !== core.options.self) return false
  const record = recordOf(state, state.view)
  if (record.own.notarize !== undefined) return false
  const own = state.ownProposal
  if (own === undefined) return startProposal(core)
  if (own.blockHash === undefined || state.blocks.get(own.blockHash)?.status !== 'good') return false
  requestNotarize(core, record, own.blockHash)
  return true
}

/** Monotonic time at which an idle leader builds an empty block; `undefined`: no reason to wait. */
export function idleUntilMs({ state, options, now }: Core, parent: ConsensusHeader): number | undefined {
  const { heartbeatMs } = options.spec.timing
  if (state.timers.pendingSinceMs !== undefined) return undefined
  const byParentMs = now.monotonicMs + parent.timeMs + heartbeatMs - now.wallMs
  // The parent's time is another node's word: never wait longer than the heartbeat.
  return Math.min(byParentMs, state.timers.enteredAtMs + heartbeatMs)
}

function startProposal(core: Core): boolean {
  const { state, options, now, effects } = core
  const base = highestBase(state, state.view)
  const parent = executedHeader(state, base.hash)
  if (parent === undefined) return false
  const own: OwnProposal = { view: state.view, parentView: base.view, parentHash: base.hash, blockHash: undefined }
  if (isBoundaryHeight(parent.height, options.spec.epochLengthBlocks) && parent.epoch === options.validators.epoch) {
    // The epoch's last block has no child in this epoch: it is proposed again until it is final.
    if (!state.blocks.has(base.hash)) return false
    state.ownProposal = { ...own, blockHash: base.hash }
    return true
  }
  const waitUntilMs = idleUntilMs(core, parent)
  if (waitUntilMs !== undefined && waitUntilMs > now.monotonicMs) return false
  state.ownProposal = own
  effects.push({
    type: 'build',
    epoch: options.validators.epoch,
    view: state.view,
    parentHash: base.hash,
    timeMs: Math.max(Math.floor(now.wallMs), parent.timeMs + 1),
  })
  return true
}
