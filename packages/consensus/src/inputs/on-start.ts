/**
 * R10, restart: own flags first; then own votes are signed again (the same ones), and so reach the own tally and
 * the peers. The head is committed, and its certificate was checked when it was read back.
 * A lost WAL would be the amnesia rule's case here: until it exists, the runtime refuses to start such a validator.
 */
import { offerCertificate } from '../certificates.ts'
import type { Input } from '../input.ts'
import { addBlock } from '../rules/blocks.ts'
import { scheduleStandstill } from '../standstill-timer.ts'
import { recordOf } from '../state.ts'
import type { Core } from '../state.ts'

export function onStart(core: Core, input: Extract<Input, { type: 'start' }>): void {
  const { state, options, effects } = core
  if (input.floor?.epoch === options.validators.epoch) state.abstainThrough = input.floor.view
  for (const subject of input.ownVotes) {
    if (subject.epoch !== options.validators.epoch) continue
    if (subject.view <= Math.max(state.finalizedView, state.abstainThrough)) continue
    const { own } = recordOf(state, subject.view)
    if (subject.kind === 'notarize') own.notarize = subject.hash
    else if (subject.kind === 'nullify') own.nullify = true
    else own.finalize = subject.hash
    if (options.self !== undefined) effects.push({ type: 'sign', subject, validator: options.self })
  }
  for (const block of input.blocks) {
    addBlock(core, block, undefined)
    const entry = state.blocks.get(block.hash)
    if (entry !== undefined) entry.isPersisted = true
  }
  for (const certificate of input.certificates) offerCertificate(core, certificate, undefined, false)
  scheduleStandstill(core)
  state.isDirty = true
}
