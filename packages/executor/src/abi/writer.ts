/** Request encoder of the core's ABI: little-endian fixed integers, `u256` big-endian, lengths as u32. */
import { bytesFromHex } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'

/** Growing buffer; `finish` hands out a view of it. */
export class AbiWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  constructor(capacityBytes = 1024) {
    this.#bytes = new Uint8Array(capacityBytes)
    this.#view = new DataView(this.#bytes.buffer)
    this.u8(ABI_VERSION)
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
    return this
  }

  /** @throws RangeError when `value` does not fit in 64 bits. */
  u64(value: bigint): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`not a uint64: ${value}`)
    this.#reserve(8)
    this.#view.setBigUint64(this.#length, value, true)
    this.#length += 8
    return this
  }

  /** @throws RangeError when `value` does not fit in 256 bits. */
  u256(value: bigint): this {
    if (value < 0n || value >= 1n << 256n) throw new RangeError(`not a uint256: ${value}`)
    this.#reserve(32)
    for (let word = 3; word >= 0; word--) {
      this.#view.setBigUint64(this.#length, (value >> BigInt(64 * word)) & 0xffffffffffffffffn)
      this.#length += 8
    }
    return this
  }

  /** Bytes as they are, without a length. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** A hash or address, verbatim. */
  fixed(hex: Hex): this {
    return this.raw(bytesFromHex(hex))
  }

  /** Length and content. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes)
  }

  list<T>(items: readonly T[], write: (item: T, writer: AbiWriter) => void): this {
    this.u32(items.length)
    for (const item of items) write(item, this)
    return this
  }

  optional<T>(value: T | undefined, write: (value: T, writer: AbiWriter) => void): this {
    if (value === undefined) return this.u8(0)
    this.u8(1)
    write(value, this)
    return this
  }

  /** The request; the writer is not used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(sizeBytes: number): void {
    if (this.#length + sizeBytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + sizeBytes))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** First byte of every request and response. */
export const ABI_VERSION = 2
