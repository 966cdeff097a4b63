/**
 * Clients of the simulated network: they hand transactions to some node and repeat what is not committed, so that
 * progress means that transactions arrive, and not only that blocks follow each other.
 */
import { SENDERS, encodeTransaction } from './model/ledger.ts'
import type { Ledger } from './model/ledger.ts'
import type { SimulatedNode } from './node/simulated-node.ts'
import type { SeededRandom } from './random.ts'
import type { World } from './world.ts'

export interface Clients {
  start(): void
  /** Whether new transactions are made. */
  setBusy(isBusy: boolean): void
  /** Nonces after everything that was handed in so far. */
  submitted(): Ledger
}

const TICK_MS = 120
/** Transactions of one sender that wait at once. */
const WAITING_MAX = 4

export function createClients(world: World, honest: readonly SimulatedNode[], random: SeededRandom): Clients {
  const waiting: Uint8Array[][] = Array.from({ length: SENDERS }, () => [])
  const next = Array.from({ length: SENDERS }, () => 0)
  let isBusy = false

  const tick = (): void => {
    world.queue.after(TICK_MS, tick)
    const ledger = world.invariants.ledger
    for (const [sender, raws] of waiting.entries()) {
      while (raws.length > (next[sender] ?? 0) - (ledger[sender] ?? 0)) raws.shift()
    }
    const sender = random.below(SENDERS)
    const raws = waiting[sender] ?? []
    if (isBusy && raws.length < WAITING_MAX) {
      const nonce = next[sender] ?? 0
      next[sender] = nonce + 1
      raws.push(encodeTransaction(sender, nonce, random.below(50), random.below(65_536)))
    }
    // All of a sender's again: a node that has crashed meanwhile has forgotten them.
    const node = honest[random.below(honest.length)]
    for (const raw of raws) node?.submit(raw)
  }

  return {
    start: tick,
    setBusy(busy) {
      isBusy = busy
    },
    submitted: () => [...next],
  }
}
