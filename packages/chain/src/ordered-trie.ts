/**
 * Root of the Merkle Patricia trie that maps rlp(index) → item (yellow paper 4.3.2): how an Ethereum header
 * commits to its transactions and withdrawals. Built at once from all items; no proofs, no updates.
 */
import { keccak256Bytes } from '@cairn/crypto'
import { encodeRlp, hashFromBytes, rlpUint } from '@cairn/primitives'
import type { Hash, RlpInput } from '@cairn/primitives'

interface Entry {
  /** Key in nibbles. */
  readonly path: readonly number[]
  readonly value: Uint8Array
}

const EMPTY = new Uint8Array(0)

/** keccak256(rlp("")): root of the trie of no items. */
export const EMPTY_TRIE_ROOT = hashFromBytes(keccak256Bytes(Uint8Array.of(0x80)))

/** O(n) hashes. */
export function orderedTrieRoot(items: readonly Uint8Array[]): Hash {
  if (items.length === 0) return EMPTY_TRIE_ROOT
  const entries = items.map((value, index) => ({ path: nibblesFromBytes(encodeRlp(rlpUint(index))), value }))
  return hashFromBytes(keccak256Bytes(encodeRlp(nodeFromEntries(entries, 0))))
}

/** Node over entries that share their first `depth` nibbles. No key is another's prefix: RLP is prefix-free. */
function nodeFromEntries(entries: readonly Entry[], depth: number): readonly RlpInput[] {
  const [first] = entries as [Entry]
  if (entries.length === 1) return [hexPrefix(first.path.slice(depth), true), first.value]
  let shared = depth
  while (entries.every((entry) => entry.path[shared] === first.path[shared])) shared++
  if (shared > depth)
    return [hexPrefix(first.path.slice(depth, shared), false), reference(nodeFromEntries(entries, shared))]
  const children: Entry[][] = Array.from({ length: 16 }, () => [])
  for (const entry of entries) children[entry.path[depth] as number]?.push(entry)
  const branch = children.map((child) => (child.length === 0 ? EMPTY : reference(nodeFromEntries(child, depth + 1))))
  return [...branch, EMPTY]
}

/** A node of fewer than 32 bytes stands in its parent itself. */
function reference(node: readonly RlpInput[]): RlpInput {
  const bytes = encodeRlp(node)
  return bytes.length < 32 ? node : keccak256Bytes(bytes)
}

function nibblesFromBytes(bytes: Uint8Array): readonly number[] {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15])
}

/** Yellow paper appendix C. */
function hexPrefix(nibbles: readonly number[], isLeaf: boolean): Uint8Array {
  const isOdd = nibbles.length % 2 === 1
  const flag = (isLeaf ? 2 : 0) + (isOdd ? 1 : 0)
  const padded = isOdd ? [flag, ...nibbles] : [flag, 0, ...nibbles]
  return Uint8Array.from(
    { length: padded.length / 2 },
    (_, i) => (padded[2 * i] as number) * 16 + (padded[2 * i + 1] as number),
  )
}
