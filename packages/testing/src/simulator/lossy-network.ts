/**
 * Messages that arrive late, twice, out of order or never; partitions cut directed links. Some messages take the way
 * through their wire encoding, so that the codecs are part of the run.
 */
import type { EventQueue } from './event-queue.ts'
import type { SeededRandom } from './random.ts'
import { roundTrip } from './wire-codec.ts'
import type { WireMessage } from './wire.ts'

interface NetworkFaults {
  lossRate: number
  duplicateRate: number
  delayMinMs: number
  delayMaxMs: number
  hidesProposals: boolean
}

export interface LossyNetwork {
  readonly faults: NetworkFaults
  /** Moves with each change of the links. */
  readonly generation: number
  /** `delayMs`: on top of the link's. */
  send(from: number, to: number, message: WireMessage, delayMs?: number): void
  cutLink(from: number, to: number): void
  /** No link is cut any more. */
  joinLinks(): void
  /** Nothing is wrong any more. */
  restore(): void
}

const HEALTHY: NetworkFaults = { lossRate: 0, duplicateRate: 0, delayMinMs: 5, delayMaxMs: 40, hidesProposals: false }
/** Of the messages. */
const ENCODED_RATE = 1 / 64
const LINKS_PER_ACTOR = 1_000

/** `deliver` runs at arrival; a link that is cut by then loses the message too. */
export function createLossyNetwork(
  queue: EventQueue,
  random: SeededRandom,
  deliver: (from: number, to: number, message: WireMessage) => void,
  onUndecodable: (from: number, message: WireMessage) => void,
): LossyNetwork {
  const faults = { ...HEALTHY }
  /** As `from * LINKS_PER_ACTOR + to`. */
  const cut = new Set<number>()
  let generation = 0
  const isCut = (from: number, to: number): boolean => cut.size > 0 && cut.has(from * LINKS_PER_ACTOR + to)
  const joinLinks = (): void => {
    generation++
    cut.clear()
  }
  return {
    faults,
    get generation() {
      return generation
    },
    send(from, to, message, delayMs = 0) {
      if (faults.hidesProposals && message.type === 'proposal') return
      const copies = faults.duplicateRate > 0 && random.chance(faults.duplicateRate) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        const linkMs = faults.delayMinMs + random.next() * (faults.delayMaxMs - faults.delayMinMs)
        if (isCut(from, to) || (faults.lossRate > 0 && random.chance(faults.lossRate))) continue
        const arrived = random.chance(ENCODED_RATE) ? roundTrip(message) : message
        if (arrived === undefined) {
          onUndecodable(from, message)
          continue
        }
        queue.after(delayMs + linkMs, () => {
          if (!isCut(from, to)) deliver(from, to, arrived)
        })
      }
    },
    cutLink(from, to) {
      generation++
      cut.add(from * LINKS_PER_ACTOR + to)
    },
    joinLinks,
    restore() {
      joinLinks()
      Object.assign(faults, HEALTHY)
    },
  }
}
