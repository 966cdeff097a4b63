/**
 * Looks at the honest nodes once a second of virtual time: what the rules hold is bounded, and nobody stays in a view for
 * longer than its timers may be at their cap without having given it up or finalized it (R1, R5).
 */
import type { SimulatedNode } from '../node/simulated-node.ts'
import type { World } from '../world.ts'
import { memoryExcess } from './memory-watch.ts'

const INTERVAL_MS = 1_000
/** ta at its cap (1.7 · Tmax), after the heartbeat of an idle leader; then signatures, one after the other. */
const VIEW_MAX_MS = 1.7 * 8_000 + 1_000 + 1_000

export function watchNodes(world: World, honest: readonly SimulatedNode[]): void {
  const { queue, invariants } = world
  const entered = honest.map(() => ({ place: '', atMs: 0 }))
  const look = (): void => {
    queue.after(INTERVAL_MS, look)
    for (const [index, node] of honest.entries()) {
      if (!node.isUp) continue
      const { consensus } = node
      const { validators, view } = consensus
      const excess = memoryExcess(consensus.footprint(), validators.validators.length)
      if (excess !== undefined) invariants.violate(`MEMORY: node ${node.slot} holds ${excess}`)
      // A restart begins the view, and its timers, anew.
      const place = `${node.life}:${validators.epoch}:${view}`
      const since = entered[index]
      if (since?.place !== place) entered[index] = { place, atMs: queue.nowMs }
      else if (queue.nowMs - since.atMs > VIEW_MAX_MS && !hasLetGo(node)) {
        invariants.violate(`VIEW_HELD: node ${node.slot} in view ${view}`)
      }
    }
  }
  look()
}

function hasLetGo({ consensus }: SimulatedNode): boolean {
  if (consensus.self === undefined || consensus.isAmnesiac) return true
  return consensus.status().votes.some(({ view, kind }) => view === consensus.view && kind !== 'notarize')
}
