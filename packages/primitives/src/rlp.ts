/**
 * RLP (Ethereum yellow paper, appendix B). Encoding is the library's; decoding is a cursor over the input that
 * enforces the one canonical form and every bound *before* it allocates: the library's decoder recurses, copies
 * each level and builds the whole tree of a hostile message first.
 */
import { encode } from '@ethereumjs/rlp'
import type { Address, Hash } from './brand.ts'
import { addressFromBytes, hashFromBytes } from './hex.ts'

/** A byte string or a list of items. Integers go through `rlpUint`. */
export type RlpInput = Uint8Array | readonly RlpInput[]

/** A decoded value, or the code of the first broken rule. No decoder of remote bytes throws. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string }

/** New array, canonical. */
export function encodeRlp(input: RlpInput): Uint8Array {
  return encode(input as Parameters<typeof encode>[0])
}

/** Shortest big-endian form; zero is the empty string. @throws RangeError for anything but a non-negative integer. */
export function rlpUint(value: number | bigint): Uint8Array {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`not an unsigned integer: ${value}`)
  }
  const digits = value.toString(16)
  const bytes = new Uint8Array(value ? Math.ceil(digits.length / 2) : 0)
  for (let index = bytes.length - 1, end = digits.length; index >= 0; index--, end -= 2) {
    bytes[index] = Number.parseInt(digits.slice(Math.max(0, end - 2), end), 16)
  }
  return bytes
}

/**
 * Runs `read` over the single item that `bytes` must be. Every broken rule ends as `{ok: false}`; exceptions
 * that are not decoding failures (bugs) pass through.
 */
export function decodeRlp<T>(bytes: Uint8Array, sizeMaxBytes: number, read: (item: RlpReader) => T): Decoded<T> {
  if (bytes.length > sizeMaxBytes) return { ok: false, code: 'DECODE_TOO_LARGE' }
  try {
    const reader = new RlpReader(bytes, 0, bytes.length)
    const value = read(reader)
    reader.end()
    return { ok: true, value }
  } catch (error) {
    if (error instanceof DecodeFailure) return { ok: false, code: error.code }
    throw error
  }
}

/**
 * Runs `read` over the items of the one list that `bytes` must be; `read` must take all of them.
 *
 * @example decodeRlpList(bytes, 100, (fields) => ({ nonce: fields.uint(), hash: fields.hash() }))
 */
export function decodeRlpList<T>(bytes: Uint8Array, sizeMaxBytes: number, read: (fields: RlpReader) => T): Decoded<T> {
  return decodeRlp(bytes, sizeMaxBytes, (item) => {
    const fields = item.list()
    const value = read(fields)
    fields.end()
    return value
  })
}

/** Ends the decoding of the surrounding `decodeRlp` with `code`: for rules beyond RLP's own. */
export function failDecode(code: string): never {
  throw new DecodeFailure(code)
}

/** Cursor over the items of one list. Results are copies: they never pin or alias the message. */
export class RlpReader {
  #bytes: Uint8Array
  #offset: number
  #end: number

  constructor(bytes: Uint8Array, offset: number, end: number) {
    this.#bytes = bytes
    this.#offset = offset
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#end
  }

  /** Whether the next item is a list; `false` at the end. */
  get isNextList(): boolean {
    return this.#offset < this.#end && (this.#bytes[this.#offset] as number) >= 0xc0
  }

  /** The list must be used up. */
  end(): void {
    if (!this.isAtEnd) failDecode('DECODE_EXTRA_ITEMS')
  }

  /** Enters the next item, a list. */
  list(): RlpReader {
    const item = this.#next()
    if (!item.isList) failDecode('DECODE_EXPECTED_LIST')
    return new RlpReader(this.#bytes, item.start, item.end)
  }

  /** The next item as a list of at most `countMax` items, each read by `read`. */
  listOf<T>(countMax: number, read: (items: RlpReader) => T): T[] {
    const items = this.list()
    const values: T[] = []
    while (!items.isAtEnd) {
      if (values.length === countMax) failDecode('DECODE_TOO_MANY_ITEMS')
      values.push(read(items))
    }
    return values
  }

  /** A list of no or one item. */
  optional<T>(read: (items: RlpReader) => T): T | undefined {
    return this.listOf(1, read)[0]
  }

  /** Byte string of at most `sizeMaxBytes`. */
  bytes(sizeMaxBytes: number): Uint8Array {
    const item = this.#next()
    if (item.isList) failDecode('DECODE_EXPECTED_BYTES')
    if (item.end - item.start > sizeMaxBytes) failDecode('DECODE_TOO_LARGE')
    return copyOf(this.#bytes, item.start, item.end)
  }

  /** Byte string of exactly `sizeBytes`. */
  fixed(sizeBytes: number): Uint8Array {
    const bytes = this.bytes(sizeBytes)
    if (bytes.length !== sizeBytes) failDecode('DECODE_WRONG_LENGTH')
    return bytes
  }

  hash(): Hash {
    return hashFromBytes(this.fixed(32))
  }

  address(): Address {
    return addressFromBytes(this.fixed(20))
  }

  /** Unsigned integer in shortest form, at most `sizeMaxBytes` long. */
  bigint(sizeMaxBytes = 32): bigint {
    const bytes = this.bytes(sizeMaxBytes)
    if (bytes[0] === 0) failDecode('DECODE_LEADING_ZERO')
    let value = 0n
    for (const byte of bytes) value = (value << 8n) | BigInt(byte)
    return value
  }

  /** Safe unsigned integer in shortest form. */
  uint(): number {
    const bytes = this.bytes(7)
    if (bytes[0] === 0) failDecode('DECODE_LEADING_ZERO')
    let value = 0
    for (const byte of bytes) value = value * 256 + byte
    if (!Number.isSafeInteger(value)) failDecode('DECODE_INTEGER_TOO_LARGE')
    return value
  }

  /** ASCII text (bytes 0x20–0x7e), so that text and bytes map one to one. */
  text(sizeMaxBytes: number): string {
    const bytes = this.bytes(sizeMaxBytes)
    if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) failDecode('DECODE_NOT_ASCII')
    return String.fromCharCode(...bytes)
  }

  /** The next item with its prefix, and whether it is a list; its inside is not checked. */
  raw(): { readonly isList: boolean; readonly bytes: Uint8Array } {
    const from = this.#offset
    const item = this.#next()
    return { isList: item.isList, bytes: copyOf(this.#bytes, from, item.end) }
  }

  #next(): { readonly isList: boolean; readonly start: number; readonly end: number } {
    if (this.#offset >= this.#end) failDecode('DECODE_MISSING_ITEM')
    const prefix = this.#bytes[this.#offset] as number
    const isList = prefix >= 0xc0
    let start = this.#offset + 1
    let lengthBytes: number
    if (prefix < 0x80) {
      start = this.#offset
      lengthBytes = 1
    } else {
      lengthBytes = prefix - (isList ? 0xc0 : 0x80)
      if (lengthBytes > 55) {
        const start0 = start
        start += lengthBytes - 55
        lengthBytes = this.#length(start0, start)
      } else if (lengthBytes === 1 && !isList && (this.#bytes[start] ?? 0xff) < 0x80 && start < this.#end) {
        failDecode('DECODE_NOT_CANONICAL')
      }
    }
    if (lengthBytes > this.#end - start) failDecode('DECODE_TRUNCATED')
    this.#offset = start + lengthBytes
    return { isList, start, end: this.#offset }
  }

  #length(from: number, to: number): number {
    if (to > this.#end) failDecode('DECODE_TRUNCATED')
    let length = 0
    for (let index = from; index < to; index++) length = length * 256 + (this.#bytes[index] as number)
    if (this.#bytes[from] === 0 || length <= 55) failDecode('DECODE_NOT_CANONICAL')
    return length
  }
}

/** Not `slice`: on Node's Buffer that is a view. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}

class DecodeFailure extends Error {
  override readonly name = 'DecodeFailure'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}
