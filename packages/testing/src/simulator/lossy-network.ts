/** Messages that arrive late, twice, out of order or never; partitions cut directed links. */
import type { EventQueue } from './event-queue.ts'
import type { SeededRandom } from './random.ts'
import type { WireMessage } from './wire.ts'

interface NetworkFaults {
  lossRate: number
  duplicateRate: number
  delayMinMs: number
  delayMaxMs: number
  /** Cut links as `from * 1000 + to`. */
  readonly cut: Set<number>
}

export interface LossyNetwork {
  readonly faults: NetworkFaults
  send(from: number, to: number, message: WireMessage): void
  cutLink(from: number, to: number): void
}

/** `deliver` runs at arrival; a link that is cut by then loses the message too. */
export function createLossyNetwork(
  queue: EventQueue,
  random: SeededRandom,
  deliver: (from: number, to: number, message: WireMessage) => void,
): LossyNetwork {
  const faults: NetworkFaults = { lossRate: 0, duplicateRate: 0, delayMinMs: 5, delayMaxMs: 40, cut: new Set() }
  const link = (from: number, to: number): number => from * 1000 + to
  return {
    faults,
    send(from, to, message) {
      const copies = random.chance(faults.duplicateRate) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        const delayMs = faults.delayMinMs + random.next() * (faults.delayMaxMs - faults.delayMinMs)
        if (faults.cut.has(link(from, to)) || random.chance(faults.lossRate)) continue
        queue.after(delayMs, () => {
          if (!faults.cut.has(link(from, to))) deliver(from, to, message)
        })
      }
    },
    cutLink: (from, to) => void faults.cut.add(link(from, to)),
  }
}
