/**
 * Fault: lives in the past. As leader it builds on old justified blocks with the entry proof of then, over views that
 * were notarized meanwhile; and it repeats old messages of everybody, also ones of views long final.
 */
import type { Certificate, Proposal } from '@cairn/chain'
import { view as viewOf } from '@cairn/primitives'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, withBeside } from './faulty-node.ts'
import { forgeBlock, forgeVote, keyInSet } from './forged-block.ts'
import type { ForgedParent } from './forged-block.ts'

const REMEMBERED_MAX = 256
const JUSTIFIED_MAX = 8
const TICK_MS = 120
const REPEATED_PER_TICK = 3

export function createStaleProof(world: World, slot: number, id: number): readonly Actor[] {
  const { chain, network, queue } = world
  const random = world.random.fork()
  const remembered: WireMessage[] = []
  const justified: { readonly parent: ForgedParent; readonly base: Certificate | undefined }[] = [
    { parent: chain.genesis, base: undefined },
  ]

  const learn = (certificate: Certificate): void => {
    if (certificate.kind === 'nullify' || justified.some(({ base }) => base?.hash === certificate.hash)) return
    const parent = node.isUp ? node.consensus.block(certificate.hash) : undefined
    if (parent === undefined) return
    justified.push({ parent, base: certificate })
    if (justified.length > JUSTIFIED_MAX) justified.shift()
  }

  const staleOf = (proposal: Proposal): Proposal => {
    const { view } = proposal
    const older = justified.filter(({ base }) => (base?.view ?? 0) < proposal.parentView)
    const chosen = older[random.below(older.length)]
    const key = keyInSet(chain, node, slot)
    if (chosen === undefined || key === undefined || proposal.epoch !== key.set.epoch) return proposal
    const { parent, base } = chosen
    const block = forgeBlock(chain, key, view, parent, random.below(2 ** 32))
    const { nullifications } = proposal.entryProof
    return {
      ...proposal,
      block,
      parentView: viewOf(base?.view ?? 0),
      parentHash: parent.hash,
      entryProof: { base, nullifications },
      vote: forgeVote(chain, key, 'notarize', view, block.hash),
    }
  }

  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      if (message.type !== 'proposal' || random.chance(0.3)) return false
      network.send(id, to, { type: 'proposal', proposal: staleOf(message.proposal) })
      return true
    },
  })

  const tick = (): void => {
    queue.after(TICK_MS, tick)
    for (let count = 0; count < REPEATED_PER_TICK; count++) {
      const message = remembered[random.below(remembered.length)]
      const to = random.below(world.actors.length)
      if (message !== undefined && to !== id) network.send(id, to, message)
    }
  }

  return withBeside(node, {
    begin: () => queue.after(TICK_MS, tick),
    react(message) {
      if (message.type === 'certificate') learn(message.certificate)
      if (message.type === 'proposal' && message.proposal.entryProof.base) learn(message.proposal.entryProof.base)
      if (message.type.startsWith('get-') || message.type === 'range') return
      if (remembered.length < REMEMBERED_MAX) remembered.push(message)
      else remembered[random.below(REMEMBERED_MAX)] = message
    },
  })
}
