/** The flags sN, sX and sF of one key, and what they forbid. In memory; who owns it makes them durable. */
import type { VoteKind, VoteSubject } from '@cairn/chain'
import type { Epoch, Hash, View } from '@cairn/primitives'

/** A place in the order of signing: nothing at or below it is signed. */
export interface WalFloor {
  readonly epoch: Epoch
  readonly view: View
}

/** What a key has signed: every recorded subject, and the floor at or below which nothing is ever signed again. */
export interface SignerRecord {
  readonly ownVotes: readonly VoteSubject[]
  readonly floor: WalFloor | undefined
}

export interface VoteGuard {
  /** Why the vote must not be signed; `undefined` when it may. The same vote again never conflicts. */
  conflictOf(subject: VoteSubject): string | undefined
  has(subject: VoteSubject): boolean
  record(subject: VoteSubject): void
  /** Forgets what is at or below `floor`, which the owner then never signs. The floor never goes down. */
  raiseFloor(floor: WalFloor): void
  readonly floor: WalFloor | undefined
  /** Everything recorded above the floor. */
  votes(): readonly VoteSubject[]
}

type Flags = Partial<Record<VoteKind, VoteSubject>>

/** Memory: one entry per voted view above the floor. */
export function createVoteGuard(): VoteGuard {
  const flagsByView = new Map<string, Flags>()
  let floor: WalFloor | undefined
  const flagsOf = (subject: VoteSubject): Flags => flagsByView.get(`${subject.epoch}:${subject.view}`) ?? {}
  return {
    conflictOf(subject) {
      const { kind, view } = subject
      const flags = flagsOf(subject)
      const signed: Hash | undefined = flags[kind]?.hash
      if (signed !== undefined && signed !== subject.hash) return `${kind} of another hash in view ${view}`
      if (kind === 'nullify' && flags.finalize !== undefined) return `nullify after finalize in view ${view}`
      if (kind === 'finalize' && flags.nullify !== undefined) return `finalize after nullify in view ${view}`
      return undefined
    },
    has: (subject) => flagsOf(subject)[subject.kind]?.hash === subject.hash,
    record(subject) {
      flagsByView.set(`${subject.epoch}:${subject.view}`, { ...flagsOf(subject), [subject.kind]: subject })
    },
    raiseFloor(raised) {
      if (floor !== undefined && !isLater(raised, floor)) return
      floor = raised
      for (const [key, flags] of flagsByView) {
        const subject = flags.notarize ?? flags.nullify ?? flags.finalize
        if (subject === undefined || !isLater(subject, raised)) flagsByView.delete(key)
      }
    },
    get floor() {
      return floor
    },
    votes: () => [...flagsByView.values()].flatMap((flags) => Object.values(flags)),
  }
}

/** Whether `a` comes after `b` in the order of signing. */
export function isLater(a: WalFloor, b: WalFloor): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.view > b.view)
}
