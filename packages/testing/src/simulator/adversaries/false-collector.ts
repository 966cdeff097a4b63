/**
 * Fault: a collector that makes certificates up before the quorum is there, in the hope that theirs is looked at first: of
 * the votes that it has, with the bits of everybody set; with one vote twice; with a vote that was garbled; of votes of another kind or
 * block; with a bitmap that is too long. The true one, when it comes to that, follows.
 */
import { assembleCertificate, bitmapFromIndices } from '@cairn/chain'
import type { Certificate, Vote } from '@cairn/chain'
import type { SeededRandom } from '../random.ts'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded, withBeside } from './faulty-node.ts'
import { createHeardVotes } from './heard-votes.ts'

const FALSE_RATE = 0.3
const BIT_OF_FIRST_BYTE = 8

export function createFalseCollector(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const heard = createHeardVotes()
  const node = createFaultyNode(world, slot, id)
  return withBeside(node, {
    react(message, from) {
      if (message.type !== 'vote' || world.actors[from]?.isHonest !== true || !node.isUp) return
      heard.note(message.vote)
      const { epoch, validators } = node.consensus.validators
      if (message.vote.epoch !== epoch || !random.chance(FALSE_RATE)) return
      const size = validators.length
      const certificate = falsify(world, heard.of(message.vote), size, random)
      for (const to of world.actors.keys()) {
        if (to !== id && random.chance(0.5)) sendEncoded(world, id, to, { type: 'certificate', certificate })
      }
    },
  })
}

function falsify(world: World, votes: readonly Vote[], size: number, random: SeededRandom): Certificate {
  const { bls } = world.chain
  const [subject] = votes as readonly [Vote]
  const honest = assembleCertificate(subject, votes, bls, size)
  const everybody = bitmapFromIndices(
    Array.from({ length: size }, (_, index) => index),
    size,
  )
  switch (random.below(6)) {
    case 0:
      return { ...honest, signers: everybody }
    case 1:
      // The weight of one counted twice, in the only way a bitmap can say so.
      return {
        ...honest,
        signers: everybody,
        signature: bls.aggregate([...votes, subject].map((vote) => vote.signature)),
      }
    case 2: {
      const garbled = subject.signature.map((byte, index) => (index < BIT_OF_FIRST_BYTE ? byte ^ 0x5a : byte))
      return {
        ...honest,
        signers: everybody,
        signature: bls.aggregate([garbled, ...votes.slice(1).map((vote) => vote.signature)]),
      }
    }
    case 3:
      // What was signed to notarize passes for a finalization, and the other way round.
      return { ...honest, signers: everybody, kind: honest.kind === 'notarize' ? 'finalize' : 'notarize' }
    case 4:
      return { ...honest, signers: Uint8Array.of(...everybody, 0xff) }
    default:
      return honest
  }
}
