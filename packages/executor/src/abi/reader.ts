/**
 * Response decoder of the core's ABI. The core is trusted, the artefact it runs from is pinned by hash: what does
 * not decode is a broken build, so it throws, and nothing is read outside the response.
 */
import { CodedError, addressFromBytes, hashFromBytes } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'

/** Cursor. Byte strings are views of the response, not copies. */
export class AbiReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true)
  }

  /** 32 bytes, big-endian. */
  u256(): bigint {
    const offset = this.#advance(32)
    let value = 0n
    for (let word = 0; word < 4; word++) value = (value << 64n) | this.#view.getBigUint64(offset + 8 * word)
    return value
  }

  fixed(sizeBytes: number): Uint8Array {
    const offset = this.#advance(sizeBytes)
    return this.#bytes.subarray(offset, offset + sizeBytes)
  }

  hash(): Hash {
    return hashFromBytes(this.fixed(32))
  }

  address(): Address {
    return addressFromBytes(this.fixed(20))
  }

  /** Length and content. */
  bytes(): Uint8Array {
    return this.fixed(this.u32())
  }

  /** ASCII. */
  text(): string {
    return textFromBytes(this.bytes())
  }

  list<T>(read: (reader: AbiReader) => T): T[] {
    const count = this.u32()
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(read(this))
    return items
  }

  optional<T>(read: (reader: AbiReader) => T): T | undefined {
    return this.u8() === 0 ? undefined : read(this)
  }

  /** Passes over `read`'s items and returns the bytes they took: a list kept for later. */
  span(skip: (reader: AbiReader) => void): Uint8Array {
    const from = this.#offset
    skip(this)
    return this.#bytes.subarray(from, this.#offset)
  }

  skip(sizeBytes: number): void {
    this.#advance(sizeBytes)
  }

  end(): void {
    if (this.#offset !== this.#bytes.length) throw malformed('bytes left over')
  }

  #advance(sizeBytes: number): number {
    const offset = this.#offset
    if (sizeBytes > this.#bytes.length - offset) throw malformed('truncated')
    this.#offset = offset + sizeBytes
    return offset
  }
}

function textFromBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function malformed(what: string): CodedError {
  return new CodedError('CORE_RESPONSE_MALFORMED', `response of the execution core: ${what}`)
}
