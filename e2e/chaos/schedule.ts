/**
 * What goes wrong, and when: rounds of one to three faults, drawn from a seed. The same seed gives the same rounds;
 * what the processes make of them is theirs. Every kind comes up once before one comes up again.
 */
import { type SeededRandom, createSeededRandom } from '@cairn/testing'

/** Validators are indices. */
export type Fault =
  /** SIGKILL at once, start again after `downMs`. */
  | { readonly kind: 'kill'; readonly nodes: readonly number[]; readonly downMs: number }
  /** SIGKILL, then each start is killed too after one of `livesMs`, wherever it is by then. */
  | { readonly kind: 'kill-loop'; readonly node: number; readonly livesMs: readonly number[] }
  /** What `from` send to the others vanishes; they hear everything. */
  | { readonly kind: 'mute'; readonly from: readonly number[] }
  | { readonly kind: 'split'; readonly groups: readonly (readonly number[])[] }
  /** Every link, both directions. */
  | {
      readonly kind: 'slow'
      readonly delayMs: number
      readonly jitterMs: number
      readonly lossRatio: number
      readonly duplicateRatio: number
    }
  /** SIGSTOP, later SIGCONT: to the others a silent peer, to itself a jump of the clock. */
  | { readonly kind: 'pause'; readonly node: number; readonly forMs: number }
  /** Restarted with a wall clock that is wrong. */
  | { readonly kind: 'clock'; readonly node: number; readonly offsetMs: number }
  /** The data directory's file system fills up; the node must stop by itself. */
  | { readonly kind: 'disk-full'; readonly node: number }

export type FaultKind = Fault['kind']

export interface TimedFault {
  /** After the round's start. */
  readonly atMs: number
  readonly fault: Fault
}

export interface Round {
  readonly number: number
  readonly faults: readonly TimedFault[]
  /** Links are healed, pauses ended and dead validators started at the latest after this. */
  readonly lengthMs: number
}

export interface ScheduleOptions {
  readonly seed: number
  readonly nodes: number
  /** The validator whose data directory can be filled; `undefined` where none can. */
  readonly smallDiskNode: number | undefined
}

const LINK_KINDS: readonly FaultKind[] = ['mute', 'split', 'slow']
const NODE_KINDS: readonly FaultKind[] = ['kill', 'kill-loop', 'pause', 'clock']

/** Endless. */
export function* faultRounds(options: ScheduleOptions): Generator<Round, never> {
  const random = createSeededRandom(options.seed)
  const kinds: FaultKind[] = [
    ...LINK_KINDS,
    ...NODE_KINDS,
    ...(options.smallDiskNode === undefined ? [] : ['disk-full' as const]),
  ]
  let deck: FaultKind[] = []
  for (let number = 1; ; number++) {
    const free = new Set(Array.from({ length: options.nodes }, (_, index) => index))
    const faults: TimedFault[] = []
    const count = random.between(1, 3)
    for (let drawn = 0; drawn < count; drawn++) {
      if (deck.length === 0) deck = shuffled(kinds, random)
      const kind = deck.pop() as FaultKind
      // A validator notices a full disk when it writes, so the others must be able to go on: it stands alone.
      if (kind === 'disk-full' && faults.length > 0) {
        deck.push(kind)
        break
      }
      const hasLinkFault = faults.some(({ fault }) => LINK_KINDS.includes(fault.kind))
      const fault = hasLinkFault && LINK_KINDS.includes(kind) ? undefined : makeFault(kind, options, free, random)
      if (fault === undefined) deck.unshift(kind)
      else faults.push({ atMs: random.between(0, 4_000), fault })
      if (kind === 'disk-full') break
    }
    if (faults.length > 0) yield { number, faults, lengthMs: random.between(8_000, 16_000) }
  }
}

/** One line for a log. */
export function describeFault({ atMs, fault }: TimedFault): string {
  const { kind, ...details } = fault
  const text = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return `+${(atMs / 1000).toFixed(1)} s ${kind} ${text.join(' ')}`
}

/** Takes the validators it hits out of `free`; `undefined` when none is left for it. */
function makeFault(
  kind: FaultKind,
  options: ScheduleOptions,
  free: Set<number>,
  random: SeededRandom,
): Fault | undefined {
  const take = (): number | undefined => {
    const candidates = [...free]
    const node = candidates[random.below(candidates.length)]
    if (node !== undefined) free.delete(node)
    return node
  }
  const all = Array.from({ length: options.nodes }, (_, index) => index)
  switch (kind) {
    case 'mute':
      return { kind, from: shuffled(all, random).slice(0, random.between(1, Math.ceil(options.nodes / 2))) }
    case 'split': {
      const order = shuffled(all, random)
      const size = random.between(1, Math.floor(options.nodes / 2))
      return { kind, groups: [order.slice(0, size), order.slice(size)] }
    }
    case 'slow': {
      const conditions = [
        { delayMs: 200, jitterMs: 20, lossRatio: 0.05, duplicateRatio: 0.01 },
        { delayMs: 100, jitterMs: 200, lossRatio: 0.1, duplicateRatio: 0.01 },
        { delayMs: 1_000, jitterMs: 200, lossRatio: 0.02, duplicateRatio: 0.01 },
        { delayMs: 2_000, jitterMs: 100, lossRatio: 0.2, duplicateRatio: 0.01 },
      ]
      return { kind, ...(conditions[random.below(conditions.length)] as (typeof conditions)[number]) }
    }
    case 'kill': {
      // One, a fault too many, or all of them.
      const count = random.chance(0.6) ? 1 : random.chance(0.5) ? Math.floor(options.nodes / 3) + 1 : options.nodes
      const nodes = Array.from({ length: Math.min(count, free.size) }, take).filter((node) => node !== undefined)
      return nodes.length === 0 ? undefined : { kind, nodes, downMs: random.between(100, 5_000) }
    }
    case 'disk-full': {
      const node = options.smallDiskNode
      return node !== undefined && free.delete(node) ? { kind, node } : undefined
    }
    default: {
      const node = take()
      if (node === undefined) return undefined
      if (kind === 'pause') return { kind, node, forMs: random.between(1_000, 10_000) }
      if (kind === 'clock')
        return { kind, node, offsetMs: (random.chance(0.5) ? -1 : 1) * random.between(1, 600) * 1_000 }
      return { kind, node, livesMs: Array.from({ length: random.between(2, 4) }, () => random.between(200, 6_000)) }
    }
  }
}

function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
