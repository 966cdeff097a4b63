/**
 * RLP (Ethereum yellow paper, appendix B). Encoding measures first and then writes each byte once; decoding is a cursor
 * over the input that enforces the one canonical form and every bound *before* it allocates. Libraries join a new array
 * at each level, and build the whole tree of a hostile message first.
 */
import type { Address, Hash } from './brand.ts'
import { addressFromBytes, hashFromBytes } from './hex.ts'

/** A byte string or a list of items. Integers go through `rlpUint`. */
export type RlpInput = Uint8Array | readonly RlpInput[]

/** A decoded value, or the code of the first broken rule. No decoder of remote bytes throws. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string }

/** New array, canonical. */
export function encodeRlp(input: RlpInput): Uint8Array {
  const payloads: number[] = []
  const bytes = new Uint8Array(measure(input, payloads))
  writeItem(bytes, 0, input, payloads, { next: 0 })
  return bytes
}

/** Shortest big-endian form; zero is the empty string. @throws RangeError for anything but a non-negative integer. */
export function rlpUint(value: number | bigint): Uint8Array {
  if (value < 0 || (typeof value === 'number' && !Number.isSafeInteger(value))) {
    throw new RangeError(`not an unsigned integer: ${value}`)
  }
  if (typeof value === 'number' && value <= 0xffff_ffff) return shortUint(value)
  const digits = value.toString(16)
  const bytes = new Uint8Array(value ? Math.ceil(digits.length / 2) : 0)
  for (let index = bytes.length - 1, end = digits.length; index >= 0; index--, end -= 2) {
    bytes[index] = Number.parseInt(digits.slice(Math.max(0, end - 2), end), 16)
  }
  return bytes
}

/** Nearly all integers: no text in between. */
function shortUint(value: number): Uint8Array {
  if (value === 0) return new Uint8Array()
  if (value <= 0xff) return Uint8Array.of(value)
  if (value <= 0xffff) return Uint8Array.of(value >>> 8, value)
  if (value <= 0xff_ffff) return Uint8Array.of(value >>> 16, value >>> 8, value)
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
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

/** Ends the decoding of the surrounding `decodeRlp` with `code`, a literal: for rules beyond RLP's own. */
export function failDecode(code: string): never {
  const known = failures.get(code) ?? new DecodeFailure(code)
  failures.set(code, known)
  throw known
}

/** One for each code, since nobody reads its stack: bad messages come in any number, and a stack costs more than a message. */
const failures = new Map<string, DecodeFailure>()

/** Size of the encoding. `payloads` gets the size of each list's content, in the order in which `writeItem` meets them. */
function measure(item: RlpInput, payloads: number[]): number {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) return 1
    return item.length + prefixBytes(item.length)
  }
  const place = payloads.push(0) - 1
  let payload = 0
  for (const inner of item) payload += measure(inner, payloads)
  payloads[place] = payload
  return payload + prefixBytes(payload)
}

/** Writes one item at `offset`; returns the offset after it. */
function writeItem(
  bytes: Uint8Array,
  offset: number,
  item: RlpInput,
  payloads: readonly number[],
  lists: { next: number },
): number {
  if (item instanceof Uint8Array) {
    const isOwnEncoding = item.length === 1 && (item[0] as number) < 0x80
    const start = isOwnEncoding ? offset : writePrefix(bytes, offset, 0x80, item.length)
    bytes.set(item, start)
    return start + item.length
  }
  let end = writePrefix(bytes, offset, 0xc0, payloads[lists.next++] as number)
  for (const inner of item) end = writeItem(bytes, end, inner, payloads, lists)
  return end
}

function prefixBytes(length: number): number {
  return length <= 55 ? 1 : 1 + lengthBytesOf(length)
}

function writePrefix(bytes: Uint8Array, offset: number, kind: number, length: number): number {
  if (length <= 55) {
    bytes[offset] = kind + length
    return offset + 1
  }
  const count = lengthBytesOf(length)
  bytes[offset] = kind + 55 + count
  for (let index = count, rest = length; index > 0; index--) {
    bytes[offset + index] = rest & 0xff
    rest = Math.floor(rest / 256)
  }
  return offset + 1 + count
}

function lengthBytesOf(length: number): number {
  let count = 0
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) count++
  return count
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
    return hashFromBytes(this.#view(32))
  }

  address(): Address {
    return addressFromBytes(this.#view(20))
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
    const { isList, start, end } = this.#next()
    if (isList) failDecode('DECODE_EXPECTED_BYTES')
    if (end - start > 7) failDecode('DECODE_TOO_LARGE')
    if (start < end && this.#bytes[start] === 0) failDecode('DECODE_LEADING_ZERO')
    let value = 0
    for (let index = start; index < end; index++) value = value * 256 + (this.#bytes[index] as number)
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

  /** Byte string of exactly `sizeBytes`, not copied: never handed out. */
  #view(sizeBytes: number): Uint8Array {
    const item = this.#next()
    if (item.isList) failDecode('DECODE_EXPECTED_BYTES')
    if (item.end - item.start > sizeBytes) failDecode('DECODE_TOO_LARGE')
    if (item.end - item.start !== sizeBytes) failDecode('DECODE_WRONG_LENGTH')
    return this.#bytes.subarray(item.start, item.end)
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

/** Not `slice`: on Node's Buffer that is a view. Short ones by hand: a view costs more than the bytes. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start > SHORT_COPY_BYTES) return new Uint8Array(bytes.subarray(start, end))
  const copy = new Uint8Array(end - start)
  for (let index = start; index < end; index++) copy[index - start] = bytes[index] as number
  return copy
}

const SHORT_COPY_BYTES = 128

class DecodeFailure extends Error {
  override readonly name = 'DecodeFailure'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}
