/**
 * The phase of faults: loss, duplicates, delays, partitions, crashes; in half of the runs a blackout without any
 * quorum ends it. Then everything heals at once.
 */
import type { SeededRandom } from './random.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

const CHAOS_MIN_MS = 1_500
const CHAOS_MAX_MS = 4_500
const BLACKOUT_MAX_MS = 6_000
const LONG_ABSENCE_RATE = 0.07
const ABSENCE_MS = 8_000
/** A node that crashed last in the phase is up again by then. */
const RESTART_MAX_MS = 1_500

/** Schedules everything; the virtual time at which all is well again. */
export function scheduleChaos(world: World, honest: readonly SimulatedNode[], random: SeededRandom): number {
  const { queue, network } = world
  world.isBusy = random.chance(0.7)
  if (random.chance(LONG_ABSENCE_RATE)) return scheduleAbsence(world, honest)
  const endMs = random.between(CHAOS_MIN_MS, CHAOS_MAX_MS)
  for (let atMs = random.between(0, 600); atMs < endMs; atMs += random.between(200, 900)) {
    queue.after(atMs, () => disturb(world, honest, random, endMs - queue.nowMs))
  }
  world.crashRate = random.chance(0.5) ? 0.02 : 0
  const blackoutMs = random.chance(0.5) ? random.between(500, BLACKOUT_MAX_MS) : 0
  if (blackoutMs > 0) queue.after(endMs, () => isolateAll(world))
  const healedAtMs = endMs + blackoutMs
  queue.after(healedAtMs, () => {
    world.crashRate = 0
    network.faults.cut.clear()
    Object.assign(network.faults, { lossRate: 0, duplicateRate: 0, delayMinMs: 5, delayMaxMs: 40 })
  })
  return healedAtMs
}

/** One node is away for so long that it has to sync. The others have a good time. */
function scheduleAbsence({ queue }: World, honest: readonly SimulatedNode[]): number {
  queue.after(300, () => honest[0]?.crash(ABSENCE_MS - 300))
  return ABSENCE_MS
}

/** Everybody alone: timers run, nothing else does. */
function isolateAll({ actors, network }: World): void {
  for (const from of actors.keys()) for (const to of actors.keys()) network.cutLink(from, to)
}

function disturb(world: World, honest: readonly SimulatedNode[], random: SeededRandom, leftMs: number): void {
  const { network } = world
  const { faults } = network
  switch (random.below(8)) {
    case 0:
    case 1:
      faults.lossRate = random.chance(0.5) ? 0 : random.next() * 0.3
      faults.duplicateRate = random.chance(0.5) ? 0 : 0.2
      faults.delayMaxMs = random.between(20, 400)
      return
    case 2:
    case 3:
      return partition(world, random)
    case 4:
      faults.cut.clear()
      return
    case 5:
      return honest[random.below(honest.length)]?.crash(
        random.between(10, Math.max(10, Math.min(leftMs, RESTART_MAX_MS))),
      )
    case 6:
      if (random.chance(0.3)) for (const node of honest) node.crash(random.between(10, 300))
      return
    default:
      world.isBusy = random.chance(0.7)
      for (const node of honest) node.setTransactionsPending(world.isBusy)
  }
}

/** Halves, or one node alone, both ways or one. */
function partition({ actors, network }: World, random: SeededRandom): void {
  network.faults.cut.clear()
  const isOneWay = random.chance(0.3)
  const alone = random.below(actors.length)
  const isSplit = random.chance(0.6)
  const side = actors.map((_, id) => (isSplit ? random.chance(0.5) : id === alone))
  for (const from of actors.keys()) {
    for (const to of actors.keys()) {
      if (side[from] === side[to] || (isOneWay && side[from] === true)) continue
      network.cutLink(from, to)
    }
  }
}
