/**
 * The answering side of snapshot sync: ranges of the committed state, or of one that undo lists still lead back to, and
 * codes. The executor takes a block before any of this, and each answer costs it milliseconds.
 */
import { encodeHeaderTrailResponse, encodeSnapshotChunkResponse, encodeSnapshotCodesResponse } from '@cairn/chain'
import type {
  HeaderTrailRequest,
  HeaderTrailResponse,
  SnapshotChunkRequest,
  SnapshotCodesRequest,
  SnapshotRange,
} from '@cairn/chain'
import type { Executor } from '@cairn/ports'
import { CodedError, ZERO_HASH, height } from '@cairn/primitives'
import type { ChainReader } from '@cairn/storage'
import { SNAPSHOT_REPLY_BYTES, SNAPSHOT_SERVED_BLOCKS } from './limits.ts'

type Answer = Uint8Array | { readonly refused: string }

/** Refused as `NOT_AVAILABLE`: older than what is kept, or not committed here yet. */
const NOT_AVAILABLE = { refused: 'NOT_AVAILABLE' } as const

/** What the executor says of a state that it cannot read. */
const UNREADABLE: ReadonlySet<string> = new Set(['STATE_PRUNED', 'UNKNOWN_BLOCK'])

export async function serveSnapshotChunk(
  executor: Pick<Executor, 'head' | 'trieRange'>,
  { height: at, owners, start, maxBytes }: SnapshotChunkRequest,
): Promise<Answer> {
  const head = executor.head().height
  if (at > head || head - at > SNAPSHOT_SERVED_BLOCKS) return NOT_AVAILABLE
  let left = Math.min(maxBytes, SNAPSHOT_REPLY_BYTES)
  const ranges: SnapshotRange[] = []
  try {
    for (const [index, owner] of (owners.length === 0 ? [undefined] : owners).entries()) {
      if (index > 0 && left <= 0) break
      const request = { owner, start: index === 0 ? start : ZERO_HASH, maxBytes: left }
      const { hasMore, ...range } = await executor.trieRange(request, at)
      ranges.push(range)
      left -= sizeOf(range)
      if (hasMore) break
    }
  } catch (error) {
    if (error instanceof CodedError && UNREADABLE.has(error.code)) return NOT_AVAILABLE
    throw error
  }
  return encodeSnapshotChunkResponse({ ranges })
}

/** Those that are there and fit. */
export async function serveSnapshotCodes(
  executor: Pick<Executor, 'codes'>,
  { hashes }: SnapshotCodesRequest,
): Promise<Answer> {
  const codes: Uint8Array[] = []
  let left = SNAPSHOT_REPLY_BYTES
  for (const hash of new Set(hashes)) {
    const [code] = await executor.codes([hash])
    if (code === undefined || (codes.length > 0 && code.length > left)) continue
    codes.push(code)
    left -= code.length
  }
  return encodeSnapshotCodesResponse({ codes })
}

/** From the last one back, as many as are stored and fit. */
export async function serveHeaderTrail(
  chain: Pick<ChainReader, 'headerEntry'>,
  { lastHeight, countMax }: HeaderTrailRequest,
): Promise<Answer> {
  const entries: HeaderTrailResponse['entries'][number][] = []
  let left = SNAPSHOT_REPLY_BYTES
  for (let at: number = lastHeight; at > 0 && entries.length < countMax && left > 0; at--) {
    const entry = await chain.headerEntry(height(at))
    if (entry === undefined) break
    const { header, evidence } = entry
    entries.push({ header, evidence })
    left -= HEADER_BYTES + evidence.length
  }
  return entries.length === 0 ? NOT_AVAILABLE : encodeHeaderTrailResponse({ entries: entries.reverse() })
}

/** One header with its framing, more than it ever takes. */
const HEADER_BYTES = 520

function sizeOf({ items, proof }: SnapshotRange): number {
  let sizeBytes = 0
  for (const { value } of items) sizeBytes += 32 + value.length
  for (const node of proof) sizeBytes += node.length
  return sizeBytes
}
