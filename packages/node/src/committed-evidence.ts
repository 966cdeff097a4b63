/** What the stores say about evidence: for ledger and pool at start, and for JSON-RPC. */
import { type ChainSpec, type Evidence, accusedOf, evidenceHash } from '@cairn/chain'
import type { EvidenceBook, EvidenceVerifier } from '@cairn/consensus'
import { type Epoch, type Height, height } from '@cairn/primitives'
import type { RpcEvidence } from '@cairn/rpc'
import type { ChainReader, EpochStore } from '@cairn/storage'

/** Of the blocks up to `head` that are young enough to matter for a block after it, oldest first. */
export async function committedEvidence(
  chain: Pick<ChainReader, 'evidenceFrom'>,
  head: { readonly height: Height; readonly epoch: number },
  spec: ChainSpec,
): Promise<readonly Evidence[]> {
  const oldestEpoch = Math.max(0, head.epoch - spec.unbondingEpochs)
  const items: Evidence[] = []
  let next = height(oldestEpoch * spec.epochLengthBlocks)
  for (;;) {
    const found = await chain.evidenceFrom(next)
    if (found === undefined || found.height > head.height) return items
    items.push(...found.evidence)
    next = height(found.height + 1)
  }
}

/** Puts what waited for a block when the node stopped back into the book: what is still proven, of an epoch that is known. */
export function restoreEvidence(
  kept: readonly Evidence[],
  current: Epoch,
  { book, verify }: { readonly book: Pick<EvidenceBook, 'add'>; readonly verify: EvidenceVerifier },
): void {
  for (const evidence of kept) if (verify(evidence).verdict === 'accept') book.add(evidence, current)
}

/** From the block at `from` on, in the order of the chain, whole blocks until there are `countMax` or more. */
export async function listEvidence(
  chain: Pick<ChainReader, 'evidenceFrom'>,
  epochs: Pick<EpochStore, 'validators'>,
  from: Height,
  countMax: number,
): Promise<readonly RpcEvidence[]> {
  const items: RpcEvidence[] = []
  let next = from
  while (items.length < countMax) {
    const found = await chain.evidenceFrom(next)
    if (found === undefined) break
    for (const evidence of found.evidence) {
      const set = await epochs.validators(evidence.first.epoch)
      const offenders = accusedOf(evidence).map((index) => ({ index, publicKey: set?.validators[index]?.publicKey }))
      items.push({ height: found.height, hash: evidenceHash(evidence), evidence, offenders })
    }
    next = height(found.height + 1)
  }
  return items
}
