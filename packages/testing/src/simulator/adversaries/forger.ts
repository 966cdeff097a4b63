/**
 * Fault: forges. Votes in the names of others, certificates and bundles with bad signatures or too few signers,
 * proposals with other bytes or another vote; as leader, blocks with a wrong state root.
 */
import { ZERO_HASH, view as viewOf } from '@cairn/primitives'
import { bitmapFromIndices, blockFromParts } from '@cairn/chain'
import type { Certificate, Proposal, Vote, VoteKind } from '@cairn/chain'
import type { Effect } from '@cairn/consensus'
import type { Hash, View } from '@cairn/primitives'
import { createDisk } from '../disk.ts'
import { SimulatedNode } from '../simulated-node.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { forgeVote } from './forged-block.ts'

/** Forged messages per received vote or proposal, to each of some peers. */
const FORGE_RATE = 0.3

export function createForger(world: World, slot: number, id: number): Actor {
  const { chain, network } = world
  const random = world.random.fork()
  const size = chain.validators.validators.length
  const badSignature = (): Uint8Array => new Uint8Array(96).fill(random.below(256), 0, 8)

  const node = new SimulatedNode(world, {
    id,
    slot,
    isHonest: false,
    isVoting: true,
    disk: createDisk(chain.genesis, world.random.fork()),
    intercept: (effect) => proposeWrongRoot(effect),
  })

  const sendToSome = (message: WireMessage): void => {
    for (const to of world.actors.keys()) if (to !== id && random.chance(0.5)) network.send(id, to, message)
  }

  const proposeWrongRoot = (effect: Effect): boolean => {
    if (effect.type !== 'broadcast-proposal' || random.chance(0.5)) return false
    const { block, view } = effect.proposal
    const header = { ...block.header, stateRoot: chain.genesisHash }
    const wrong = blockFromParts(header, block.payload, block.accessList)
    sendToSome({
      type: 'proposal',
      proposal: { ...effect.proposal, block: wrong, vote: forgeVote(chain, slot, 'notarize', view, wrong.hash) },
    })
    return true
  }

  const forgedVote = (vote: Vote): Vote => ({ ...vote, validator: random.below(size), signature: badSignature() })

  const forgedCertificate = (kind: VoteKind, view: View, hash: Hash): Certificate => {
    const signers = Array.from({ length: size - random.below(3) }, (_, index) => index)
    return {
      kind,
      epoch: chain.validators.epoch,
      view,
      hash: kind === 'nullify' ? ZERO_HASH : hash,
      signers: bitmapFromIndices(signers, size),
      signature: badSignature(),
    }
  }

  const forgedProposal = (proposal: Proposal): Proposal => {
    const { block, vote, view } = proposal
    const choice = random.below(3)
    if (choice === 0) return { ...proposal, block: { ...block, payload: Uint8Array.of(random.below(256)) } }
    if (choice === 1) return { ...proposal, vote: { ...vote, signature: badSignature() } }
    const nullifications = [forgedCertificate('nullify', view, ZERO_HASH)]
    return { ...proposal, entryProof: { ...proposal.entryProof, nullifications } }
  }

  return {
    slot,
    isHonest: false,
    start: () => node.start(),
    receive(message, from) {
      node.receive(message, from)
      if (!random.chance(FORGE_RATE)) return
      if (message.type === 'proposal') sendToSome({ type: 'proposal', proposal: forgedProposal(message.proposal) })
      if (message.type !== 'vote') return
      const { kind, hash, view } = message.vote
      sendToSome({ type: 'vote', vote: forgedVote(message.vote) })
      const certificate = forgedCertificate(kind, viewOf(view + random.below(3)), hash)
      sendToSome({ type: 'certificate', certificate })
      const entryProof = { base: kind === 'nullify' ? undefined : certificate, nullifications: [] }
      const status = { epoch: chain.validators.epoch, finalization: undefined, entryProof, votes: [] }
      if (kind !== 'nullify') sendToSome({ type: 'status', status })
    },
  }
}
