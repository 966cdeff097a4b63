/**
 * The faults of one run, drawn before it starts: loss, duplicates, delays, one-way and flapping partitions, crashes
 * before, in and after WAL writes, a damaged log, a wrong clock, silence of more than a third. Then everything
 * heals at once. A list, so that a failing run can be shrunk to the faults it needs.
 */
import type { SeededRandom } from '../random.ts'

/** Which side of a partition each actor is on, by id. */
type Sides = readonly boolean[]

export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'links'; readonly lossRate: number; readonly duplicateRate: number; readonly delayMaxMs: number }
  | { readonly kind: 'partition'; readonly sides: Sides; readonly isOneWay: boolean }
  | { readonly kind: 'flapping'; readonly sides: Sides; readonly isOneWay: boolean; readonly periodMs: number }
  | { readonly kind: 'links-back' }
  | { readonly kind: 'blackout' }
  /** No proposal arrives, everything else does: views pass, and timers grow. */
  | { readonly kind: 'fog' }
  /** `node`: index among the honest ones. */
  | { readonly kind: 'crash'; readonly node: number; readonly downMs: number; readonly isDamaged: boolean }
  | { readonly kind: 'crash-all'; readonly downMs: readonly number[] }
  | { readonly kind: 'crash-at-writes'; readonly rate: number }
  | { readonly kind: 'busy'; readonly isBusy: boolean }
)

export interface FaultSchedule {
  readonly faults: readonly Fault[]
  /** Of a fog: minutes in which views only time out. */
  readonly idleMs: number
  /** From here on nothing is wrong. */
  readonly healedAtMs: number
  /** Honest node whose wall clock is wrong by so much: it counts as one of the faulty. */
  readonly skewed: { readonly node: number; readonly skewMs: number } | undefined
}

export interface FaultScheduleOptions {
  readonly actors: number
  readonly honest: number
  /** Actor ids of validators that together are more than a third of the weight. */
  readonly blocking: readonly number[]
  /** Honest node that may fail for good, its log damaged or its clock wrong: the others are a quorum without it. */
  readonly spare: number | undefined
}

const CHAOS_MIN_MS = 1_500
const CHAOS_MAX_MS = 4_500
const BLACKOUT_MAX_MS = 6_000
const LONG_ABSENCE_RATE = 0.07
const ABSENCE_MS = 8_000
const SILENCE_RATE = 0.07
const SILENCE_MIN_MS = 2_000
const SILENCE_MAX_MS = 12_000
const FOG_RATE = 0.02
const FOG_MIN_MS = 250_000
const FOG_MAX_MS = 350_000
/** A node that crashed last in the phase is up again by then. */
const RESTART_MAX_MS = 1_500
const SKEW_MS = 600_000

export function drawFaultSchedule(options: FaultScheduleOptions, random: SeededRandom): FaultSchedule {
  const { spare } = options
  const fate = random.below(3)
  const skewMs = random.chance(0.5) ? SKEW_MS : -SKEW_MS
  const skewed = spare !== undefined && fate === 1 ? { node: spare, skewMs } : undefined
  const faults: Fault[] = [{ kind: 'busy', atMs: 0, isBusy: random.chance(0.8) }]
  if (random.chance(LONG_ABSENCE_RATE)) {
    // One node is away for so long that it has to sync. The others have a good time.
    const node = random.below(options.honest)
    faults.push({ kind: 'crash', atMs: 300, node, downMs: ABSENCE_MS - 300, isDamaged: false })
    return { faults, idleMs: 0, healedAtMs: ABSENCE_MS, skewed: undefined }
  }
  if (random.chance(SILENCE_RATE)) {
    const sides = Array.from({ length: options.actors }, (_, id) => options.blocking.includes(id))
    faults.push({ kind: 'partition', atMs: random.between(300, 900), sides, isOneWay: false })
    return { faults, idleMs: 0, healedAtMs: random.between(SILENCE_MIN_MS, SILENCE_MAX_MS), skewed }
  }
  if (random.chance(FOG_RATE)) {
    faults.push({ kind: 'fog', atMs: random.between(300, 900) })
    const healedAtMs = random.between(FOG_MIN_MS, FOG_MAX_MS)
    return { faults, idleMs: healedAtMs, healedAtMs, skewed }
  }
  const endMs = random.between(CHAOS_MIN_MS, CHAOS_MAX_MS)
  for (let atMs = random.between(0, 600); atMs < endMs; atMs += random.between(200, 900)) {
    faults.push(drawFault(options, random, atMs, endMs - atMs))
  }
  if (spare !== undefined && fate === 2) {
    faults.push({ kind: 'crash', atMs: random.between(300, endMs), node: spare, downMs: 50, isDamaged: true })
  }
  if (random.chance(0.5)) faults.push({ kind: 'crash-at-writes', atMs: 0, rate: 0.02 })
  const blackoutMs = random.chance(0.5) ? random.between(500, BLACKOUT_MAX_MS) : 0
  if (blackoutMs > 0) faults.push({ kind: 'blackout', atMs: endMs })
  return { faults, idleMs: 0, healedAtMs: endMs + blackoutMs, skewed }
}

function drawFault(options: FaultScheduleOptions, random: SeededRandom, atMs: number, leftMs: number): Fault {
  switch (random.below(9)) {
    case 0:
    case 1:
      return {
        kind: 'links',
        atMs,
        lossRate: random.chance(0.5) ? 0 : random.next() * 0.3,
        duplicateRate: random.chance(0.5) ? 0 : 0.2,
        delayMaxMs: random.between(20, 400),
      }
    case 2:
    case 3:
      return { kind: 'partition', atMs, sides: drawSides(options, random), isOneWay: random.chance(0.3) }
    case 4:
      return {
        kind: 'flapping',
        atMs,
        sides: drawSides(options, random),
        isOneWay: random.chance(0.3),
        periodMs: random.between(20, 300),
      }
    case 5:
      return { kind: 'links-back', atMs }
    case 6:
      return {
        kind: 'crash',
        atMs,
        node: random.below(options.honest),
        downMs: random.between(10, Math.max(10, Math.min(leftMs, RESTART_MAX_MS))),
        isDamaged: false,
      }
    case 7:
      return random.chance(0.4)
        ? { kind: 'crash-all', atMs, downMs: Array.from({ length: options.honest }, () => random.between(10, 300)) }
        : { kind: 'links-back', atMs }
    default:
      return { kind: 'busy', atMs, isBusy: random.chance(0.7) }
  }
}

/** Halves, or one actor alone. */
function drawSides({ actors }: FaultScheduleOptions, random: SeededRandom): Sides {
  const alone = random.below(actors)
  const isSplit = random.chance(0.6)
  return Array.from({ length: actors }, (_, id) => (isSplit ? random.chance(0.5) : id === alone))
}
