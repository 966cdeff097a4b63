/** What a snapshot needs of an account's leaf: RLP `[nonce, balance, storage root, code hash]`. */
import { keccak256 } from '@cairn/crypto'
import { decodeRlp } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'

/** `codeHash`: `undefined` without code. The whole is `undefined` when it is no account. */
export function decodeLeaf(
  value: Uint8Array,
): { readonly storageRoot: Hash; readonly codeHash: Hash | undefined } | undefined {
  const decoded = decodeRlp(value, value.length, (item) => {
    const fields = item.list()
    fields.bigint(8)
    fields.bigint()
    const leaf = { storageRoot: fields.hash(), codeHash: fields.hash() }
    fields.end()
    return leaf
  })
  if (!decoded.ok) return undefined
  const { storageRoot, codeHash } = decoded.value
  return { storageRoot, codeHash: codeHash === NO_CODE ? undefined : codeHash }
}

const NO_CODE = keccak256(new Uint8Array(0))
