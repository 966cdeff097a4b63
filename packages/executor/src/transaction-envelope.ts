/**
 * Signed transactions (EIP-2718 types 0 to 4) as far as needed to recover a sender without the core: the signed
 * bytes, the signature, and the plain fields. Says nothing about validity but EIP-2's: a signature with a high s is
 * refused here, for recovery libraries accept it. Whatever it does not understand is left to the core.
 */
import { TRANSACTION_MAX_BYTES } from '@cairn/chain'
import {
  RlpReader,
  addressFromBytes,
  bytesFromHex,
  compareBytes,
  decodeRlp,
  failDecode,
  rlpUint,
} from '@cairn/primitives'
import type { Address, Decoded } from '@cairn/primitives'

export interface TransactionEnvelope {
  readonly type: number
  /** `undefined`: a legacy transaction from before EIP-155. */
  readonly chainId: bigint | undefined
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** gasPrice for types 0 and 1. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** `undefined`: contract creation. */
  readonly to: Address | undefined
  readonly value: bigint
  readonly data: Uint8Array
  /** Nothing but the fields above: no access, blob or authorization list. */
  readonly isPlain: boolean
  /** Its keccak256 is what was signed. */
  readonly signedBytes: Uint8Array
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array
  readonly recoveryId: 0 | 1
}

/** Untrusted bytes. */
export function decodeEnvelope(raw: Uint8Array): Decoded<TransactionEnvelope> {
  const type = raw[0] ?? 0
  if (type >= 0xc0) return decodeRlp(raw, TRANSACTION_MAX_BYTES, (item) => readLegacy(item.list(), raw))
  const body = raw.subarray(1)
  return decodeRlp(body, TRANSACTION_MAX_BYTES, (item) => readTyped(type, item.list(), body))
}

/** Signed fields of each type, without the signature's three. */
const SIGNED_FIELD_COUNTS: Readonly<Record<number, number>> = { 1: 8, 2: 9, 3: 11, 4: 10 }

function readLegacy(fields: RlpReader, raw: Uint8Array): TransactionEnvelope {
  const items = readItems(fields)
  if (items.length !== 9) failDecode('DECODE_WRONG_LENGTH')
  const [nonce, gasPrice, gasLimit, to, value, data, v] = items.map(readerOf)
  const { recoveryId, chainId } = legacySignature((v as RlpReader).bigint(9))
  const suffix = chainId === undefined ? [] : [encodedUint(chainId), EMPTY_STRING, EMPTY_STRING]
  const price = (gasPrice as RlpReader).bigint(16)
  return {
    type: 0,
    chainId,
    nonce: (nonce as RlpReader).bigint(8),
    maxFeePerGas: price,
    maxPriorityFeePerGas: price,
    gasLimit: (gasLimit as RlpReader).bigint(8),
    to: readTo(to as RlpReader),
    value: (value as RlpReader).bigint(),
    data: (data as RlpReader).bytes(TRANSACTION_MAX_BYTES),
    isPlain: true,
    signedBytes: signedList(raw, items, 6, suffix),
    signature: readSignature(items),
    recoveryId,
  }
}

function readTyped(type: number, fields: RlpReader, body: Uint8Array): TransactionEnvelope {
  const items = readItems(fields)
  const signedCount = SIGNED_FIELD_COUNTS[type]
  if (signedCount === undefined || items.length !== signedCount + 3) failDecode('DECODE_WRONG_KIND')
  const readers = items.map(readerOf)
  const at = (index: number): RlpReader => readers[index] as RlpReader
  // Type 1 has one price where the later types have priority fee and fee cap.
  const isPriced = type === 1
  const first = isPriced ? 3 : 4
  const maxPriorityFeePerGas = at(2).bigint(16)
  const parity = at(signedCount).uint()
  if (parity > 1) failDecode('DECODE_WRONG_KIND')
  const signed = signedList(body, items, signedCount, [])
  const signedBytes = new Uint8Array(signed.length + 1)
  signedBytes[0] = type
  signedBytes.set(signed, 1)
  return {
    type,
    chainId: at(0).bigint(8),
    nonce: at(1).bigint(8),
    maxPriorityFeePerGas,
    maxFeePerGas: isPriced ? maxPriorityFeePerGas : at(3).bigint(16),
    gasLimit: at(first).bigint(8),
    to: readTo(at(first + 1)),
    value: at(first + 2).bigint(),
    data: at(first + 3).bytes(TRANSACTION_MAX_BYTES),
    isPlain: type <= 2 && at(first + 4).list().isAtEnd,
    signedBytes,
    signature: readSignature(items),
    recoveryId: parity === 0 ? 0 : 1,
  }
}

/** Half of the curve's order, rounded down. */
const S_MAX = bytesFromHex('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')
const ITEMS_MAX = 14
const EMPTY_STRING = Uint8Array.of(0x80)

/** The fields with their prefixes. */
function readItems(fields: RlpReader): readonly Uint8Array[] {
  const items: Uint8Array[] = []
  while (!fields.isAtEnd) {
    if (items.length === ITEMS_MAX) failDecode('DECODE_TOO_MANY_ITEMS')
    items.push(fields.raw().bytes)
  }
  return items
}

function readerOf(item: Uint8Array): RlpReader {
  return new RlpReader(item, 0, item.length)
}

function readTo(item: RlpReader): Address | undefined {
  const bytes = item.bytes(20)
  if (bytes.length === 0) return undefined
  if (bytes.length !== 20) failDecode('DECODE_WRONG_LENGTH')
  return addressFromBytes(bytes)
}

function readSignature(items: readonly Uint8Array[]): Uint8Array {
  const signature = new Uint8Array(64)
  for (const [position, item] of items.slice(-2).entries()) {
    const bytes = readerOf(item).bytes(32)
    if (bytes.length === 0 || bytes[0] === 0) failDecode('DECODE_LEADING_ZERO')
    signature.set(bytes, 32 * position + 32 - bytes.length)
  }
  if (compareBytes(signature.subarray(32), S_MAX) > 0) failDecode('DECODE_HIGH_S')
  return signature
}

/** EIP-155: v = 27 + parity, or 35 + 2 · chain id + parity. */
function legacySignature(v: bigint): { readonly recoveryId: 0 | 1; readonly chainId: bigint | undefined } {
  if (v === 27n || v === 28n) return { recoveryId: v === 27n ? 0 : 1, chainId: undefined }
  if (v < 35n) failDecode('DECODE_WRONG_KIND')
  return { recoveryId: (v - 35n) % 2n === 0n ? 0 : 1, chainId: (v - 35n) / 2n }
}

/** RLP list of the first `count` fields, as they stand in `encoded`, and `suffix`. */
function signedList(
  encoded: Uint8Array,
  items: readonly Uint8Array[],
  count: number,
  suffix: readonly Uint8Array[],
): Uint8Array {
  let lengthBytes = 0
  for (const item of items) lengthBytes += item.length
  const start = encoded.length - lengthBytes
  let end = start
  for (let index = 0; index < count; index++) end += (items[index] as Uint8Array).length
  let bodyBytes = end - start
  for (const item of suffix) bodyBytes += item.length
  const prefix = listPrefix(bodyBytes)
  const list = new Uint8Array(prefix.length + bodyBytes)
  list.set(prefix)
  list.set(encoded.subarray(start, end), prefix.length)
  let offset = prefix.length + end - start
  for (const item of suffix) {
    list.set(item, offset)
    offset += item.length
  }
  return list
}

function listPrefix(bodyBytes: number): Uint8Array {
  if (bodyBytes <= 55) return Uint8Array.of(0xc0 + bodyBytes)
  const length = rlpUint(bodyBytes)
  return Uint8Array.of(0xf7 + length.length, ...length)
}

function encodedUint(value: bigint): Uint8Array {
  const bytes = rlpUint(value)
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes
  return Uint8Array.of(0x80 + bytes.length, ...bytes)
}
