/** Puts a run together from its seed: chain, network, honest nodes, adversaries, clients, faults. */
import type { Dissemination } from '@cairn/consensus'
import { ADVERSARY_NAMES, createAdversary, drawAdversary } from './adversaries/adversaries.ts'
import type { AdversaryName } from './adversaries/adversaries.ts'
import { createClients } from './clients.ts'
import type { Clients } from './clients.ts'
import { createEventQueue } from './event-queue.ts'
import { drawFaultSchedule } from './faults/fault-schedule.ts'
import type { FaultSchedule } from './faults/fault-schedule.ts'
import { createInvariants } from './invariants.ts'
import { createLossyNetwork } from './lossy-network.ts'
import { drawPlan } from './model/chain-plan.ts'
import { createSimulatedChain } from './model/model-chain.ts'
import type { SimulatedChain } from './model/model-chain.ts'
import { createVerificationCache } from './model/verification-cache.ts'
import { createDisk } from './node/disk.ts'
import { SimulatedNode } from './node/simulated-node.ts'
import { createSeededRandom } from './random.ts'
import type { SeededRandom } from './random.ts'
import { createTrace } from './trace.ts'
import { subjectOf } from './wire.ts'
import type { World } from './world.ts'

/** `none`: only faults; `mixed`: each faulty slot its own; else all of them the same. */
export const ADVERSARIES = ['none', ...ADVERSARY_NAMES, 'mixed'] as const
export type Adversary = AdversaryName | 'none' | 'mixed'

const COLLECTORS_DOMAIN = 0x2c0113c7
const COLLECTOR_COUNTS = [1, 2, 3, 8]

export interface SimulationOptions {
  readonly seed: number
  /** Validators. At most ⌊(n − 1)/3⌋ of them, by weight less than a third, are adversaries. */
  readonly nodes: number
  readonly adversary: Adversary
  /** Votes of each set with more validators go to collectors. Absent: in a third of the runs of any size. */
  readonly collectorsAbove?: number
  /** Indices of the schedule's faults that happen; all where it is absent. */
  readonly faults?: readonly number[]
  /** All honest nodes must have caught up within this time after the last fault; 20 s where it is absent. */
  readonly livenessBoundMs?: number
  /** Every event as a line of text. */
  readonly onTrace?: (line: string) => void
}

export interface Run {
  readonly world: World
  readonly honest: readonly SimulatedNode[]
  readonly clients: Clients
  readonly schedule: FaultSchedule
}

export function createRun(options: SimulationOptions): Run {
  const random = createSeededRandom(options.seed)
  const faultyMax = Math.floor((options.nodes - 1) / 3)
  const { plan, faulty } = drawPlan(options.nodes, faultyMax, random)
  const chain = createSimulatedChain(plan, options.seed)
  const world = createWorld(chain, random, drawDissemination(options), options.onTrace)
  const byzantine = [...faulty]
  // One of the faulty may be a correct node with a broken disk or clock instead.
  const hasSpare = options.adversary === 'none' || (faulty.length > 1 && random.chance(0.3))
  const spare = hasSpare ? byzantine.pop() : undefined
  if (options.adversary === 'none') byzantine.length = 0
  const honestSlots = [...plan.weights.keys()].filter((slot) => !byzantine.includes(slot))
  const schedule = drawFaultSchedule(
    {
      actors: plan.weights.length + byzantine.length,
      honest: honestSlots.length,
      blocking: Array.from({ length: faultyMax + 1 }, (_, id) => id),
      spare: spare === undefined ? undefined : honestSlots.indexOf(spare),
    },
    random.fork(),
  )
  const honest = honestSlots.map((slot, index) => {
    const disk = createDisk(chain.genesis, random.fork())
    const isSkewed = schedule.skewed?.node === index
    const skew = isSkewed ? { skewMs: schedule.skewed.skewMs } : {}
    return new SimulatedNode(world, { id: index, slot, isHonest: true, isVoting: true, disk, ...skew })
  })
  world.actors.push(...honest)
  for (const slot of byzantine) {
    const { adversary } = options
    if (adversary === 'none') continue
    const name = adversary === 'mixed' ? drawAdversary(random) : adversary
    world.actors.push(...createAdversary(name, world, slot, world.actors.length))
  }
  return { world, honest, clients: createClients(world, honest, random.fork()), schedule }
}

function createWorld(
  chain: SimulatedChain,
  random: SeededRandom,
  dissemination: Dissemination | undefined,
  onTrace: ((line: string) => void) | undefined,
): World {
  const queue = createEventQueue()
  const trace = createTrace(onTrace)
  const invariants = createInvariants(chain)
  const network = createLossyNetwork(
    queue,
    random.fork(),
    (from, to, message) => {
      const { view, hash } = subjectOf(message)
      trace.note(queue.nowMs, to * 1000 + from, onTrace ? `${from} → ${to} ${message.type}` : message.type, view, hash)
      world.actors[to]?.receive(message, from)
    },
    (from, message) => {
      if (world.actors[from]?.isHonest === true) invariants.violate(`CODEC: ${message.type} of honest ${from}`)
    },
  )
  const verifications = createVerificationCache()
  const world: World = {
    chain,
    queue,
    network,
    invariants,
    verifications,
    random,
    trace,
    actors: [],
    crashRate: 0,
    ...(dissemination === undefined ? {} : { dissemination }),
  }
  return world
}

/**
 * In a third of the runs votes go to a collector or two, as in large sets; where the threshold is given, to so many as all
 * sets, few validators, or production have. Of a generator of its own: the others stay as they were.
 */
function drawDissemination({ seed, collectorsAbove }: SimulationOptions): Dissemination | undefined {
  const random = createSeededRandom(seed ^ COLLECTORS_DOMAIN)
  if (collectorsAbove !== undefined) {
    return { gossipMax: collectorsAbove, collectors: COLLECTOR_COUNTS[random.below(COLLECTOR_COUNTS.length)] ?? 1 }
  }
  return random.below(3) === 0 ? { gossipMax: 0, collectors: 1 + random.below(2) } : undefined
}
