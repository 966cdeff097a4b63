/** What must hold at every step of a run, whatever the adversaries do. The first violation ends the run. */
import { evidenceFromVotes, verifyCertificate } from '@cairn/chain'
import type { Block, Certificate, Vote, VoteKind } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import type { SimulatedChain } from './model-application.ts'

export interface Invariants {
  /** First violation. */
  readonly violation: string | undefined
  readonly maxHeight: number
  violate(what: string): void
  /** Each durable vote of an honest slot, over all its restarts. */
  onHonestVote(slot: number, vote: Vote): void
  /** Each verified certificate of an honest node: one notarized hash a view, never a finalized and nullified one. */
  onCertificate(slot: number, certificate: Certificate): void
  /** Each commit of an honest node, ancestors first. */
  onCommit(slot: number, blocks: readonly Block[], finalization: Certificate, previousHead: Hash): void
}

export function createInvariants(chain: SimulatedChain): Invariants {
  const hashByHeight = new Map<number, Hash>()
  const votes = new Map<string, Vote[]>()
  const certified = new Map<number, Partial<Record<VoteKind, Hash>>>()
  let violation: string | undefined
  let maxHeight = 0

  const violate = (what: string): void => {
    violation ??= what
  }

  return {
    get violation() {
      return violation
    },
    get maxHeight() {
      return maxHeight
    },
    violate,
    onHonestVote(slot, vote) {
      const key = `${slot}:${vote.view}`
      const earlier = votes.get(key) ?? []
      for (const other of earlier) {
        if (evidenceFromVotes(other, vote) === undefined) continue
        violate(`SLASHABLE_VOTE: node ${slot} signed ${other.kind} and ${vote.kind} in view ${vote.view}`)
      }
      votes.set(key, [...earlier, vote])
    },
    onCertificate(slot, { kind, view, hash }) {
      const known = certified.get(view) ?? {}
      if (known[kind] !== undefined && known[kind] !== hash)
        violate(`TWO_CERTIFICATES: ${kind} in view ${view} at ${slot}`)
      known[kind] = hash
      certified.set(view, known)
      if (known.nullify !== undefined && known.finalize !== undefined) violate(`FINALIZED_AND_NULLIFIED: view ${view}`)
    },
    onCommit(slot, blocks, finalization, previousHead) {
      const { validators, keys, genesisHash } = chain.verification
      if (verifyCertificate(finalization, validators, keys, genesisHash).verdict !== 'accept') {
        violate(`BAD_CERTIFICATE: node ${slot} committed view ${finalization.view} without a quorum`)
      }
      if (blocks.at(-1)?.hash !== finalization.hash) violate(`WRONG_TIP: node ${slot}`)
      let parent = previousHead
      for (const { header, hash } of blocks) {
        const known = hashByHeight.get(header.height)
        if (known !== undefined && known !== hash) violate(`FINALIZED_CONFLICT: two blocks at height ${header.height}`)
        if (header.parentHash !== parent) violate(`BROKEN_LOG: node ${slot} at height ${header.height}`)
        hashByHeight.set(header.height, hash)
        maxHeight = Math.max(maxHeight, header.height)
        parent = hash
      }
    },
  }
}
