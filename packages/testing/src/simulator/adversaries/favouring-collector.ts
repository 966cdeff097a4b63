/**
 * Fault: a collector that tells nobody but the leader of the next view what it has made. That leader alone goes on; the others
 * learn of it by its proposal, by other collectors, or by the fall-back. It answers no question about certificates.
 */
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { view as viewOf } from '@cairn/primitives'
import { indexInSet } from '../model/model-chain.ts'
import { createFaultyNode } from './faulty-node.ts'

export function createFavouringCollector(world: World, slot: number, id: number): readonly Actor[] {
  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      if (message.type === 'certificates' || message.type === 'status') return true
      if (message.type !== 'certificate' || !node.isUp) return false
      const { consensus } = node
      const receiver = indexInSet(world.chain, consensus.validators, world.actors[to]?.slot ?? -1)
      return receiver === undefined || receiver !== consensus.leader(viewOf(message.certificate.view + 1))
    },
  })
  return [node]
}
