/** How peers of a node that restores a state may answer: honestly, not at all, or with one lie each. */
import {
  decodeChainStatus,
  decodeSnapshotChunkResponse,
  encodeBlocksByHashResponse,
  encodeChainStatus,
  encodeSnapshotChunkResponse,
  encodeSnapshotCodesResponse,
} from '@cairn/chain'
import type { SnapshotRange } from '@cairn/chain'
import type { RequestProtocol } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'

type Said = Uint8Array | { readonly refused: string } | undefined
/** How a peer answers, given what an honest one would say. */
export type Manner = (protocol: RequestProtocol, truth: Said) => Said

export const honest: Manner = (_protocol, truth) => truth
export const NOT_AVAILABLE = { refused: 'NOT_AVAILABLE' }

/** One manner for each thing that can be lied about. */
export const lies: Readonly<Record<string, Manner>> = {
  'a wrong value': onChunk((range) => ({ ...range, items: range.items.map(bitFlipped) })),
  'a leaf left out': onChunk((range) => ({ ...range, items: range.items.toSpliced(range.items.length >> 1, 1) })),
  'the last leaf left out': onChunk((range) => ({ ...range, items: range.items.slice(0, -1) })),
  'no proof': onChunk((range) => ({ ...range, proof: [] })),
  nothing: onChunk(() => ({ items: [], proof: [] })),
  'no ranges': (protocol, truth) =>
    protocol === 'snapshot-chunk' ? encodeSnapshotChunkResponse({ ranges: [] }) : truth,
  garbage: (protocol, truth) => (protocol === 'snapshot-chunk' ? Uint8Array.of(1, 2, 3) : truth),
  'a foreign code': (protocol, truth) =>
    protocol === 'snapshot-codes' ? encodeSnapshotCodesResponse({ codes: [Uint8Array.of(1, 2, 3)] }) : truth,
  'another chain': (protocol, truth) => (protocol === 'chain-status' ? restated(truth, { genesisHash: HASH }) : truth),
  'a forged certificate': (protocol, truth) => {
    if (protocol !== 'chain-status') return truth
    return restated(truth, (status) => ({
      finalization: status.finalization && { ...status.finalization, signature: new Uint8Array(96) },
    }))
  },
  'a block without its data': (protocol, truth) => {
    if (protocol !== 'blocks-by-hash') return truth
    return encodeBlocksByHashResponse({ blocks: [] })
  },
  silence: (protocol, truth) => (protocol.startsWith('snapshot') ? undefined : truth),
}
export const HASH = `0x${'12'.repeat(32)}` as Hash

function onChunk(change: (range: SnapshotRange) => SnapshotRange): Manner {
  return (protocol, truth) => {
    if (protocol !== 'snapshot-chunk' || !(truth instanceof Uint8Array)) return truth
    const decoded = decodeSnapshotChunkResponse(truth)
    return decoded.ok ? encodeSnapshotChunkResponse({ ranges: decoded.value.ranges.map(change) }) : truth
  }
}

function bitFlipped<Item extends SnapshotRange['items'][number]>(item: Item, index: number): Item {
  const last = item.value.length - 1
  return index === 0 ? { ...item, value: item.value.with(last, (item.value[last] as number) ^ 1) } : item
}

type Status = Extract<ReturnType<typeof decodeChainStatus>, { ok: true }>['value']

function restated(truth: Said, change: Partial<Status> | ((status: Status) => Partial<Status>)): Said {
  if (!(truth instanceof Uint8Array)) return truth
  const status = decodeChainStatus(truth)
  if (!status.ok) return truth
  return encodeChainStatus({ ...status.value, ...(typeof change === 'function' ? change(status.value) : change) })
}
