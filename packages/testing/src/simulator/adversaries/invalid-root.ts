/** Fault: as leader, proposes blocks whose state root does not follow, and votes for them; correct otherwise. */
import type { Proposal } from '@cairn/chain'
import { blockFromParts } from '@cairn/chain'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'
import { forgeVote, keyInSet } from './forged-block.ts'

export function createInvalidRoot(world: World, slot: number, id: number): readonly Actor[] {
  const { chain, network } = world
  const random = world.random.fork()
  const wrong = new WeakMap<Proposal, WireMessage>()

  const wrongOf = (proposal: Proposal): WireMessage => {
    const known = wrong.get(proposal)
    if (known !== undefined) return known
    const { header, payload, accessList, evidence } = proposal.block
    const block = blockFromParts({ ...header, stateRoot: chain.genesisHash }, payload, accessList, evidence)
    const key = keyInSet(chain, node, slot)
    const vote = key === undefined ? proposal.vote : forgeVote(chain, key, 'notarize', proposal.view, block.hash)
    const message: WireMessage = { type: 'proposal', proposal: { ...proposal, block, vote } }
    wrong.set(proposal, message)
    return message
  }

  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      // To some: the others see an equivocation besides.
      if (message.type !== 'proposal' || random.chance(0.2)) return false
      network.send(id, to, wrongOf(message.proposal))
      return true
    },
  })
  return [node]
}
