/**
 * Judges one record of an imported file. The file is trusted no more than a peer: a range counts only if its
 * certificate verifies and its blocks link by parent hashes to the own head (consensus.md «Catch-up»).
 */
import { type Block, type Certificate, checkBlockData, decodeFinalizedRangeResponse } from '@cairn/chain'
import { CodedError, type Hash, type Height, type Verdict } from '@cairn/primitives'

export interface OwnChain {
  readonly head: { readonly height: Height; readonly hash: Hash }
  /** Of a height at or below the head. */
  readonly hashAt: (height: Height) => Promise<Hash | undefined>
  readonly verifyFinalization: (certificate: Certificate) => Verdict
}

export interface CheckedRange {
  /** Those above the own head. */
  readonly added: readonly Block[]
  /** How many of it are there already. */
  readonly presentCount: number
  readonly certificate: Certificate
}

/**
 * @throws CodedError `IMPORT_FILE_CORRUPT`, `IMPORT_GAP`, `IMPORT_CERTIFICATE_INVALID`, and
 * `FINALIZATION_CONFLICT` when a valid certificate finalizes another block than the one that is stored here
 */
export async function checkRange(record: Uint8Array, own: OwnChain): Promise<CheckedRange> {
  const decoded = decodeFinalizedRangeResponse(record)
  if (!decoded.ok) throw new CodedError('IMPORT_FILE_CORRUPT', `a range does not decode (${decoded.code})`)
  const { blocks, certificate } = decoded.value
  const [first] = blocks
  const last = blocks.at(-1)
  if (first === undefined || last === undefined || certificate === undefined) {
    throw new CodedError('IMPORT_FILE_CORRUPT', 'a range is empty')
  }
  if (first.header.height > own.head.height + 1) {
    const message = `the next range begins with block ${first.header.height}`
    throw new CodedError('IMPORT_GAP', message, { data: { height: first.header.height } })
  }
  if (last.header.height <= own.head.height && (await own.hashAt(last.header.height)) === last.hash) {
    return { added: [], presentCount: blocks.length, certificate }
  }
  const verdict = own.verifyFinalization(certificate)
  if (verdict.verdict !== 'accept') {
    const message = `the certificate of block ${last.header.height} does not verify (${verdict.code})`
    throw new CodedError('IMPORT_CERTIFICATE_INVALID', message, { data: { height: last.header.height } })
  }
  const added = blocks.filter((block) => block.header.height > own.head.height)
  if (added[0]?.header.parentHash !== own.head.hash) throw conflict(last, certificate)
  const damaged = added.find((block) => checkBlockData(block).verdict !== 'accept')
  if (damaged !== undefined) {
    const message = `the data of block ${damaged.header.height} are not what its header commits to`
    throw new CodedError('IMPORT_FILE_CORRUPT', message, { data: { height: damaged.header.height } })
  }
  return { added, presentCount: blocks.length - added.length, certificate }
}

/** More than a third of the validators signed both: nothing that this node can put right. */
function conflict(block: Block, certificate: Certificate): CodedError {
  const message = `the range up to block ${block.header.height} is finalized, but not on the chain that is finalized here`
  return new CodedError('FINALIZATION_CONFLICT', message, { data: { block: block.hash, certificate } })
}
