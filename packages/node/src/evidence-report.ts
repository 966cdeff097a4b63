/** Offences as the operator sees them: a line in the log and a count. */
import { type Block, type Evidence, accusedOf, decodeEvidenceList, offenceOf } from '@cairn/chain'
import type { Log, Metrics } from '@cairn/ports'

/** This node has found it, before anybody has told. */
export function reportFound(
  evidence: Evidence,
  self: number | undefined,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): void {
  const { kind, epoch, view } = offenceOf(evidence)
  const offenders = accusedOf(evidence)
  metrics.count('evidence_found_total', { kind })
  log.warn('evidence of an offence', { kind, epoch, view, offenders })
  if (self !== undefined && offenders.includes(self)) {
    log.error('the offender is this validator: its key signs elsewhere too', { kind, epoch, view })
  }
}

/** A finalized block includes it. */
export function countIncluded(
  { header, evidence }: Block,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): void {
  if (evidence.length === 1) return
  const list = decodeEvidenceList(evidence)
  for (const item of list.ok ? list.value : []) {
    const { kind, epoch, view } = offenceOf(item)
    metrics.count('evidence_included_total', { kind })
    log.warn('an offence is on the chain', { height: header.height, kind, epoch, view, offenders: accusedOf(item) })
  }
}
