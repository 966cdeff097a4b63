/** Matching one log against addresses and topics, the way `eth_getLogs` and subscriptions do. */
import type { Address, Hash } from '@cairn/primitives'
import type { LogJson } from './receipt-json.ts'

/** What a log must have; empty lists are wildcards. */
export interface LogCriteria {
  readonly addresses: readonly Address[]
  /** By position; a log with fewer topics than there are positions does not match. */
  readonly topics: readonly (readonly Hash[])[]
}

export function matchesLog(log: LogJson, criteria: LogCriteria): boolean {
  if (criteria.addresses.length > 0 && !criteria.addresses.includes(log.address)) return false
  if (criteria.topics.length > log.topics.length) return false
  return criteria.topics.every((alternatives, position) => {
    const topic = log.topics[position]
    return alternatives.length === 0 || (topic !== undefined && alternatives.includes(topic))
  })
}
