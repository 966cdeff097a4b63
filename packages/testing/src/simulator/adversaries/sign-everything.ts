/**
 * Fault: a key without a conscience. Signs notarize, nullify and finalize for every hash it hears of, to whomever;
 * as leader it proposes several blocks, on any notarized parent it knows, over views that were never nullified.
 */
import type { Certificate, Proposal } from '@cairn/chain'
import { view as viewOf } from '@cairn/primitives'
import type { Hash, View } from '@cairn/primitives'
import { createDisk } from '../disk.ts'
import { SimulatedNode } from '../simulated-node.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { forgeBlock, forgeVote } from './forged-block.ts'
import type { ForgedParent } from './forged-block.ts'

const TICK_MS = 150

export function createSignEverything(world: World, slot: number, id: number): Actor {
  const { chain, network, queue } = world
  const random = world.random.fork()
  /** Follows the chain without a vote: its certificates and blocks are the material. */
  const follower = new SimulatedNode(world, {
    id,
    slot,
    isHonest: false,
    isVoting: false,
    disk: createDisk(chain.genesis, world.random.fork()),
  })
  const signed = new Set<string>()
  const proposed = new Set<View>()
  /** Every justified block heard of, also below the finalized view: parents that honest nodes left behind. */
  const justified: { readonly view: View; readonly parent: ForgedParent; readonly base: Certificate | undefined }[] = [
    { view: viewOf(0), parent: chain.genesis, base: undefined },
  ]

  const sendToSome = (message: WireMessage): void => {
    for (const to of world.actors.keys()) if (to !== id && random.chance(0.7)) network.send(id, to, message)
  }

  const signAll = (view: View, hash: Hash): void => {
    const key = `${view}:${hash}`
    if (signed.has(key)) return
    signed.add(key)
    for (const kind of ['notarize', 'nullify', 'finalize'] as const) {
      sendToSome({ type: 'vote', vote: forgeVote(chain, slot, kind, view, hash) })
    }
  }

  const learn = (certificate: Certificate): void => {
    if (certificate.kind === 'nullify' || justified.some((known) => known.base?.hash === certificate.hash)) return
    const block = follower.consensus.block(certificate.hash)
    if (block !== undefined) justified.push({ view: certificate.view, parent: block, base: certificate })
  }

  const lead = (view: View): void => {
    if (proposed.has(view) || follower.consensus.leader(view) !== slot) return
    const certificates = follower.consensus.certificatesFrom(chain.validators.epoch, viewOf(0))
    for (const certificate of certificates) learn(certificate)
    proposed.add(view)
    for (const { view: parentView, parent, base } of justified.slice(-4)) {
      if (parentView >= view) continue
      const block = forgeBlock(chain, slot, view, parent, random.below(2 ** 32))
      const proposal: Proposal = {
        block,
        epoch: chain.validators.epoch,
        view,
        parentView,
        parentHash: parent.hash,
        entryProof: {
          base,
          nullifications: certificates.filter((known) => known.kind === 'nullify' && known.view < view),
        },
        vote: forgeVote(chain, slot, 'notarize', view, block.hash),
      }
      sendToSome({ type: 'proposal', proposal })
      signAll(view, block.hash)
    }
  }

  const tick = (): void => {
    queue.after(TICK_MS, tick)
    if (!follower.isUp) return
    for (const certificate of follower.consensus.certificatesFrom(chain.validators.epoch, viewOf(0))) learn(certificate)
    for (let ahead = 0; ahead <= 2; ahead++) lead(viewOf(follower.consensus.view + ahead))
  }

  return {
    slot,
    isHonest: false,
    start() {
      follower.start()
      queue.after(TICK_MS, tick)
    },
    receive(message, from) {
      follower.receive(message, from)
      if (message.type === 'proposal') {
        learnHash(message.proposal)
        lead(viewOf(message.proposal.view + 1))
      }
      if (message.type === 'vote' && message.vote.kind !== 'nullify') signAll(message.vote.view, message.vote.hash)
    },
  }

  function learnHash({ view, block, entryProof }: Proposal): void {
    if (entryProof.base !== undefined) learn(entryProof.base)
    signAll(view, block.hash)
  }
}
