/** What actors of a run share: time, network, chain, invariants, the trace. */
import type { Dissemination, VerificationRequest } from '@cairn/consensus'
import type { EventQueue } from './event-queue.ts'
import type { Invariants } from './invariants.ts'
import type { LossyNetwork } from './lossy-network.ts'
import type { SimulatedChain } from './model/model-chain.ts'
import type { VerificationCache } from './model/verification-cache.ts'
import type { SeededRandom } from './random.ts'
import type { Trace } from './trace.ts'
import type { Actor } from './wire.ts'

export interface World {
  readonly chain: SimulatedChain
  readonly queue: EventQueue
  readonly network: LossyNetwork
  readonly invariants: Invariants
  readonly verifications: VerificationCache
  readonly random: SeededRandom
  readonly trace: Trace
  /** By actor id. */
  readonly actors: Actor[]
  /** Time of a node's one core that a verification takes; absent: 1 ms each, as many at once as there are. */
  readonly verifyCostMs?: (request: VerificationRequest) => number
  /** Absent: as production has it. */
  readonly dissemination?: Dissemination
  /** During chaos honest nodes crash at WAL writes with this probability. */
  crashRate: number
}
