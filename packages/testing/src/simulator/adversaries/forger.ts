/**
 * Fault: forges. Votes in the names of others, certificates and bundles with bad signatures or too few signers,
 * proposals with other bytes or another vote.
 */
import { ZERO_HASH, view as viewOf } from '@cairn/primitives'
import { bitmapFromIndices } from '@cairn/chain'
import type { Certificate, Proposal, Vote, VoteSubject } from '@cairn/chain'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded, withBeside } from './faulty-node.ts'

/** Forged messages per received vote or proposal, to each of some peers. */
const FORGE_RATE = 0.3

export function createForger(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const badSignature = (): Uint8Array => new Uint8Array(96).fill(random.below(256), 0, 8)

  const node = createFaultyNode(world, slot, id)

  const sendToSome = (message: WireMessage): void => {
    for (const to of world.actors.keys()) if (to !== id && random.chance(0.5)) sendEncoded(world, id, to, message)
  }

  const forgedVote = (vote: Vote, size: number): Vote => ({
    ...vote,
    validator: random.below(size),
    signature: badSignature(),
  })

  const forgedCertificate = ({ kind, epoch, view, hash }: VoteSubject, size: number): Certificate => {
    const signers = Array.from({ length: size - random.below(3) }, (_, index) => index)
    return {
      kind,
      epoch,
      view,
      hash: kind === 'nullify' ? ZERO_HASH : hash,
      signers: bitmapFromIndices(signers, size),
      signature: badSignature(),
    }
  }

  const forgedProposal = (proposal: Proposal, size: number): Proposal => {
    const { block, vote } = proposal
    const choice = random.below(3)
    if (choice === 0) return { ...proposal, block: { ...block, payload: Uint8Array.of(random.below(256)) } }
    if (choice === 1) return { ...proposal, vote: { ...vote, signature: badSignature() } }
    const nullifications = [forgedCertificate({ ...vote, kind: 'nullify' }, size)]
    return { ...proposal, entryProof: { ...proposal.entryProof, nullifications } }
  }

  return withBeside(node, {
    react(message, from) {
      // Of what the correct ones say: forgers that answer each other would multiply for ever.
      if (world.actors[from]?.isHonest !== true || !random.chance(FORGE_RATE) || !node.isUp) return
      const size = node.consensus.validators.validators.length
      if (message.type === 'proposal') {
        sendToSome({ type: 'proposal', proposal: forgedProposal(message.proposal, size) })
      }
      if (message.type !== 'vote') return
      const { kind, epoch, view } = message.vote
      sendToSome({ type: 'vote', vote: forgedVote(message.vote, size) })
      const later = { ...message.vote, view: viewOf(view + random.below(3)) }
      const certificate = forgedCertificate(later, size)
      sendToSome({ type: 'certificate', certificate })
      if (kind === 'nullify') return
      const entryProof = { base: certificate, nullifications: [] }
      sendToSome({ type: 'status', status: { epoch, finalization: undefined, entryProof, votes: [] } })
    },
  })
}
