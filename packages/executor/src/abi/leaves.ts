/** PUT_LEAVES (`wasm-core/ABI.md` 18): a snapshot's leaves become tries and flat tables. */
import type { Hash } from '@cairn/primitives'
import { readChangeset } from './changeset.ts'
import type { ChangesetEntry } from './changeset.ts'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

/** Leaves to put into one trie, or to delete from it. */
export interface TreeLeaves {
  /** Keccak of the address whose storage it is; `undefined`: the account trie. */
  readonly owner: Hash | undefined
  /** Of the trie as it is stored. */
  readonly root: Hash
  /** Keys strictly ascending; no value deletes. */
  readonly leaves: readonly { readonly key: Hash; readonly value: Uint8Array | undefined }[]
}

export function encodePutLeaves(trees: readonly TreeLeaves[]): Uint8Array {
  let count = 0
  for (const { leaves } of trees) count += leaves.length
  const writer = new AbiWriter(64 + 72 * trees.length + 160 * count)
  writer.list(trees, ({ owner, root, leaves }) => {
    writer.optional(owner, (hash) => writer.fixed(hash)).fixed(root)
    writer.list(leaves, ({ key, value }) => {
      writer.fixed(key).optional(value, (leaf) => writer.bytes(leaf))
    })
  })
  return writer.finish()
}

/** Roots in the order of the trees. */
export function readPutLeaves(body: AbiReader): {
  readonly roots: readonly Hash[]
  readonly changes: readonly ChangesetEntry[]
} {
  const roots = body.list((reader) => reader.hash())
  const changes = readChangeset(body)
  body.end()
  return { roots, changes }
}
