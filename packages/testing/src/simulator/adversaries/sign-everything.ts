/**
 * Fault: a key without a conscience. Signs notarize, nullify and finalize for every hash it hears of, to whomever; as
 * leader it proposes several blocks, on any block it knows, notarized or not, over views that were never nullified.
 */
import type { Certificate, Proposal } from '@cairn/chain'
import { view as viewOf } from '@cairn/primitives'
import type { Epoch, Hash, View } from '@cairn/primitives'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'
import { forgeBlock, forgeVote, keyInSet } from './forged-block.ts'
import type { ForgedParent, KeyInSet } from './forged-block.ts'

const TICK_MS = 150
/** Newest parents that it tries at once. */
const PARENTS_TRIED = 4
/** Share of proposed blocks that it builds on without waiting for a certificate. */
const UNPROVEN_RATE = 0.5
/** Share of the ticks at which it proposes in views to come, before there is a block to build on. */
const AHEAD_RATE = 0.3

interface KnownParent {
  readonly view: View
  readonly parent: ForgedParent
  /** `undefined`: genesis, or a block that nobody has notarized. */
  readonly base: Certificate | undefined
}

export function createSignEverything(world: World, slot: number, id: number): readonly Actor[] {
  const { chain, network, queue } = world
  const random = world.random.fork()
  /** Follows the chain without a vote: its certificates and blocks are the material. */
  const follower = createFaultyNode(world, slot, id, { isVoting: false })
  const signed = new Set<string>()
  /** Of one epoch; forgotten with it. */
  let epoch: Epoch | undefined
  let proposed = new Set<View>()
  let parents: KnownParent[] = []

  /** `undefined`: it has no vote now. */
  const currentKey = (): KeyInSet | undefined => {
    const key = keyInSet(chain, follower, slot)
    if (key !== undefined && key.set.epoch !== epoch) {
      epoch = key.set.epoch
      proposed = new Set()
      parents = [{ view: viewOf(0), parent: follower.consensus.head, base: undefined }]
    }
    return key
  }

  const sendToSome = (message: WireMessage): void => {
    for (const to of world.actors.keys()) if (to !== id && random.chance(0.7)) network.send(id, to, message)
  }

  const signAll = (key: KeyInSet, view: View, hash: Hash): void => {
    const subject = `${key.set.epoch}:${view}:${hash}`
    if (signed.has(subject)) return
    signed.add(subject)
    for (const kind of ['notarize', 'nullify', 'finalize'] as const) {
      sendToSome({ type: 'vote', vote: forgeVote(chain, key, kind, view, hash) })
    }
  }

  const learn = (certificate: Certificate): void => {
    if (certificate.kind === 'nullify' || certificate.epoch !== epoch) return
    if (parents.some((known) => known.base?.hash === certificate.hash)) return
    const block = follower.consensus.block(certificate.hash)
    if (block !== undefined) parents.push({ view: certificate.view, parent: block, base: certificate })
  }

  const lead = (key: KeyInSet, view: View): void => {
    if (proposed.has(view) || follower.consensus.leader(view) !== key.proposer) return
    const certificates = follower.consensus.certificatesFrom(key.set.epoch, viewOf(0))
    for (const certificate of certificates) learn(certificate)
    proposed.add(view)
    const nullifications = certificates.filter((known) => known.kind === 'nullify' && known.view < view)
    for (const { view: parentView, parent, base } of parents.slice(-PARENTS_TRIED)) {
      if (parentView >= view) continue
      const block = forgeBlock(chain, key, view, parent, random.below(2 ** 32))
      const proposal: Proposal = {
        block,
        epoch: key.set.epoch,
        view,
        parentView,
        parentHash: parent.hash,
        entryProof: { base, nullifications },
        vote: forgeVote(chain, key, 'notarize', view, block.hash),
      }
      sendToSome({ type: 'proposal', proposal })
      signAll(key, view, block.hash)
      if (random.chance(UNPROVEN_RATE)) parents.push({ view, parent: block, base: undefined })
    }
  }

  const tick = (): void => {
    queue.after(TICK_MS, tick)
    const key = currentKey()
    if (key === undefined) return
    for (const certificate of follower.consensus.certificatesFrom(key.set.epoch, viewOf(0))) learn(certificate)
    const aheadMax = random.chance(AHEAD_RATE) ? 2 : 0
    for (let ahead = 0; ahead <= aheadMax; ahead++) lead(key, viewOf(follower.consensus.view + ahead))
  }

  return [
    {
      slot,
      isHonest: false,
      start() {
        follower.start()
        queue.after(TICK_MS, tick)
      },
      receive(message, from) {
        follower.receive(message, from)
        const key = currentKey()
        if (key === undefined) return
        if (message.type === 'proposal' && message.proposal.epoch === key.set.epoch) {
          const { view, block, entryProof } = message.proposal
          if (entryProof.base !== undefined) learn(entryProof.base)
          signAll(key, view, block.hash)
          // The schedule never gives it two views in a row: what a child may not stand on is another leader's block.
          if (random.chance(UNPROVEN_RATE)) parents.push({ view, parent: block, base: undefined })
          lead(key, viewOf(view + 1))
        }
        if (message.type !== 'vote' || message.vote.kind === 'nullify') return
        if (message.vote.epoch === key.set.epoch) signAll(key, message.vote.view, message.vote.hash)
      },
    },
  ]
}
