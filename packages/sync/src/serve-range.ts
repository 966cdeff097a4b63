/**
 * The answering side of `finalized-range`. A range ends at a height with a certificate of its own: the largest within
 * the usual size of a response, or else the first one that fits the codec's hard limits. So a node that itself caught
 * up by ranges can always serve: its certificates are no further apart than one response is long.
 */
import { FINALIZED_RANGE_MAX, RESPONSE_MAX_BYTES } from '@cairn/chain'
import type { Block, Certificate, FinalizedRangeRequest, FinalizedRangeResponse } from '@cairn/chain'
import { height } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { RANGE_BLOCKS, RANGE_SIZE_BYTES } from './limits.ts'

/** The part of the chain store that is served from. */
export interface FinalizedChainReader {
  head(): { readonly certifiedHeight: Height }
  blockByHeight(height: Height): Promise<Block | undefined>
  certificateAtOrAbove(
    height: Height,
  ): Promise<{ readonly height: Height; readonly certificate: Certificate } | undefined>
}

/** Header and framing of one block in a response, more than the codec ever needs. */
const blockOverheadBytes = 1024

/** Empty when there is nothing certified from `fromHeight` on; longer than `countMax` only where no certificate is nearer. */
export async function serveFinalizedRange(
  chain: FinalizedChainReader,
  request: FinalizedRangeRequest,
): Promise<FinalizedRangeResponse> {
  const countMax = Math.min(request.countMax, RANGE_BLOCKS)
  const blocks: Block[] = []
  let certificate: Certificate | undefined
  let sizeBytes = 0
  for (let next = request.fromHeight; next > 0 && next <= chain.head().certifiedHeight;) {
    const end = await chain.certificateAtOrAbove(next)
    const isFirst = certificate === undefined
    const room = isFirst
      ? { count: FINALIZED_RANGE_MAX, sizeBytes: RESPONSE_MAX_BYTES - blockOverheadBytes }
      : { count: countMax - blocks.length, sizeBytes: RANGE_SIZE_BYTES - sizeBytes }
    const segment = end && (await readSegment(chain, next, end.height, room.count, room.sizeBytes))
    if (end === undefined || segment === undefined) break
    blocks.push(...segment)
    sizeBytes += sizeOf(segment)
    certificate = end.certificate
    next = height(end.height + 1)
  }
  return { blocks, certificate }
}

/** `undefined` when the blocks are more than there is room for, or not all there. */
async function readSegment(
  chain: FinalizedChainReader,
  first: Height,
  last: Height,
  countMax: number,
  sizeMaxBytes: number,
): Promise<readonly Block[] | undefined> {
  if (last - first + 1 > countMax) return undefined
  const blocks: Block[] = []
  for (let at: number = first; at <= last; at++) {
    const block = await chain.blockByHeight(height(at))
    if (block === undefined) return undefined
    blocks.push(block)
    if (sizeOf(blocks) > sizeMaxBytes) return undefined
  }
  return blocks
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.payload.length + block.accessList.length + blockOverheadBytes, 0)
}
