/** RANGE_PROVE and RANGE_VERIFY (`wasm-core/ABI.md` 14 and 15): chunks of a state snapshot. */
import type { SnapshotRange } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

export interface RangeRequest {
  readonly stateRoot: Hash
  /** Keccak of the address whose storage is asked for; without it the account trie. */
  readonly owner: Hash | undefined
  /** Least key wanted. */
  readonly start: Hash
  readonly maxItems: number
  /** Keys and values; one item is given whatever the bounds say. */
  readonly maxBytes: number
}

export function encodeRangeProve(request: RangeRequest): Uint8Array {
  const writer = new AbiWriter(128).fixed(request.stateRoot)
  writer.optional(request.owner, (owner) => writer.fixed(owner)).fixed(request.start)
  return writer.u32(request.maxItems).u32(request.maxBytes).finish()
}

/** `hasMore`: the trie has keys after the last item. Byte strings are copies. */
export function readRangeProve(body: AbiReader): SnapshotRange & { readonly hasMore: boolean } {
  const items = body.list((reader) => ({ key: reader.hash(), value: reader.bytes().slice() }))
  const proof = body.list((reader) => reader.bytes().slice())
  const hasMore = body.u8() === 1
  body.end()
  return { items, proof, hasMore }
}

/** `root` is the trie's: the state root, or the account's storage root. */
export function encodeRangeVerify(root: Hash, start: Hash, range: SnapshotRange): Uint8Array {
  const writer = new AbiWriter(1024 + 160 * range.items.length).fixed(root).fixed(start)
  writer.list(range.items, ({ key, value }) => writer.fixed(key).bytes(value))
  return writer.list(range.proof, (node) => writer.bytes(node)).finish()
}

/** Whether the trie is proved to have keys after the last item. */
export function readRangeVerify(body: AbiReader): boolean {
  const hasMore = body.u8() === 1
  body.end()
  return hasMore
}
