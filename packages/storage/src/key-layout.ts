/**
 * The chain store's key layout: every table's prefix byte, and the keys of the log index.
 *
 *   01                                → genesis hash
 *   02                                → head [height, hash, certified height, base height]
 *   03                                → bytes of the blocks stored, while there is a budget
 *   10 ‖ height                       → block                          11 ‖ consensus hash  → height
 *   12 ‖ height                       → finalization certificate       17 ‖ execution hash  → height
 *   13 ‖ transaction hash             → [height, index]
 *   14 ‖ height                       → [receipts, outcomes]
 *   15 ‖ address ‖ height             → nothing: some log of the block has this address
 *   16 ‖ position ‖ topic ‖ height    → nothing: some log of the block has this topic at this position
 *   18 ‖ height ‖ consensus hash      → proposed block behind an own vote
 *   19 ‖ height                       → epoch state as of the block: [epoch, RANDAO mix, offenders]
 *   1a ‖ epoch                        → validator set
 *   1b ‖ height                       → evidence that the block includes; no entry without any
 *   1c ‖ height                       → [header, evidence] of a block of the current epoch that is not stored itself
 *   1d ‖ height                       → header of an epoch's last block that is not stored itself
 *   1e ‖ evidence hash                → evidence that waits for a block
 *
 * Heights are eight bytes big-endian, so that key order is height order. Numbers are never reused: a table that
 * goes leaves a gap. Pruning deletes 10, 11, 13 … 17 below a height, and 12 but for ends of epochs; 1a, 1b, 1d stay: with
 * them any node leads others from genesis to its head by certificates.
 */
import { bytesFromHex, bytesFromUint64, concatBytes, height } from '@cairn/primitives'
import type { Address, Hash, Height } from '@cairn/primitives'

/** First byte of each table's keys. */
export const tablePrefixes = {
  genesis: 0x01,
  head: 0x02,
  size: 0x03,
  blocks: 0x10,
  heightsByHash: 0x11,
  certificates: 0x12,
  transactions: 0x13,
  executions: 0x14,
  logAddresses: 0x15,
  logTopics: 0x16,
  heightsByExecutionHash: 0x17,
  proposedBlocks: 0x18,
  epochStates: 0x19,
  validatorSets: 0x1a,
  evidence: 0x1b,
  headers: 0x1c,
  epochEnds: 0x1d,
  pendingEvidence: 0x1e,
} as const

/** Common beginning of an address's entries in the log index. */
export function logAddressPrefix(address: Address): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.logAddresses), bytesFromHex(address))
}

/** Common beginning of the entries of a topic at `position` (0 to 3). */
export function logTopicPrefix(position: number, topic: Hash): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.logTopics, position), bytesFromHex(topic))
}

/** Key of the entry for `at` under a log-index prefix. */
export function logIndexKey(prefix: Uint8Array, at: Height): Uint8Array {
  return concatBytes(prefix, bytesFromUint64(at))
}

/** The height that ends a key, or is all of a value. */
export function heightFromBytes(bytes: Uint8Array): Height {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return height(Number(view.getBigUint64(bytes.length - 8)))
}
