/**
 * Which of Ethereum's rules hold at a block, as geth's `config` says: by number up to London and its glaciers, by the
 * total difficulty for Paris (EIP-3675), by timestamp from Shanghai on. A Cairn chain has no schedule: it is Osaka
 * from genesis.
 */
import type { Address } from '@cairn/primitives'

/** Every fork with a rule of its own, oldest first. The glaciers only delay the difficulty bomb. */
export const FORKS = [
  'frontier',
  'homestead',
  'tangerineWhistle',
  'spuriousDragon',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
] as const

export type Fork = (typeof FORKS)[number]

/** Blobs a block is to hold, and may; the fraction is EIP-4844's update fraction. */
export interface BlobSchedule {
  readonly target: number
  readonly max: number
  readonly fraction: bigint
}

/** A chain's rules at one block. */
export interface ChainRules {
  readonly chainId: bigint
  readonly fork: Fork
  readonly blobs: BlobSchedule
  /** EIP-6110: whose logs are deposits. */
  readonly depositContract: Address
}

export interface ForkSchedule {
  readonly chainId: bigint
  readonly depositContract: Address
  /** Oldest fork first; a block is at or above the number. */
  readonly byNumber: readonly { readonly fork: Fork; readonly number: number }[]
  /** Reached by a parent's total difficulty, the block is Paris or later; `undefined`: proof of work for ever. */
  readonly terminalTotalDifficulty: bigint | undefined
  /** Oldest first, seconds; a fork may stand here again with another blob schedule (EIP-7892). */
  readonly byTime: readonly { readonly fork: Fork; readonly time: number; readonly blobs: BlobSchedule | undefined }[]
}

interface SchedulePoint {
  readonly number: number
  /** Unix seconds. */
  readonly timestamp: number
  /** Whether the parent's total difficulty has reached the terminal one. */
  readonly isMerged: boolean
}

export function rulesAt(schedule: ForkSchedule, point: SchedulePoint): ChainRules {
  const { chainId, depositContract } = schedule
  let fork: Fork = 'frontier'
  for (const entry of schedule.byNumber) if (entry.number <= point.number) fork = entry.fork
  if (point.isMerged) fork = 'paris'
  let blobs = noBlobs
  for (const entry of point.isMerged ? schedule.byTime : []) {
    if (entry.time > point.timestamp) break
    fork = entry.fork
    blobs = entry.blobs ?? noBlobs
  }
  return { chainId, fork, blobs, depositContract }
}

/** The fraction only must not be zero. */
const noBlobs: BlobSchedule = { target: 0, max: 0, fraction: 1n }
