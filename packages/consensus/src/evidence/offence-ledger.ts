/**
 * Which offences are known, by (offender, epoch, view, kind). A validator that has broken the rules a few times in an
 * epoch is as guilty as it can be: further offences are no news, so that no offender can fill pool, blocks or memory.
 */
import { accusedOf, offenceOf } from '@cairn/chain'
import type { Evidence } from '@cairn/chain'
import type { Epoch } from '@cairn/primitives'
import { OFFENCES_PER_OFFENDER_MAX } from '../limits.ts'

export interface OffenceLedger {
  /** Whether the evidence shows an offence that is not in here, by an offender with room for it. */
  isNews(evidence: Evidence): boolean
  /** Records what is news in it. */
  add(evidence: Evidence): void
  has(offender: string, offence: string): boolean
  countOf(offender: string): number
  /** Drops what is of an epoch before `oldest`. */
  forgetBefore(oldest: Epoch): void
}

/** On top of `base`, which it does not change. */
export function createOffenceLedger(base?: OffenceLedger): OffenceLedger {
  const offences = new Map<string, Set<string>>()
  const ledger: OffenceLedger = {
    isNews: (evidence) => newsOf(ledger, evidence).length > 0,
    add(evidence) {
      for (const { offender, offence } of newsOf(ledger, evidence)) {
        const known = offences.get(offender)
        if (known === undefined) offences.set(offender, new Set([offence]))
        else known.add(offence)
      }
    },
    has: (offender, offence) => offences.get(offender)?.has(offence) === true || base?.has(offender, offence) === true,
    countOf: (offender) => (offences.get(offender)?.size ?? 0) + (base?.countOf(offender) ?? 0),
    forgetBefore(oldest) {
      for (const offender of offences.keys()) if (epochOf(offender) < oldest) offences.delete(offender)
    },
  }
  return ledger
}

/** An index means a validator only together with its epoch. */
function newsOf(
  ledger: OffenceLedger,
  evidence: Evidence,
): readonly { readonly offender: string; readonly offence: string }[] {
  const { kind, epoch, view } = offenceOf(evidence)
  const offence = `${view}:${kind}`
  return accusedOf(evidence)
    .map((index) => ({ offender: `${epoch}:${index}`, offence }))
    .filter(({ offender }) => !ledger.has(offender, offence) && ledger.countOf(offender) < OFFENCES_PER_OFFENDER_MAX)
}

function epochOf(offender: string): number {
  return Number(offender.slice(0, offender.indexOf(':')))
}
