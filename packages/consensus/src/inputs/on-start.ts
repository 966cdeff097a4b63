/**
 * R10, restart: own flags first; then own votes are signed again (the same ones), and so reach the own tally and
 * the peers. The head is committed, and its certificate was checked when it was read back. The same at the begin of each
 * later epoch, since the log may be ahead of the chain store. A lost log is `amnesia.ts`.
 */
import { view as viewOf } from '@cairn/primitives'
import { offerCertificate } from '../certificates.ts'
import { addBlock } from '../rules/blocks.ts'
import { scheduleStandstill } from '../standstill-timer.ts'
import { recordOf } from '../state.ts'
import type { Core } from '../state.ts'

export function onStart(core: Core): void {
  const { state, options, effects, run } = core
  const { epoch } = options.validators
  const { floor, ownVotes, blocks, certificates } = run.recovered
  if (floor?.epoch === epoch) state.abstainThrough = floor.view
  // The log is of a later epoch than the chain store: nothing in this one can be signed any more.
  if (floor !== undefined && floor.epoch > epoch) state.abstainThrough = viewOf(Number.MAX_SAFE_INTEGER)
  for (const subject of ownVotes) {
    if (subject.epoch !== epoch || subject.view <= Math.max(state.finalizedView, state.abstainThrough)) continue
    const { own } = recordOf(state, subject.view)
    if (subject.kind === 'notarize') own.notarize = subject.hash
    else if (subject.kind === 'nullify') own.nullify = true
    else own.finalize = subject.hash
    if (options.self !== undefined) effects.push({ type: 'sign', subject, validator: options.self })
  }
  for (const block of blocks) {
    addBlock(core, block, undefined)
    const entry = state.blocks.get(block.hash)
    if (entry !== undefined) entry.isPersisted = true
  }
  for (const certificate of certificates) offerCertificate(core, certificate, undefined, false)
  scheduleStandstill(core)
  state.isDirty = true
}
