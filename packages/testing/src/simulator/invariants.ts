/**
 * What must hold at every step of a run, whatever the adversaries do. The first violation ends the run. Each check
 * looks only at what is new, and none of them trusts the code under test: certificates are counted here anew.
 */
import { evidenceFromVotes, voteSigningBytes } from '@cairn/chain'
import type { Block, Certificate, ConsensusHeader, ValidatorSet, Vote, VoteKind, VoteSubject } from '@cairn/chain'
import type { FinalizedHead } from '@cairn/consensus'
import { ZERO_HASH } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { Ledger } from './model/ledger.ts'
import type { SimulatedChain } from './model/model-chain.ts'

/** What an honest vote is about. `block` and `parent`: what it is for, where the node still has them. */
export interface VoteContext {
  readonly block: Block | undefined
  readonly parent: ConsensusHeader | undefined
  /** Nobody faulty holds the key of the view's leader. */
  readonly isLedWell: boolean
}

export interface Invariants {
  /** First violation. */
  readonly violation: string | undefined
  /** Of any honest node. */
  readonly maxHeight: number
  /** Calls of `onCommit`. */
  readonly commits: number
  /** State of the newest finalized block. */
  readonly ledger: Ledger
  /** Votes so far in what was the newest epoch at the time: those that the others can count. */
  votesOf(slot: number): number
  /** Nothing is wrong: from here on no view may be given up that a correct validator leads. */
  beginFairWeather(): void
  violate(what: string): void
  /** The rules of an honest slot ask for a vote. R3: a child is voted for when they have the parent's certificate. */
  onVoteAsked(slot: number, subject: VoteSubject, block: Block | undefined): void
  /** Each durable vote of an honest slot, over all its restarts. */
  onHonestVote(slot: number, vote: Vote, context: VoteContext): void
  /** Each certificate that an honest node takes as good: valid, one notarized hash a view, never final and nullified. */
  onCertificate(slot: number, certificate: Certificate): void
  /** Each commit of an honest node, ancestors first; the head before and after. */
  onCommit(slot: number, blocks: readonly Block[], before: FinalizedHead, after: FinalizedHead): void
}

const VIEWS_PER_EPOCH = 2 ** 32

export function createInvariants(chain: SimulatedChain): Invariants {
  const hashByHeight = new Map<number, Hash>()
  const votes = new Map<string, Vote[]>()
  const certified = new Map<number, Partial<Record<VoteKind, Hash>>>()
  /** By slot: blocks that a child may stand on there, notarized or finalized in its eyes. */
  const justified = new Map<number, Set<Hash>>()
  const justifiedAt = (slot: number): Set<Hash> => {
    const known = justified.get(slot) ?? new Set([chain.genesis.hash])
    justified.set(slot, known)
    return known
  }
  const checked = new WeakSet<Certificate>()
  let ledger = chain.ledgers.at(chain.genesis.header.stateRoot)
  let violation: string | undefined
  let maxHeight = 0
  let commits = 0
  const voteCounts = new Map<number, number>()
  let isFair = false

  /** By epoch; one set each. A certificate of an epoch follows a commit of the block that leads there. */
  const sets = new Map<number, ValidatorSet>()
  const learnSet = (set: ValidatorSet): void => {
    const known = sets.get(set.epoch)
    if (known !== undefined && known.hash !== set.hash) violate(`TWO_SETS: of epoch ${set.epoch}`)
    sets.set(set.epoch, set)
  }
  const violate = (what: string): void => {
    violation ??= what
  }
  learnSet(chain.genesis.epochState.validators)
  const check = (slot: number, certificate: Certificate): void => {
    if (checked.has(certificate)) return
    checked.add(certificate)
    const fault = certificateFault(certificate, sets.get(certificate.epoch), chain)
    const { kind, view } = certificate
    if (fault !== undefined) violate(`BAD_CERTIFICATE: node ${slot} takes a ${kind} certificate of ${view}: ${fault}`)
  }

  return {
    get violation() {
      return violation
    },
    get maxHeight() {
      return maxHeight
    },
    get commits() {
      return commits
    },
    get ledger() {
      return ledger
    },
    votesOf: (slot) => voteCounts.get(slot) ?? 0,
    beginFairWeather() {
      isFair = true
    },
    violate,
    onVoteAsked(slot, { kind, view }, block) {
      if (kind !== 'notarize' || block === undefined) return
      // An epoch's last block that is proposed again stands on itself.
      const parentHash = block.header.view === view ? block.header.parentHash : block.hash
      if (justifiedAt(slot).has(parentHash)) return
      violate(`UNJUSTIFIED_PARENT: node ${slot} notarizes a child of no block notarized there in view ${view}`)
    },
    onHonestVote(slot, vote, { block, parent, isLedWell }) {
      const isNewest = !sets.has(vote.epoch + 1)
      if (isNewest) voteCounts.set(slot, (voteCounts.get(slot) ?? 0) + 1)
      if (isFair && isNewest && isLedWell && vote.kind === 'nullify')
        violate(`NEEDLESS_NULLIFY: node ${slot} in view ${vote.view}`)
      const isExecutable = block === undefined || parent === undefined || isValid(chain, block, parent)
      if (!isExecutable) violate(`INVALID_BLOCK_SIGNED: node ${slot}, ${vote.kind} in view ${vote.view}`)
      const key = `${slot}:${vote.epoch}:${vote.view}`
      const earlier = votes.get(key)
      if (earlier === undefined) return void votes.set(key, [vote])
      for (const other of earlier) {
        if (evidenceFromVotes(other, vote) === undefined) continue
        violate(`SLASHABLE_VOTE: node ${slot} signed ${other.kind} and ${vote.kind} in view ${vote.view}`)
      }
      return void earlier.push(vote)
    },
    onCertificate(slot, certificate) {
      check(slot, certificate)
      const { kind, epoch, view, hash } = certificate
      justifiedAt(slot).add(hash)
      const place = epoch * VIEWS_PER_EPOCH + view
      const known = certified.get(place) ?? {}
      if (known[kind] !== undefined && known[kind] !== hash)
        violate(`TWO_CERTIFICATES: ${kind} in view ${view} at ${slot}`)
      known[kind] = hash
      certified.set(place, known)
      if (known.nullify !== undefined && known.finalize !== undefined) violate(`FINALIZED_AND_NULLIFIED: view ${view}`)
    },
    onCommit(slot, blocks, before, { finalization, epochState }) {
      commits++
      if (finalization?.kind !== 'finalize' || blocks.at(-1)?.hash !== finalization.hash) violate(`WRONG_TIP: ${slot}`)
      else check(slot, finalization)
      learnSet(epochState.validators)
      let parent: Pick<FinalizedHead, 'header' | 'hash'> = before
      for (const block of blocks) {
        const { header, hash } = block
        const known = hashByHeight.get(header.height)
        if (known !== undefined && known !== hash) violate(`FINALIZED_CONFLICT: two blocks at height ${header.height}`)
        if (header.parentHash !== parent.hash || header.height !== parent.header.height + 1) {
          violate(`BROKEN_LOG: node ${slot} at height ${header.height}`)
        }
        if (!isValid(chain, block, parent.header)) violate(`INVALID_STATE: node ${slot} at height ${header.height}`)
        hashByHeight.set(header.height, hash)
        justifiedAt(slot).add(hash)
        if (header.height > maxHeight) {
          maxHeight = header.height
          ledger = chain.ledgers.at(header.stateRoot)
        }
        parent = { header, hash }
      }
    },
  }
}

function isValid({ ledgers }: SimulatedChain, { header, payload }: Block, parent: ConsensusHeader): boolean {
  return ledgers.execute(parent.stateRoot, payload) === header.stateRoot
}

/** Why it is none; counted without the production code. */
function certificateFault(
  certificate: Certificate,
  validators: ValidatorSet | undefined,
  { contextOf, genesisHash }: SimulatedChain,
): string | undefined {
  const { signers, kind, hash, epoch } = certificate
  if (validators === undefined) return `epoch ${epoch} does not exist`
  const size = validators.validators.length
  if ((hash === ZERO_HASH) !== (kind === 'nullify')) return 'hash and kind do not fit'
  if (signers.length !== Math.ceil(size / 8)) return 'bitmap length'
  const indices: number[] = []
  let weight = 0n
  for (let bit = 0; bit < signers.length * 8; bit++) {
    if ((((signers[bit >> 3] as number) >> (bit & 7)) & 1) === 0) continue
    if (bit >= size) return 'padding bits'
    indices.push(bit)
    weight += validators.validators[bit]?.weight ?? 0n
  }
  if (3n * weight <= 2n * validators.totalWeight) return 'no quorum'
  const message = voteSigningBytes(genesisHash, certificate)
  return contextOf(validators).keys.verifyAggregate(indices, message, certificate.signature) ? undefined : 'signature'
}
