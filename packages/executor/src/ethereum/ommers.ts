/**
 * What makes a header an ommer of a block (Yellow Paper 11.1): a child of one of the last seven ancestors but the
 * parent, itself no ancestor, included nowhere before, and a valid header. The core pays the rewards and checks that the
 * block commits to its ommers.
 */
import type { Hash } from '@cairn/primitives'
import { ETHEREUM_OMMERS_MAX } from '../limits.ts'
import type { EthereumBlock, EthereumHeader } from './ethereum-block.ts'

/** How many ancestors' children may be ommers. */
export const OMMER_ANCESTORS = 7

/** @param ancestors newest first, the parent at 0; `OMMER_ANCESTORS` of them, fewer only near genesis.
 * @param headerFault the code of the rule that the header breaks as a child of the parent.
 * @returns the code of the first broken rule */
export function ommerFault(
  block: EthereumBlock,
  ancestors: readonly EthereumBlock[],
  headerFault: (header: EthereumHeader, parent: EthereumHeader) => string | undefined,
): string | undefined {
  if (block.ommers.length > ETHEREUM_OMMERS_MAX) return 'OMMERS_TOO_MANY'
  const near = ancestors.slice(0, OMMER_ANCESTORS)
  const included = new Set<Hash>([block.header.hash])
  for (const ancestor of near) {
    included.add(ancestor.header.hash)
    for (const ommer of ancestor.ommers) included.add(ommer.hash)
  }
  for (const ommer of block.ommers) {
    if (included.has(ommer.hash)) return 'OMMER_INCLUDED_BEFORE'
    included.add(ommer.hash)
    const parent = near.find(({ header }) => header.hash === ommer.parentHash)
    if (parent === undefined || ommer.parentHash === block.header.parentHash) return 'OMMER_NO_KIN'
    const fault = headerFault(ommer, parent.header)
    if (fault !== undefined) return `OMMER_${fault}`
  }
  return undefined
}
