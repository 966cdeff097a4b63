/**
 * One seeded run: a phase of faults, then healing, then the wait for progress. Same seed and options ⇒ the same
 * run, event for event (`traceHash`).
 */
import { createEquivocator } from './adversaries/equivocator.ts'
import { createForger } from './adversaries/forger.ts'
import { createSignEverything } from './adversaries/sign-everything.ts'
import { createSilent } from './adversaries/silent.ts'
import { createTwins } from './adversaries/twins.ts'
import { scheduleChaos } from './chaos.ts'
import { createDisk } from './disk.ts'
import { createEventQueue } from './event-queue.ts'
import { createInvariants } from './invariants.ts'
import { createLossyNetwork } from './lossy-network.ts'
import { createSimulatedChain } from './model-application.ts'
import { mutantOptions } from './mutants.ts'
import type { Mutant } from './mutants.ts'
import { createSeededRandom } from './random.ts'
import type { SeededRandom } from './random.ts'
import { SimulatedNode } from './simulated-node.ts'
import type { Actor } from './wire.ts'
import type { World } from './world.ts'

export const ADVERSARIES = ['none', 'silent', 'equivocator', 'twins', 'sign-everything', 'forger'] as const
export type Adversary = (typeof ADVERSARIES)[number]

export interface SimulationOptions {
  readonly seed: number
  /** 4 or 7: ⌊(n − 1)/3⌋ of them are adversaries. */
  readonly nodes: number
  readonly adversary: Adversary
  /** A rule that is broken on purpose in every honest node. */
  readonly mutant?: Mutant
}

export interface SimulationResult {
  /** `undefined`: everything held. */
  readonly violation: string | undefined
  /** From the end of all faults to the first commit of a block above all earlier ones. */
  readonly healToCommitMs: number
  readonly virtualMs: number
  readonly height: number
  readonly events: number
  /** Folded over every delivered message and crash. */
  readonly traceHash: number
}

/** All honest nodes must be above the height of the healing within this time. */
const LIVENESS_BOUND_MS = 30_000

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const run = createRun(options)
  const { world, honest } = run
  const { queue, invariants } = world
  for (const actor of world.actors) actor.start()
  const healedAtMs = scheduleChaos(world, honest, run.random.fork())
  let events = 0
  let heightAtHeal: number | undefined
  let firstCommitMs: number | undefined
  while (invariants.violation === undefined) {
    const event = queue.pop()
    if (event === undefined) break
    events++
    if (heightAtHeal === undefined && queue.nowMs >= healedAtMs) heightAtHeal = invariants.maxHeight
    const done = event()
    if (done instanceof Promise) await done
    if (heightAtHeal === undefined) continue
    if (firstCommitMs === undefined && invariants.maxHeight > heightAtHeal) firstCommitMs = queue.nowMs - healedAtMs
    if (firstCommitMs !== undefined && run.disks.every((disk) => disk.head.header.height > (heightAtHeal ?? 0))) break
    if (queue.nowMs > healedAtMs + LIVENESS_BOUND_MS) invariants.violate('STALLED: no progress after healing')
  }
  return {
    violation: invariants.violation,
    healToCommitMs: firstCommitMs ?? Number.POSITIVE_INFINITY,
    virtualMs: queue.nowMs,
    height: invariants.maxHeight,
    events,
    traceHash: run.traceHash(),
  }
}

interface Run {
  readonly world: World
  readonly random: SeededRandom
  readonly honest: readonly SimulatedNode[]
  readonly disks: readonly ReturnType<typeof createDisk>[]
  traceHash(): number
}

function createRun(options: SimulationOptions): Run {
  const random = createSeededRandom(options.seed)
  const isWeighted = random.chance(0.5)
  const weights = Array.from({ length: options.nodes }, () => BigInt(isWeighted ? random.between(10, 11) : 1))
  const chain = createSimulatedChain(weights, options.seed)
  const queue = createEventQueue()
  const actors: Actor[] = []
  let traceHash = 0x811c9dc5
  const trace = (actor: number, what: string, detail: number): void => {
    for (const value of [Math.round(queue.nowMs * 1000), actor, what.length, what.charCodeAt(0), detail]) {
      traceHash = Math.imul(traceHash ^ value, 0x01000193)
    }
  }
  const network = createLossyNetwork(queue, random.fork(), (from, to, message) => {
    trace(to * 100 + from, message.type, message.type === 'vote' ? message.vote.view : 0)
    actors[to]?.receive(message, from)
  })
  const invariants = createInvariants(chain)
  const world: World = { chain, queue, network, invariants, random, actors, crashRate: 0, isBusy: true, trace }

  const faulty = options.adversary === 'none' ? 0 : Math.floor((options.nodes - 1) / 3)
  const honest: SimulatedNode[] = []
  const disks: ReturnType<typeof createDisk>[] = []
  for (let slot = faulty; slot < options.nodes; slot++) {
    const disk = createDisk(chain.genesis, random.fork())
    const node = new SimulatedNode(world, {
      id: actors.length,
      slot,
      isHonest: true,
      isVoting: true,
      disk,
      ...mutantOptions(options.mutant),
    })
    actors.push(node)
    honest.push(node)
    disks.push(disk)
  }
  for (let slot = 0; slot < faulty; slot++)
    actors.push(...createAdversary(world, options.adversary, slot, actors.length))
  return { world, random, honest, disks, traceHash: () => traceHash >>> 0 }
}

function createAdversary(world: World, adversary: Adversary, slot: number, id: number): readonly Actor[] {
  switch (adversary) {
    case 'none':
      return []
    case 'silent':
      return [createSilent(slot)]
    case 'forger':
      return [createForger(world, slot, id)]
    case 'equivocator':
      return [createEquivocator(world, slot, id)]
    case 'twins':
      return createTwins(world, slot, id)
    default:
      return [createSignEverything(world, slot, id)]
  }
}
