/**
 * Fault: relays broken bundles. Certificates in proposals and statuses with a bad signature, padding bits, a bitmap of
 * another length, too few signers, of another epoch, of an equal but later view; entry proofs with holes. The blame
 * must fall on it, never on the leader whose proposal it relays.
 */
import type { Certificate, EntryProof } from '@cairn/chain'
import { epoch as epochOf, view as viewOf } from '@cairn/primitives'
import type { SeededRandom } from '../random.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded, withBeside } from './faulty-node.ts'

const RELAY_RATE = 0.4

export function createBadBundle(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const node = createFaultyNode(world, slot, id, { onSend: (to, message) => sendBroken(to, message) })

  const sendBroken = (to: number, message: WireMessage): boolean => {
    const broken = random.chance(RELAY_RATE) ? breakBundle(message, random) : undefined
    if (broken !== undefined) sendEncoded(world, id, to, broken)
    return broken !== undefined
  }

  return withBeside(node, {
    react(message) {
      if (!random.chance(RELAY_RATE)) return
      const broken = breakBundle(message, random)
      const to = random.below(world.actors.length)
      if (broken !== undefined && to !== id) sendEncoded(world, id, to, broken)
    },
  })
}

/** `undefined`: there is nothing in it to break. */
function breakBundle(message: WireMessage, random: SeededRandom): WireMessage | undefined {
  switch (message.type) {
    case 'proposal': {
      const { proposal } = message
      return { type: 'proposal', proposal: { ...proposal, entryProof: breakProof(proposal.entryProof, random) } }
    }
    case 'status': {
      const { status } = message
      const finalization = status.finalization && breakCertificate(status.finalization, random)
      return {
        type: 'status',
        status: { ...status, finalization, entryProof: breakProof(status.entryProof, random) },
      }
    }
    case 'certificate':
      return { type: 'certificate', certificate: breakCertificate(message.certificate, random) }
    case 'certificates': {
      const certificates = message.certificates.map((one) => breakCertificate(one, random))
      return { type: 'certificates', certificates }
    }
    default:
      return undefined
  }
}

function breakProof(proof: EntryProof, random: SeededRandom): EntryProof {
  const base = proof.base && random.chance(0.7) ? breakCertificate(proof.base, random) : proof.base
  const kept = proof.nullifications.filter(() => random.chance(0.7))
  return {
    base,
    nullifications: kept.map((one) => (random.chance(0.5) ? breakCertificate(one, random) : one)),
  }
}

function breakCertificate(certificate: Certificate, random: SeededRandom): Certificate {
  const { signers } = certificate
  switch (random.below(7)) {
    case 0:
      return { ...certificate, signature: new Uint8Array(96).fill(random.below(256), 0, 8) }
    case 1: {
      // A padding bit, where the size leaves any; the signature stays good.
      const padded = signers.slice()
      padded[padded.length - 1] = (padded.at(-1) ?? 0) | 0x80
      return { ...certificate, signers: padded }
    }
    case 2:
      return { ...certificate, signers: Uint8Array.of(...signers, 0) }
    case 3: {
      // One signer less, the signature of all.
      const fewer = signers.slice()
      const at = fewer.findIndex((byte) => byte !== 0)
      if (at >= 0) fewer[at] = (fewer[at] ?? 0) & ((fewer[at] ?? 0) - 1)
      return { ...certificate, signers: fewer }
    }
    case 4:
      return { ...certificate, epoch: epochOf(certificate.epoch + 1) }
    case 5:
      return { ...certificate, view: viewOf(certificate.view + 1) }
    default:
      return { ...certificate, signers: new Uint8Array(signers.length).fill(1) }
  }
}
