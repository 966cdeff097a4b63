/**
 * The answering side of `finalized-range`. A range ends at a height with a certificate of its own, the largest within the
 * usual size of a response; where no certificate is that near, the headers up to the next one come along. A range never
 * crosses an epoch's end: whoever asks learns the next set from the blocks before. Ends of epochs always have a
 * certificate of their own.
 */
import { FINALIZED_RANGE_MAX, LINK_HEADERS_MAX } from '@cairn/chain'
import type { Block, Certificate, ConsensusHeader, FinalizedRangeRequest, FinalizedRangeResponse } from '@cairn/chain'
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

/** Empty when there is nothing certified from `fromHeight` on. */
export async function serveFinalizedRange(
  chain: FinalizedChainReader,
  request: FinalizedRangeRequest,
): Promise<FinalizedRangeResponse> {
  const countMax = Math.min(request.countMax, RANGE_BLOCKS, FINALIZED_RANGE_MAX)
  const blocks: Block[] = []
  let certificate: Certificate | undefined
  let sizeBytes = 0
  for (let next = request.fromHeight; next > 0 && next <= chain.head().certifiedHeight;) {
    const end = await chain.certificateAtOrAbove(next)
    if (end === undefined) break
    const segment = await readSegment(chain, next, end.height, {
      count: countMax - blocks.length,
      sizeBytes: RANGE_SIZE_BYTES - sizeBytes,
      isOneFree: blocks.length === 0,
    })
    const isWhole = segment.at(-1)?.header.height === end.height
    if (blocks.length === 0 && !isWhole) return linkedRange(chain, segment, end)
    if (!isWhole || (blocks[0] ?? segment[0])?.header.epoch !== end.certificate.epoch) break
    blocks.push(...segment)
    sizeBytes += sizeOf(segment)
    certificate = end.certificate
    next = height(end.height + 1)
  }
  return { blocks, links: [], certificate }
}

/** Blocks that end before the next certificate, and the headers that lead there. */
async function linkedRange(
  chain: FinalizedChainReader,
  blocks: readonly Block[],
  end: { readonly height: Height; readonly certificate: Certificate },
): Promise<FinalizedRangeResponse> {
  const nothing = { blocks: [], links: [], certificate: undefined }
  const last = blocks.at(-1)
  if (last === undefined || end.height - last.header.height > LINK_HEADERS_MAX) return nothing
  const links: ConsensusHeader[] = []
  for (let at = last.header.height + 1; at <= end.height; at++) {
    const block = await chain.blockByHeight(height(at))
    if (block === undefined) return nothing
    links.push(block.header)
  }
  return { blocks, links, certificate: end.certificate }
}

/** As many as there is room for, up to one that is missing; with `isOneFree` the first one however large it is. */
async function readSegment(
  chain: FinalizedChainReader,
  first: Height,
  last: Height,
  room: { readonly count: number; readonly sizeBytes: number; readonly isOneFree: boolean },
): Promise<readonly Block[]> {
  const blocks: Block[] = []
  let sizeBytes = 0
  for (let at: number = first; at <= last && blocks.length < room.count; at++) {
    const block = await chain.blockByHeight(height(at))
    if (block === undefined) return blocks
    sizeBytes += sizeOf([block])
    if (sizeBytes > room.sizeBytes && !(room.isOneFree && blocks.length === 0)) return blocks
    blocks.push(block)
  }
  return blocks
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.payload.length + block.accessList.length + blockOverheadBytes, 0)
}
