/**
 * Fault: a collector that does not do its work. Keeps the certificates that it makes for itself, shows them to one node only, or
 * shows everybody another one first: of the same votes with a bad signature, or of fewer than a quorum. It sends its own votes
 * to everybody but those who collect them, and otherwise does what it should.
 */
import { bitmapFromIndices } from '@cairn/chain'
import type { Certificate } from '@cairn/chain'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded } from './faulty-node.ts'

const FAVOURITE_RATE = 0.2
const SPOILED_RATE = 0.3

export function createSilentCollector(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  let favourite = 0
  const node = createFaultyNode(world, slot, id, {
    onSend(to, message) {
      switch (message.type) {
        case 'certificate':
          if (random.chance(FAVOURITE_RATE)) favourite = random.below(world.actors.length)
          if (to === favourite) return false
          if (random.chance(SPOILED_RATE)) {
            sendEncoded(world, id, to, {
              type: 'certificate',
              certificate: spoil(message.certificate, random.chance(0.5)),
            })
          }
          return true
        case 'certificates':
        case 'status':
          return true
        case 'vote':
          return random.chance(0.5)
        default:
          return false
      }
    },
  })
  return [node]
}

/** By its signature, or by all signers but the first. */
function spoil(certificate: Certificate, bySignature: boolean): Certificate {
  if (bySignature) return { ...certificate, signature: certificate.signature.map((byte) => byte ^ 1) }
  const { length } = certificate.signers
  return { ...certificate, signers: bitmapFromIndices([0], length * 8) }
}
