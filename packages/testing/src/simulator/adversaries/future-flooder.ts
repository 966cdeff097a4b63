/**
 * Fault: floods the future. Well-signed votes and proposals of views to come, near and absurdly far, certificates
 * nobody could have made yet, statuses from later epochs, farewells of views to come. Nothing of it may take memory or bring a node forward.
 */
import type { Certificate } from '@cairn/chain'
import { bitmapFromIndices, leavingSigningBytes } from '@cairn/chain'
import { ZERO_HASH, epoch as epochOf, view as viewOf } from '@cairn/primitives'
import type { View } from '@cairn/primitives'
import { digestOf } from '../model/digest.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, sendEncoded, withBeside } from './faulty-node.ts'
import { forgeBlock, forgeVote, keyInSet } from './forged-block.ts'
import type { KeyInSet } from './forged-block.ts'

const TICK_MS = 60
const PER_TICK = 4
const FAR_VIEWS = 2 ** 40

export function createFutureFlooder(world: World, slot: number, id: number): readonly Actor[] {
  const { chain, queue } = world
  const random = world.random.fork()
  const node = createFaultyNode(world, slot, id)

  const futureView = (): View => {
    const { view } = node.consensus
    return viewOf(view + 1 + (random.chance(0.7) ? random.below(64) : random.below(FAR_VIEWS)))
  }
  const futureCertificate = ({ set }: KeyInSet): Certificate => ({
    kind: random.chance(0.5) ? 'notarize' : 'finalize',
    epoch: epochOf(set.epoch + random.below(2)),
    view: futureView(),
    hash: digestOf(`future ${random.below(2 ** 20)}`),
    signers: bitmapFromIndices([...set.validators.keys()], set.validators.length),
    signature: new Uint8Array(96).fill(random.below(256), 0, 8),
  })

  const flood = (key: KeyInSet): WireMessage => {
    const view = futureView()
    const hash = digestOf(`future ${random.below(2 ** 20)}`)
    switch (random.below(6)) {
      case 0: {
        const block = forgeBlock(chain, key, view, node.consensus.head, random.below(2 ** 32))
        const entryProof = { base: undefined, nullifications: [] }
        const vote = forgeVote(chain, key, 'notarize', view, block.hash)
        const { parentView, parentHash, epoch } = block.header
        return { type: 'proposal', proposal: { block, epoch, view, parentView, parentHash, entryProof, vote } }
      }
      case 1:
        return { type: 'certificate', certificate: futureCertificate(key) }
      case 2: {
        const certificate = futureCertificate(key)
        const entryProof = {
          base: certificate,
          nullifications: [{ ...certificate, kind: 'nullify' as const, hash: ZERO_HASH }],
        }
        return { type: 'status', status: { epoch: certificate.epoch, finalization: undefined, entryProof, votes: [] } }
      }
      case 3: {
        // It stays all the same.
        const { epoch } = key.set
        const signature = chain.bls.sign(
          chain.secretKeys[slot] as Uint8Array,
          leavingSigningBytes(chain.genesisHash, epoch, view),
        )
        return { type: 'leaving', leaving: { epoch, view, validator: key.proposer, signature } }
      }
      case 4:
        return { type: 'vote', vote: forgeVote(chain, key, 'nullify', view, hash) }
      default:
        return { type: 'vote', vote: forgeVote(chain, key, random.chance(0.5) ? 'notarize' : 'finalize', view, hash) }
    }
  }

  const tick = (): void => {
    queue.after(TICK_MS, tick)
    const key = keyInSet(chain, node, slot)
    if (key === undefined) return
    for (let count = 0; count < PER_TICK; count++) {
      const to = random.below(world.actors.length)
      if (to !== id) sendEncoded(world, id, to, flood(key))
    }
  }

  return withBeside(node, {
    begin: () => queue.after(TICK_MS, tick),
  })
}
