/**
 * Fault: a collector with several truths. Of the votes that it was sent it makes other certificates for each half of the
 * nodes: of all of them, of a bare quorum without those that signed first, of too few. One of them only at a time is what it took for good
 * itself; all but the last are valid, and differ in bitmap and signature.
 */
import { assembleCertificate } from '@cairn/chain'
import type { Certificate, ValidatorSet, Vote } from '@cairn/chain'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded, withBeside } from './faulty-node.ts'
import { createHeardVotes } from './heard-votes.ts'

export function createSplitCollector(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const heard = createHeardVotes()
  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      if (message.type !== 'certificate' || !node.isUp) return false
      const { certificate } = message
      const { validators } = node.consensus
      const votes = heard.of(certificate)
      if (certificate.epoch !== validators.epoch || votes.length === 0) return false
      const isFirstHalf = to % 2 === certificate.view % 2
      const wanted = isFirstHalf ? bareQuorum(votes, validators) : votes.slice(0, random.below(votes.length) + 1)
      sendEncoded(world, id, to, { type: 'certificate', certificate: certify(world, certificate, wanted, validators) })
      // Some get nothing else.
      return random.chance(0.7)
    },
  })
  return withBeside(node, {
    hear(message, from) {
      if (message.type === 'vote' && world.actors[from]?.isHonest === true) heard.note(message.vote)
    },
  })
}

function certify(world: World, subject: Certificate, votes: readonly Vote[], set: ValidatorSet): Certificate {
  return assembleCertificate(subject, votes, world.chain.bls, set.validators.length)
}

/** Of the last ones: the first ones miss their signature in it. */
function bareQuorum(votes: readonly Vote[], set: ValidatorSet): readonly Vote[] {
  const chosen: Vote[] = []
  let weight = 0n
  for (const vote of votes.toReversed()) {
    if (weight >= set.quorum) break
    weight += set.validators[vote.validator]?.weight ?? 0n
    chosen.push(vote)
  }
  return chosen
}
