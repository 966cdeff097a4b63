/**
 * Fault: splits the vote. Tells some nodes that it notarized or finalized a block and others that it nullified the
 * view or voted for another block, and sends what would complete a quorum late, when the timers run out.
 */
import type { Vote } from '@cairn/chain'
import type { Hash, View } from '@cairn/primitives'
import { digestOf } from '../model/digest.ts'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, withBeside } from './faulty-node.ts'
import { forgeVote, keyInSet } from './forged-block.ts'

const LATE_MAX_MS = 800

export function createVoteSplitter(world: World, slot: number, id: number): readonly Actor[] {
  const { chain, network } = world
  const random = world.random.fork()
  /** Blocks heard of in each view. */
  const hashes = new Map<View, Hash[]>()
  const learn = (view: View, hash: Hash): void => {
    const known = hashes.get(view) ?? []
    if (!known.includes(hash)) hashes.set(view, [...known, hash])
  }

  /** The opposite of what it says to the others. */
  const opposite = (vote: Vote): Vote => {
    const { kind, view, hash } = vote
    const key = keyInSet(chain, node, slot)
    if (key === undefined || vote.epoch !== key.set.epoch) return vote
    const known = hashes.get(view) ?? []
    if (kind === 'nullify') {
      const [first] = known
      const block = first ?? digestOf(`unheard of in ${view}`)
      return forgeVote(chain, key, first === undefined ? 'notarize' : 'finalize', view, block)
    }
    const other = known.find((candidate) => candidate !== hash)
    return other === undefined ? forgeVote(chain, key, 'nullify', view, hash) : forgeVote(chain, key, kind, view, other)
  }

  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      if (message.type !== 'vote') return false
      const { vote } = message
      const choice = random.below(4)
      const lateMs = random.chance(0.5) ? random.between(0, LATE_MAX_MS) : 0
      if (choice === 0) network.send(id, to, { type: 'vote', vote: opposite(vote) }, lateMs)
      else if (choice === 1) network.send(id, to, message, lateMs)
      else if (choice === 2) {
        network.send(id, to, message, lateMs)
        network.send(id, to, { type: 'vote', vote: opposite(vote) }, lateMs)
      }
      return true
    },
  })
  return withBeside(node, {
    hear(message) {
      if (message.type === 'proposal') learn(message.proposal.view, message.proposal.block.hash)
      if (message.type === 'vote' && message.vote.kind !== 'nullify') learn(message.vote.view, message.vote.hash)
    },
  })
}
