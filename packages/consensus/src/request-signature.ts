/**
 * Asks the signer. The own flags are set here, with the decision and not with the answer: between the two no
 * rule may decide otherwise. The signer keeps the same flags durably and refuses whatever slips through (R10).
 */
import { ZERO_HASH, assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { VoteKind } from '@cairn/chain'
import type { Core, ViewRecord } from './state.ts'

/** sN[v] = hash. The block's data is made durable before. */
export function requestNotarize(core: Core, record: ViewRecord, hash: Hash): void {
  assert(record.own.notarize === undefined, 'one notarize vote per view')
  record.own.notarize = hash
  const entry = core.state.blocks.get(hash)
  if (entry !== undefined && !entry.isPersisted) {
    entry.isPersisted = true
    core.effects.push({ type: 'persist-block', block: entry.block })
  }
  requestSignature(core, record, 'notarize', hash)
}

/** sX{v}. */
export function requestNullify(core: Core, record: ViewRecord): void {
  record.own.nullify = true
  requestSignature(core, record, 'nullify', ZERO_HASH)
}

/** sF[v] = hash. */
export function requestFinalize(core: Core, record: ViewRecord, hash: Hash): void {
  assert(record.own.finalize === undefined, 'one finalize vote per view')
  record.own.finalize = hash
  requestSignature(core, record, 'finalize', hash)
}

function requestSignature({ options, effects }: Core, record: ViewRecord, kind: VoteKind, hash: Hash): void {
  assert(options.self !== undefined, 'only validators vote')
  const subject = { kind, epoch: options.validators.epoch, view: record.view, hash }
  effects.push({ type: 'sign', subject, validator: options.self })
}
