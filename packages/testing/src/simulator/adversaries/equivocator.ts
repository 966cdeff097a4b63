/** Fault: a leader that proposes one block to half of the nodes and another one to the rest; correct otherwise. */
import type { Proposal } from '@cairn/chain'
import type { Effect } from '@cairn/consensus'
import { createDisk } from '../disk.ts'
import { SimulatedNode } from '../simulated-node.ts'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { forgeBlock, forgeVote } from './forged-block.ts'

export function createEquivocator(world: World, slot: number, id: number): Actor {
  const random = world.random.fork()

  const second = (proposal: Proposal): Proposal | undefined => {
    const { consensus } = node
    const parent = consensus.head.hash === proposal.parentHash ? consensus.head : consensus.block(proposal.parentHash)
    if (parent === undefined) return undefined
    const block = forgeBlock(world.chain, slot, proposal.view, parent, random.below(2 ** 32))
    return { ...proposal, block, vote: forgeVote(world.chain, slot, 'notarize', proposal.view, block.hash) }
  }

  const intercept = (effect: Effect): boolean => {
    if (effect.type !== 'broadcast-proposal') return false
    const other = second(effect.proposal) ?? effect.proposal
    for (const to of world.actors.keys()) {
      if (to === id) continue
      world.network.send(id, to, { type: 'proposal', proposal: random.chance(0.5) ? effect.proposal : other })
    }
    return true
  }

  const node = new SimulatedNode(world, {
    id,
    slot,
    isHonest: false,
    isVoting: true,
    disk: createDisk(world.chain.genesis, world.random.fork()),
    intercept,
  })
  return node
}
