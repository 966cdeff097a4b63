/** Puts a schedule's faults into a world, each at its time, and takes all of them back when it heals. */
import type { Clients } from '../clients.ts'
import type { SimulatedNode } from '../node/simulated-node.ts'
import type { World } from '../world.ts'
import type { Fault, FaultSchedule } from './fault-schedule.ts'

/** `kept`: indices of the faults that happen; all where it is absent. */
export function applyFaults(
  world: World,
  honest: readonly SimulatedNode[],
  clients: Clients,
  schedule: FaultSchedule,
  kept?: readonly number[],
): void {
  const { queue, network } = world
  for (const [index, fault] of schedule.faults.entries()) {
    if (kept !== undefined && !kept.includes(index)) continue
    queue.after(fault.atMs, () => {
      world.trace.note(queue.nowMs, index, `fault ${index}: ${fault.kind}`, 0)
      apply(world, honest, clients, fault, schedule.healedAtMs)
    })
  }
  queue.after(schedule.healedAtMs, () => {
    world.crashRate = 0
    network.restore()
    clients.setBusy(true)
    world.trace.note(queue.nowMs, 0, 'healed', 0)
  })
}

function apply(
  world: World,
  honest: readonly SimulatedNode[],
  clients: Clients,
  fault: Fault,
  healedAtMs: number,
): void {
  const { network } = world
  switch (fault.kind) {
    case 'links':
      Object.assign(network.faults, {
        lossRate: fault.lossRate,
        duplicateRate: fault.duplicateRate,
        delayMaxMs: fault.delayMaxMs,
      })
      return
    case 'partition':
      return partition(world, fault.sides, fault.isOneWay)
    case 'flapping':
      return flap(world, fault, healedAtMs)
    case 'links-back':
      return network.joinLinks()
    case 'blackout':
      // Everybody alone: timers run, nothing else does.
      for (const from of world.actors.keys()) for (const to of world.actors.keys()) network.cutLink(from, to)
      return
    case 'fog':
      network.faults.hidesProposals = true
      return
    case 'crash':
      return honest[fault.node]?.crash(fault.downMs, fault.isDamaged)
    case 'crash-all':
      for (const [index, node] of honest.entries()) node.crash(fault.downMs[index] ?? 0)
      return
    case 'crash-at-writes':
      world.crashRate = fault.rate
      return
    default:
      clients.setBusy(fault.isBusy)
  }
}

function partition({ actors, network }: World, sides: readonly boolean[], isOneWay: boolean): void {
  network.joinLinks()
  for (const from of actors.keys()) {
    for (const to of actors.keys()) {
      if (sides[from] === sides[to] || (isOneWay && sides[from] === true)) continue
      network.cutLink(from, to)
    }
  }
}

/** There and gone again, until another fault touches the links or all is healed. */
function flap(world: World, fault: Extract<Fault, { kind: 'flapping' }>, healedAtMs: number): void {
  const { queue, network } = world
  const swap = (isCut: boolean, generation: number): void => {
    if (queue.nowMs >= healedAtMs || network.generation !== generation) return
    if (isCut) partition(world, fault.sides, fault.isOneWay)
    else network.joinLinks()
    const next = network.generation
    queue.after(fault.periodMs, () => swap(!isCut, next))
  }
  swap(true, network.generation)
}
