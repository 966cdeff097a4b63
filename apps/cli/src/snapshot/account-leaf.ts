/** What a snapshot file needs of an account's leaf, and the order of keys. */
import { keccak256 } from '@cairn/crypto'
import { CodedError, type Hash, decodeRlp } from '@cairn/primitives'

/** Code hash of accounts without code. */
export const NO_CODE = keccak256(new Uint8Array(0))

/** RLP `[nonce, balance, storage root, code hash]`. @throws CodedError `SNAPSHOT_FILE_CORRUPT` */
export function decodeAccount(value: Uint8Array): { readonly storageRoot: Hash; readonly codeHash: Hash } {
  const decoded = decodeRlp(value, value.length, (item) => {
    const fields = item.list()
    fields.bigint(8)
    fields.bigint()
    const leaf = { storageRoot: fields.hash(), codeHash: fields.hash() }
    fields.end()
    return leaf
  })
  if (!decoded.ok) throw new CodedError('SNAPSHOT_FILE_CORRUPT', 'an account does not decode')
  return decoded.value
}

/** The next key; nothing comes after the last one, and nobody asks. */
export function keyAfter(key: Hash | undefined): Hash {
  return `0x${(BigInt(key ?? 0) + 1n).toString(16).padStart(64, '0')}` as Hash
}
