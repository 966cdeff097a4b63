/**
 * One seeded run: a phase of faults, then healing, then the wait for progress. Same seed and options ⇒ the same
 * run, byte for byte, on every engine (`digest`).
 */
import { applyFaults } from './faults/apply-faults.ts'
import { createRun } from './run.ts'
import type { Adversary, Run, SimulationOptions } from './run.ts'
import type { SimulatedNode } from './node/simulated-node.ts'
import { watchNodes } from './watch/node-watch.ts'

export interface SimulationResult {
  /** `undefined`: everything held. */
  readonly violation: string | undefined
  /** From the end of all faults to the first commit of a block above all earlier ones. */
  readonly healToCommitMs: number
  /** From the end of all faults until every node has caught up, and has every transaction handed in before. */
  readonly healToAllMs: number
  /** All of it; in a fog `idleMs` of it are minutes in which views only time out. */
  readonly virtualMs: number
  readonly idleMs: number
  readonly height: number
  readonly events: number
  /** Faults in the schedule. */
  readonly faultCount: number
  /** Folded over every delivered message, crash and fault. */
  readonly digest: string
}

/** As reliability goal 1 has it for more than a third that was silent. */
const LIVENESS_BOUND_MS = 20_000
/** What a faulty leader may cost besides, where timers have grown to their cap. */
const CAPPED_TIMEOUT_MS = 8_000
/** Heights that a node which keeps up may be behind the first one. */
const LAG_MAX = 8
/** After everybody has caught up: what is under way may still go wrong. */
const SETTLING_MS = 500
const FAIR_WEATHER_MS = 2_000
/** Who was away counts as silent until it votes again (R8), and its views are given up at once: it gets so long. */
const RETURN_MAX_MS = 5_000
const COLLECTOR_FAULTS: ReadonlySet<Adversary> = new Set([
  'silent-collector',
  'split-collector',
  'favouring-collector',
  'false-collector',
  'collector-flooder',
])
/** A run beyond this many events is a storm: something answers itself. */
const EVENTS_PER_NODE_MAX = 250_000

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const run = createRun(options)
  const { world, schedule } = run
  const { queue, invariants } = world
  for (const actor of world.actors) actor.start()
  run.clients.start()
  watchNodes(world, run.honest)
  applyFaults(world, run.honest, run.clients, schedule, options.faults)
  const faultyMax = Math.floor((options.nodes - 1) / 3)
  const extraMs = schedule.idleMs > 0 ? faultyMax * CAPPED_TIMEOUT_MS : 0
  const progress = watchProgress(run, options.livenessBoundMs ?? LIVENESS_BOUND_MS + extraMs)
  const eventsMax = EVENTS_PER_NODE_MAX * options.nodes
  let events = 0
  let doneAtMs: number | undefined
  let settlingAtMs: number | undefined
  let votesBefore: readonly number[] = []
  while (invariants.violation === undefined) {
    const event = queue.pop()
    if (event === undefined) break
    if (++events > eventsMax) invariants.violate(`STORM: ${events} events`)
    try {
      const done = event()
      if (done instanceof Promise) await done
    } catch (error) {
      invariants.violate(`CRASHED: ${String(error)}`)
    }
    if (queue.nowMs < schedule.healedAtMs || !progress.isDone()) continue
    if (doneAtMs === undefined) {
      doneAtMs = queue.nowMs
      votesBefore = run.honest.map(({ slot }) => invariants.votesOf(slot))
    }
    if (!isCorrectLeader(options.adversary) || !isAllWell(run)) break
    if (settlingAtMs === undefined) {
      const missing = run.honest.filter((node, index) => !hasVoted(run, node, votesBefore[index] ?? 0))
      if (missing.length === 0) settlingAtMs = queue.nowMs
      else if (queue.nowMs > doneAtMs + RETURN_MAX_MS) invariants.violate(`TRAILS: node ${missing[0]?.slot}`)
      continue
    }
    if (queue.nowMs > settlingAtMs + SETTLING_MS) invariants.beginFairWeather()
    if (queue.nowMs > settlingAtMs + SETTLING_MS + FAIR_WEATHER_MS) break
  }
  return {
    violation: invariants.violation,
    healToCommitMs: progress.firstCommitMs,
    healToAllMs: (doneAtMs ?? queue.nowMs) - schedule.healedAtMs,
    virtualMs: queue.nowMs,
    idleMs: schedule.idleMs,
    height: invariants.maxHeight,
    events,
    faultCount: schedule.faults.length,
    digest: world.trace.digest(),
  }
}

/** Nobody is faulty, or only in what it does with votes: no reason for anybody to give up the view of a correct leader. */
function isCorrectLeader(adversary: Adversary): boolean {
  return adversary === 'none' || COLLECTOR_FAULTS.has(adversary)
}

/** Somebody faulty may cost views at any time. */
function isAllWell({ schedule, honest }: Run): boolean {
  return schedule.skewed === undefined && honest.every((node) => node.isUp && !node.consensus.isAmnesiac)
}

/** Or has no vote in its epoch. */
function hasVoted({ world }: Run, { slot, consensus }: SimulatedNode, before: number): boolean {
  return consensus.self === undefined || world.invariants.votesOf(slot) > before
}

interface Progress {
  readonly firstCommitMs: number
  /** Call after each event from the healing on. */
  isDone(): boolean
}

function watchProgress({ world, honest, clients, schedule }: Run, boundMs: number): Progress {
  const { queue, invariants } = world
  let target: { readonly height: number; readonly nonces: readonly number[] } | undefined
  let seenCommits = -1
  let firstCommitMs = Number.POSITIVE_INFINITY
  let waitingFor = honest
  return {
    get firstCommitMs() {
      return firstCommitMs
    },
    isDone() {
      target ??= { height: invariants.maxHeight, nonces: clients.submitted() }
      const { height, nonces } = target
      const sinceMs = queue.nowMs - schedule.healedAtMs
      if (sinceMs > boundMs && waitingFor.length > 0) {
        invariants.violate(`STALLED: ${waitingFor.map(({ slot }) => slot).join(', ')} after ${sinceMs.toFixed(0)} ms`)
      }
      if (invariants.commits === seenCommits) return waitingFor.length === 0
      seenCommits = invariants.commits
      if (invariants.maxHeight > height && firstCommitMs === Number.POSITIVE_INFINITY) firstCommitMs = sinceMs
      waitingFor = waitingFor.filter((node) => {
        if (node.isRefused) return false
        const own = node.disk.head.header.height
        if (own <= height || own + LAG_MAX < invariants.maxHeight) return true
        return nonces.some((nonce, sender) => (node.ledger[sender] ?? 0) < nonce)
      })
      return waitingFor.length === 0
    },
  }
}
