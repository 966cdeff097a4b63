/** Blocks as the page shows them: from a commit of now, or from the store. */
import {
  type Block,
  type Certificate,
  type ConsensusHeader,
  type ValidatorSet,
  hashHeader,
  indicesFromBitmap,
  weightOf,
} from '@cairn/chain'
import type { TransactionOutcome } from '@cairn/ports'
import { type Hash, height } from '@cairn/primitives'
import type { ChainReader, EpochStore } from '@cairn/storage'
import { BLOCKS_SHOWN_MAX } from './limits.ts'
import type { VerifiedBlock, VerifiedCertificate } from './tab-snapshot.ts'

interface BlockParts {
  readonly block: Block
  readonly transactions: readonly TransactionOutcome[]
  /** Root of this tab's own execution. */
  readonly ownStateRoot: Hash
  readonly certificate: Certificate
  /** Height of the block that the certificate names. */
  readonly certificateHeight: number
}

export function verifiedBlockFromParts(
  { block, transactions, ownStateRoot, certificate, certificateHeight }: BlockParts,
  set: ValidatorSet,
  timings: { readonly executeMs: number | undefined; readonly verifyMs: number | undefined },
): VerifiedBlock {
  return {
    height: block.header.height,
    hash: block.hash,
    timeMs: block.header.timeMs,
    transactions: transactions.length,
    gasUsed: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    executeMs: timings.executeMs,
    headerStateRoot: block.header.stateRoot,
    ownStateRoot,
    certificate: verifiedCertificate(certificate, certificateHeight, set, timings.verifyMs),
  }
}

/** A finalized header as a light tab shows it. */
export function verifiedHeader(
  header: ConsensusHeader,
  certified: { readonly certificate: Certificate; readonly height: number; readonly verifyMs: number | undefined },
  set: ValidatorSet,
): VerifiedBlock {
  return {
    height: header.height,
    hash: hashHeader(header),
    timeMs: header.timeMs,
    transactions: undefined,
    gasUsed: undefined,
    executeMs: undefined,
    ownStateRoot: undefined,
    headerStateRoot: header.stateRoot,
    certificate: verifiedCertificate(certified.certificate, certified.height, set, certified.verifyMs),
  }
}

function verifiedCertificate(
  certificate: Certificate,
  height: number,
  set: ValidatorSet,
  verifyMs: number | undefined,
): VerifiedCertificate {
  const signers = indicesFromBitmap(certificate.signers, set.validators.length) ?? []
  return {
    height,
    signers: signers.length,
    validators: set.validators.length,
    weight: weightOf(set, signers),
    totalWeight: set.totalWeight,
    quorumWeight: set.quorum,
    verifyMs,
  }
}

/**
 * The newest stored blocks, newest first. They were executed when they were stored; the head's root is checked again
 * at each start, and every other block is its ancestor by hash.
 */
export async function storedBlocks(chain: ChainReader, epochs: EpochStore): Promise<readonly VerifiedBlock[]> {
  const head = chain.head().height
  const blocks: VerifiedBlock[] = []
  for (let at = head; at > Math.max(0, head - BLOCKS_SHOWN_MAX); at--) {
    const block = await chain.blockByHeight(height(at))
    const execution = await chain.executionByHeight(height(at))
    const found = await chain.certificateAtOrAbove(height(at))
    const set = found && (await epochs.validators(found.certificate.epoch))
    if (block === undefined || execution === undefined || found === undefined || set === undefined) continue
    const { transactions } = execution
    const ownStateRoot = block.header.stateRoot
    const parts = { block, transactions, ownStateRoot, certificate: found.certificate, certificateHeight: found.height }
    blocks.push(verifiedBlockFromParts(parts, set, { executeMs: undefined, verifyMs: undefined }))
  }
  return blocks
}
