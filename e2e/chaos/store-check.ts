/**
 * What the stores of stopped validators say, read back from their bytes: every height is the same block and state root
 * everywhere, headers are chained, data belong to headers, and every height is covered by a certificate that verifies.
 */
import { join } from 'node:path'
import { type StoppedChain, openStoppedChain } from '@cairn/cli'
import { type Block, type Certificate, FINALIZED_RANGE_MAX, checkBlockData, verifyCertificate } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { type EpochKeys, createEpochKeys } from '@cairn/node'
import { type Height, height as heightOf } from '@cairn/primitives'

export interface StoreReport {
  /** Highest height in every store. */
  readonly commonHeight: number
  readonly blocksRead: number
  readonly certificatesVerified: number
  /** Of the first store. */
  readonly transactions: number
}

/** Reads one store after the other. */
export async function checkStores(
  directory: string,
  nodes: number,
  onViolation: (what: string) => void,
): Promise<StoreReport> {
  const agreed: Block[] = []
  const heads: number[] = []
  let blocksRead = 0
  let certificatesVerified = 0
  let transactions = 0
  for (let node = 0; node < nodes; node++) {
    await using cleanup = new AsyncDisposableStack()
    const dataDir = join(directory, `validator-${node}`)
    const { chain, epochs } = await openStoppedChain({ dataDir, historyBlocks: undefined }, cleanup)
    const violate = (at: number, what: string): void => onViolation(`store of validator ${node}, height ${at}: ${what}`)
    const head = chain.head().height
    const blocks = await readChain(chain, violate)
    for (const [at, block] of blocks.entries()) {
      const known = (agreed[at] ??= block)
      const isSame = known.hash === block.hash && known.header.stateRoot === block.header.stateRoot
      if (!isSame) violate(at, 'another block than in another store')
    }
    const keys = createEpochKeys(chain.genesisHash, createNativeBls())
    certificatesVerified += await verifyCertificates({ chain, epochs, keys }, blocks, violate)
    heads.push(head)
    blocksRead += blocks.length - 1
    if (node > 0) continue
    for (let at = 1; at <= head; at++) {
      transactions += (await chain.executionByHeight(at as Height))?.transactions.length ?? 0
    }
  }
  return { commonHeight: Math.min(...heads), blocksRead, certificatesVerified, transactions }
}

type Violate = (at: number, what: string) => void

/** From genesis to the head; ends at the first missing block. */
async function readChain(chain: StoppedChain['chain'], violate: Violate): Promise<readonly Block[]> {
  const blocks: Block[] = []
  for (let at = 0; at <= chain.head().height; at++) {
    const block = await chain.blockByHeight(heightOf(at))
    if (block === undefined) {
      violate(at, 'the block is missing')
      return blocks
    }
    const isChained = at === 0 || block.header.parentHash === blocks[at - 1]?.hash
    if (block.header.height !== at || !isChained) violate(at, 'not chained')
    if (at > 0 && checkBlockData(block).verdict !== 'accept') violate(at, 'the data are not the header’s')
    blocks.push(block)
  }
  return blocks
}

interface CertifiedChain extends Pick<StoppedChain, 'chain' | 'epochs'> {
  readonly keys: EpochKeys
}

/** Each certificate covers its block and the ones below it. Returns how many there were. */
async function verifyCertificates(
  certified: CertifiedChain,
  blocks: readonly Block[],
  violate: Violate,
): Promise<number> {
  let count = 0
  for (let at = 1; at < blocks.length; count++) {
    const found = await certified.chain.certificateAtOrAbove(heightOf(at))
    if (found === undefined) {
      // Killed within a commit of many blocks: their certificate comes with the last of them.
      if (blocks.length - at > FINALIZED_RANGE_MAX) violate(at, 'no certificate at or above')
      return count
    }
    const block = blocks[found.height]
    if (block === undefined || !(await isFinalized(certified, block, found.certificate))) {
      violate(at, 'the certificate does not verify')
    }
    at = found.height + 1
  }
  return count
}

/** By the validators of the certificate's own epoch, however old it is, which the header must name too. */
async function isFinalized({ chain, epochs, keys }: CertifiedChain, block: Block, by: Certificate): Promise<boolean> {
  const set = await epochs.validators(by.epoch)
  if (set === undefined || by.kind !== 'finalize' || by.hash !== block.hash) return false
  const isItsSet = block.header.validatorSetHash === set.hash
  return isItsSet && verifyCertificate(by, set, keys.contextOf(set).keys, chain.genesisHash).verdict === 'accept'
}
