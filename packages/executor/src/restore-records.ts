/** The host's own records of an unfinished restore. RLP, versioned. */
import { CodedError, bytesFromHex, concatBytes, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash, RlpReader } from '@cairn/primitives'
import type { PartialStorage } from '@cairn/chain'

/** One for the whole restore. */
export interface RestoreRecord {
  /** Of the chain it belongs to. */
  readonly genesisHash: Hash
  /** Of the account trie as far as it is restored. */
  readonly accountRoot: Hash
  readonly progress: Uint8Array
}

export const RESTORE_KEY = Uint8Array.of(0, 5)
/** First bytes of the keys of unfinished storages; the owner follows. */
export const RESTORE_STORAGE_PREFIX = Uint8Array.of(0, 6)

export function restoreStorageKey(owner: Hash): Uint8Array {
  return concatBytes(RESTORE_STORAGE_PREFIX, bytesFromHex(owner))
}

export function encodeRestoreRecord({ genesisHash, accountRoot, progress }: RestoreRecord): Uint8Array {
  return encodeRlp([rlpUint(VERSION), bytesFromHex(genesisHash), bytesFromHex(accountRoot), progress])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodeRestoreRecord(bytes: Uint8Array): RestoreRecord {
  return decoded(bytes, (fields) => ({
    genesisHash: fields.hash(),
    accountRoot: fields.hash(),
    progress: fields.bytes(bytes.length),
  }))
}

export function encodePartialStorage({ owner, root, next }: PartialStorage): Uint8Array {
  return encodeRlp([
    rlpUint(VERSION),
    bytesFromHex(owner),
    bytesFromHex(root),
    next === undefined ? [] : [bytesFromHex(next)],
  ])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodePartialStorage(bytes: Uint8Array): PartialStorage {
  return decoded(bytes, (fields) => ({
    owner: fields.hash(),
    root: fields.hash(),
    next: fields.optional((item) => item.hash()),
  }))
}

const VERSION = 1

function decoded<T>(bytes: Uint8Array, read: (fields: RlpReader) => T): T {
  const result: Decoded<T> = decodeRlpList(bytes, bytes.length, (fields) => {
    if (fields.uint() !== VERSION) throw new CodedError('STATE_CORRUPT', 'a restore record of another version')
    const value = read(fields)
    return value
  })
  if (!result.ok) throw new CodedError('STATE_CORRUPT', `a restore record does not decode: ${result.code}`)
  return result.value
}
