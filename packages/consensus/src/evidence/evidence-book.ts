/**
 * What a node knows of offences: the ledger of those that finalized blocks include, and the pool of proven ones that
 * wait for a block. Outlives epochs. Pure; every node that has seen the same chain judges a block's evidence the same,
 * whatever its pool holds.
 *
 * A block's evidence is valid when each item is of an epoch within the unbonding time and is proven (`verification.ts`).
 * Honest nodes vote only for blocks whose items are news as well: each shows an offence that neither an ancestor nor an
 * earlier item shows. That is no matter of validity, because who starts from a snapshot does not know the ancestors'
 * evidence: it must not be able to notarize what makes the others halt.
 */
import { EVIDENCE_PER_BLOCK_MAX, decodeEvidenceList, encodeEvidenceList, evidenceHash, offenceOf } from '@cairn/chain'
import type { Block, Evidence } from '@cairn/chain'
import { ACCEPT, ignore, reject } from '@cairn/primitives'
import type { Epoch, Verdict, View } from '@cairn/primitives'
import { EVIDENCE_PENDING_MAX } from '../limits.ts'
import { createOffenceLedger } from './offence-ledger.ts'
import type { OffenceLedger } from './offence-ledger.ts'

export interface EvidenceBookOptions {
  /** Of the chain spec: age in epochs at which evidence expires. */
  readonly unbondingEpochs: number
  /** Evidence of the finalized blocks of the unbonding time, oldest first. */
  readonly committed?: readonly Evidence[]
  /**
   * Of a node that began at this block: of older ones it does not know what they include. An offence of a later view cannot
   * be in them; others this node does not put into its blocks, which honest nodes would not vote for if they knew it already.
   */
  readonly base?: { readonly epoch: Epoch; readonly view: View }
}

export interface EvidenceBook {
  /** Whether unverified evidence is worth a verification in `current`: never a rejection, peers know different chains. */
  screen(evidence: Evidence, current: Epoch): Verdict
  /** Takes verified evidence into the pool. `false`: known, expired, or no room. */
  add(evidence: Evidence, current: Epoch): boolean
  /** The evidence list for a block of `current` whose ancestors above the last `commit` are `ancestors`. */
  pick(ancestors: readonly Block[], current: Epoch): Uint8Array
  /**
   * R3: the block's evidence against its `ancestors` above the last `commit`, oldest first. `reject`: invalid for
   * everybody; `ignore`: it repeats an offence, not to be voted for.
   */
  check(block: Block, ancestors: readonly Block[]): Verdict
  /** The block is final. Idempotent; in the order of the chain. */
  commit(block: Block): void
  /** What waits for a block, oldest first. */
  pending(): readonly Evidence[]
}

export function createEvidenceBook({ unbondingEpochs, committed = [], base }: EvidenceBookOptions): EvidenceBook {
  const ledger = createOffenceLedger()
  for (const evidence of committed) ledger.add(evidence)
  const pool = new Map<string, Evidence>()
  let pooled: OffenceLedger = createOffenceLedger(ledger)

  const ageFault = (evidence: Evidence, current: Epoch): string | undefined => {
    const { epoch } = offenceOf(evidence)
    if (epoch > current) return 'EVIDENCE_OF_THE_FUTURE'
    return current - epoch > unbondingEpochs ? 'EVIDENCE_EXPIRED' : undefined
  }

  const mayBeBelowBase = (evidence: Evidence): boolean => {
    const { epoch, view } = offenceOf(evidence)
    return base !== undefined && (epoch < base.epoch || (epoch === base.epoch && view <= base.view))
  }

  const ledgerAfter = (ancestors: readonly Block[]): OffenceLedger => {
    const after = createOffenceLedger(ledger)
    for (const block of ancestors) for (const evidence of evidenceOf(block)) after.add(evidence)
    return after
  }

  /** After a commit: what a block has shown, and what has expired, is no longer wanted. */
  const sift = (current: Epoch): void => {
    pooled = createOffenceLedger(ledger)
    for (const [hash, evidence] of pool) {
      if (ageFault(evidence, current) === undefined && pooled.isNews(evidence)) pooled.add(evidence)
      else pool.delete(hash)
    }
  }

  return {
    screen(evidence, current) {
      const fault = ageFault(evidence, current)
      if (fault !== undefined) return ignore(fault)
      return pooled.isNews(evidence) ? ACCEPT : ignore('DUPLICATE')
    },
    add(evidence, current) {
      if (pool.size >= EVIDENCE_PENDING_MAX) return false
      if (ageFault(evidence, current) !== undefined || !pooled.isNews(evidence)) return false
      pool.set(evidenceHash(evidence), evidence)
      pooled.add(evidence)
      return true
    },
    pick(ancestors, current) {
      const wanted = ledgerAfter(ancestors)
      const picked: Evidence[] = []
      for (const evidence of pool.values()) {
        if (picked.length === EVIDENCE_PER_BLOCK_MAX) break
        if (ageFault(evidence, current) !== undefined || !wanted.isNews(evidence)) continue
        if (mayBeBelowBase(evidence)) continue
        wanted.add(evidence)
        picked.push(evidence)
      }
      if (picked.length === 0) return encodeEvidenceList([])
      // A block lists by hash: in that order an item may be no news after another one that covers it.
      const listed = ledgerAfter(ancestors)
      const sorted = decodeEvidenceList(encodeEvidenceList(picked))
      const kept = (sorted.ok ? sorted.value : []).filter((evidence) => {
        const isNews = listed.isNews(evidence)
        listed.add(evidence)
        return isNews
      })
      return encodeEvidenceList(kept)
    },
    check(block, ancestors) {
      const list = decodeEvidenceList(block.evidence)
      if (!list.ok) return reject('BLOCK_BAD_EVIDENCE')
      if (list.value.length === 0) return ACCEPT
      const known = ledgerAfter(ancestors)
      for (const evidence of list.value) {
        const fault = ageFault(evidence, block.header.epoch)
        if (fault !== undefined) return reject(`BLOCK_${fault}`)
        if (!known.isNews(evidence)) return ignore('BLOCK_EVIDENCE_REPEATED')
        known.add(evidence)
      }
      return ACCEPT
    },
    commit(block) {
      const { epoch } = block.header
      const included = evidenceOf(block)
      for (const evidence of included) ledger.add(evidence)
      ledger.forgetBefore(Math.max(0, epoch - unbondingEpochs) as Epoch)
      if (included.length > 0 || pool.size > 0) sift(epoch)
    },
    pending: () => [...pool.values()],
  }
}

/** Nearly always none, which costs nothing. */
function evidenceOf(block: Block): readonly Evidence[] {
  if (block.evidence.length === 1) return []
  const list = decodeEvidenceList(block.evidence)
  return list.ok ? list.value : []
}
