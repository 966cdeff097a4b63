/** Fault: a leader that proposes one block to half of the nodes and another one to the rest; correct otherwise. */
import type { Proposal } from '@cairn/chain'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'
import { forgeSibling, forgeVote, keyInSet } from './forged-block.ts'

export function createEquivocator(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  /** The other proposal to each own one. */
  const others = new WeakMap<Proposal, WireMessage>()

  const otherOf = (proposal: Proposal): WireMessage => {
    const known = others.get(proposal)
    if (known !== undefined) return known
    const { consensus } = node
    const parent = consensus.head.hash === proposal.parentHash ? consensus.head : consensus.block(proposal.parentHash)
    const key = keyInSet(world.chain, node, slot)
    const isNew = proposal.block.hash !== proposal.parentHash
    const root = isNew ? parent?.header.stateRoot : undefined
    const block = root && forgeSibling(world.chain, proposal.block, root, random.below(2 ** 32))
    const vote = block && key && forgeVote(world.chain, key, 'notarize', proposal.view, block.hash)
    const other = block && vote ? { ...proposal, block, vote } : proposal
    const message: WireMessage = { type: 'proposal', proposal: other }
    others.set(proposal, message)
    return message
  }

  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      if (message.type !== 'proposal') return false
      // One, the other, or both: then the rest learns of it as well.
      const choice = random.below(3)
      if (choice > 0) world.network.send(id, to, otherOf(message.proposal))
      return choice === 1
    },
  })
  return [node]
}
