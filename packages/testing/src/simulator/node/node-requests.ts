/** Requests of a simulated node for blocks, as in `@cairn/node`: peers in turn, the one that showed the hash first. */
import type { Input } from '@cairn/consensus'
import type { Hash } from '@cairn/primitives'
import type { SeededRandom } from '../random.ts'
import type { WireMessage } from '../wire.ts'
import type { Disk } from './disk.ts'

/** A peer that has not answered by then is passed over. */
const ANSWER_TIMEOUT_MS = 400
/** Peers asked for one block before the fetch fails. */
const PEERS_MAX = 4

export interface NodeRequestsDeps {
  readonly self: number
  readonly disk: Disk
  readonly random: SeededRandom
  /** Actors there are; more may come until the run starts. */
  actorCount(): number
  send(to: number, message: WireMessage): void
  later(delayMs: number, task: () => void): void
  feed(input: Input): void
}

export interface NodeRequests {
  /** Answers `fetch-block`: from the own disk, else from peers. */
  fetchBlock(hash: Hash, hints: readonly string[]): void
  /** An answer; `undefined`: the peer does not have it. */
  onAnswer(hash: Hash, block: Extract<WireMessage, { type: 'block' }> | undefined, from: string): void
  /** Anyone but itself. */
  randomPeer(): number
}

export function createNodeRequests(deps: NodeRequestsDeps): NodeRequests {
  const { self, disk, random } = deps
  /** By hash: who is still to be asked, and the number of the question that is open. */
  const open = new Map<Hash, { readonly peers: number[]; asked: number }>()
  const randomPeer = (): number => {
    const peer = random.below(deps.actorCount() - 1)
    return peer >= self ? peer + 1 : peer
  }
  const askNext = (hash: Hash): void => {
    const question = open.get(hash)
    if (question === undefined) return
    const peer = question.peers.shift()
    if (peer === undefined) {
      open.delete(hash)
      deps.feed({ type: 'fetch-failed', hash })
      return
    }
    const asked = ++question.asked
    deps.send(peer, { type: 'get-block', hash })
    deps.later(ANSWER_TIMEOUT_MS, () => {
      if (open.get(hash) === question && question.asked === asked) askNext(hash)
    })
  }
  return {
    fetchBlock(hash, hints) {
      const block = disk.persistedBlocks.get(hash)
      if (block !== undefined) {
        deps.later(0, () => deps.feed({ type: 'block-fetched', block, from: undefined }))
        return
      }
      const peers = new Set(hints.map(Number))
      const peersMax = Math.min(PEERS_MAX, deps.actorCount() - 1)
      while (peers.size < peersMax) peers.add(randomPeer())
      open.set(hash, { peers: [...peers], asked: 0 })
      askNext(hash)
    },
    onAnswer(hash, message, from) {
      if (message === undefined) return askNext(hash)
      open.delete(hash)
      return deps.feed({ type: 'block-fetched', block: message.block, from })
    },
    randomPeer,
  }
}
