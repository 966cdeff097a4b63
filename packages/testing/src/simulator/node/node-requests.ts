/** Requests of a simulated node: whom it asks for a block, and how long it waits. */
import type { Input } from '@cairn/consensus'
import type { Hash } from '@cairn/primitives'
import type { SeededRandom } from '../random.ts'
import type { WireMessage } from '../wire.ts'
import type { Disk } from './disk.ts'

/** A request without an answer counts as failed after this. */
const FETCH_TIMEOUT_MS = 400

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
  /** Answers `fetch-block`: from the own disk, else a peer that showed the hash and another one are asked. */
  fetchBlock(hash: Hash, hints: readonly string[]): void
  /** Anyone but itself. */
  randomPeer(): number
}

export function createNodeRequests(deps: NodeRequestsDeps): NodeRequests {
  const { self, disk, random } = deps
  const randomPeer = (): number => {
    const peer = random.below(deps.actorCount() - 1)
    return peer >= self ? peer + 1 : peer
  }
  return {
    fetchBlock(hash, [hint]) {
      const block = disk.persistedBlocks.get(hash)
      if (block !== undefined) {
        deps.later(0, () => deps.feed({ type: 'block-fetched', block, from: undefined }))
        return
      }
      const first = hint !== undefined && random.chance(0.7) ? Number(hint) : randomPeer()
      deps.send(first, { type: 'get-block', hash })
      deps.send(randomPeer(), { type: 'get-block', hash })
      deps.later(FETCH_TIMEOUT_MS, () => deps.feed({ type: 'fetch-failed', hash }))
    },
    randomPeer,
  }
}
