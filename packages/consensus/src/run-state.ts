/** What outlives an epoch, and what one epoch knows of its validators. */
import type { Block, Certificate, VoteSubject } from '@cairn/chain'
import type { Epoch, Hex } from '@cairn/primitives'
import type { EpochMessage, Now } from './input.ts'
import type { WalFloor } from './vote-guard.ts'

/** R8. */
export interface Activity {
  /** By index in the epoch's set: monotonic time of the last verified signature, at first of the epoch's start. */
  readonly seenAtMs: number[]
  /** By index: when a vote was last verified only to hear of its validator. */
  readonly probedAtMs: number[]
  /** Proven in this epoch. */
  readonly equivocators: Set<number>
  /** By index: the latest view of a verified signature, 0 before. */
  readonly signedView: number[]
  /** By index: who has said that it leaves, and after which view; until a vote of a later one. */
  readonly leftAfter: Map<number, number>
  /** By index: views led by it that this node gave up because a timer ran out. */
  readonly timedOut: number[]
}

/** R10. */
export interface Amnesia {
  /** Monotonic: not decided before, so that the peers' answers to the standstill ticks are in. */
  readonly listenUntilMs: number
  /** By public key: the latest place at which another validator has signed. */
  readonly shown: Map<Hex, WalFloor>
  /** (epoch, v0), once a quorum has shown its views. */
  latest: WalFloor | undefined
}

/** The rules of the next epoch go on with it. */
export interface RunState {
  /** From the log of an earlier run, for this epoch and later ones: the chain store may be older than the log. */
  recovered: {
    readonly ownVotes: readonly VoteSubject[]
    readonly floor: WalFloor | undefined
    readonly certificates: readonly Certificate[]
    readonly blocks: readonly Block[]
  }
  /** Set while this node must not vote (R10). */
  amnesia: Amnesia | undefined
  /** The finalization that ended the epoch before. */
  lastEnd: Certificate | undefined
  /** Messages of the next epoch, from peers that saw this one's end earlier. */
  early: EpochMessage[]
  /** Monotonic times of the last answer to a peer that lags, and of the last question to one that is ahead. */
  lagAnsweredAtMs: number
  /** Monotonic: when a message of an epoch beyond the next one came last. */
  farAheadAtMs: number
  leadAskedAtMs: number
  /** From an own vote to its certificate, by way of collectors: rises at once, falls slowly. Milliseconds. */
  collectMs: number
  /** Monotonic: when everybody last saw a signature of this node, in a certificate or because it was sent to all. */
  shownAtMs: number
  /** Time of the last step: a long gap between two is a sleep. */
  lastStep: Now | undefined
  /** Monotonic: no own vote before, after a sleep or while leaving. */
  silentUntilMs: number | undefined
  /** The epoch in which the latter was. */
  leadAskedIn: Epoch | undefined
}
