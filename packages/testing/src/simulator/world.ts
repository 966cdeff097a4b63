/** What actors of a run share: time, network, chain, invariants, the trace. */
import type { EventQueue } from './event-queue.ts'
import type { Invariants } from './invariants.ts'
import type { LossyNetwork } from './lossy-network.ts'
import type { SimulatedChain } from './model-application.ts'
import type { SeededRandom } from './random.ts'
import type { Actor } from './wire.ts'

export interface World {
  readonly chain: SimulatedChain
  readonly queue: EventQueue
  readonly network: LossyNetwork
  readonly invariants: Invariants
  readonly random: SeededRandom
  /** By actor id. */
  readonly actors: Actor[]
  /** During chaos nodes crash at WAL writes with this probability. */
  crashRate: number
  /** Whether clients have transactions waiting, at all nodes. */
  isBusy: boolean
  /** Mixes an occurrence into the trace's hash. */
  trace(actor: number, what: string, detail: number): void
}
