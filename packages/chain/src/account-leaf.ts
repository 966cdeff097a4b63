/** An account as the state trie's leaf holds it: RLP `[nonce, balance, storage root, code hash]` (Yellow Paper, 4.1). */
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash } from '@cairn/primitives'

export interface AccountLeaf {
  readonly nonce: bigint
  /** wei */
  readonly balance: bigint
  readonly storageRoot: Hash
  readonly codeHash: Hash
}

/** Code hash of an account without code: keccak256 of no bytes. */
export const EMPTY_CODE_HASH = keccak256(new Uint8Array(0))

export function encodeAccountLeaf({ nonce, balance, storageRoot, codeHash }: AccountLeaf): Uint8Array {
  return encodeRlp([rlpUint(nonce), rlpUint(balance), bytesFromHex(storageRoot), bytesFromHex(codeHash)])
}

export function decodeAccountLeaf(value: Uint8Array): Decoded<AccountLeaf> {
  return decodeRlpList(value, value.length, (fields) => ({
    nonce: fields.bigint(8),
    balance: fields.bigint(),
    storageRoot: fields.hash(),
    codeHash: fields.hash(),
  }))
}
