/** The votes that a faulty collector has been sent, verified by nobody: the material of its certificates. */
import type { Vote, VoteSubject } from '@cairn/chain'

const SUBJECTS_MAX = 64

export interface HeardVotes {
  note(vote: Vote): void
  /** Of the same kind, epoch, view and hash; one of each validator. */
  of(subject: VoteSubject): readonly Vote[]
}

export function createHeardVotes(): HeardVotes {
  const votes = new Map<string, Map<number, Vote>>()
  const keyOf = ({ kind, epoch, view, hash }: VoteSubject): string => `${kind}:${epoch}:${view}:${hash}`
  return {
    note(vote) {
      const key = keyOf(vote)
      const known = votes.get(key) ?? new Map<number, Vote>()
      known.set(vote.validator, vote)
      votes.set(key, known)
      const [oldest] = votes.keys()
      if (votes.size > SUBJECTS_MAX && oldest !== undefined) votes.delete(oldest)
    },
    of: (subject) => [...(votes.get(keyOf(subject))?.values() ?? [])],
  }
}
