/** Reads untrusted parsed JSON field by field; every fault is a `CHAIN_SPEC_INVALID` that names its path. */
import { tryBytesFromHex } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import { specError } from './chain-spec.ts'

/** The fields of one JSON object; `end` reports those that nobody read. */
export class JsonFields {
  readonly path: string
  readonly #fields: ReadonlyMap<string, unknown>
  readonly #unread: Set<string>

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw specError(path || 'file', 'not an object')
    this.path = path
    this.#fields = new Map(Object.entries(value))
    this.#unread = new Set(this.#fields.keys())
  }

  names(): readonly string[] {
    return [...this.#fields.keys()]
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  take(name: string): unknown {
    this.#unread.delete(name)
    if (!this.#fields.has(name)) throw specError(this.pathOf(name), 'missing')
    return this.#fields.get(name)
  }

  object(name: string): JsonFields {
    return new JsonFields(this.take(name), this.pathOf(name))
  }

  objects(name: string): readonly JsonFields[] {
    const value = this.take(name)
    if (!Array.isArray(value)) throw specError(this.pathOf(name), 'not a list')
    return value.map((item: unknown, index) => new JsonFields(item, `${this.pathOf(name)}[${index}]`))
  }

  /** JSON number, decimal text or `0x` hex text. */
  bigint(name: string, least: bigint, most: bigint): bigint {
    const value = this.take(name)
    const isNumber = typeof value === 'number' && Number.isSafeInteger(value)
    const isText = typeof value === 'string' && /^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(value)
    if (!isNumber && !isText) throw specError(this.pathOf(name), 'not an unsigned integer')
    const integer = BigInt(value)
    if (integer < least || integer > most) throw specError(this.pathOf(name), `must be ${least} to ${most}`)
    return integer
  }

  integer(name: string, least: number, most: number): number {
    return Number(this.bigint(name, BigInt(least), BigInt(most)))
  }

  /** Printable ASCII. */
  text(name: string, lengthMin: number, lengthMax: number): string {
    const value = this.take(name)
    const isText = typeof value === 'string' && /^[\x20-\x7e]*$/.test(value)
    if (!isText || value.length < lengthMin || value.length > lengthMax) {
      throw specError(this.pathOf(name), `not printable ASCII of ${lengthMin} to ${lengthMax} characters`)
    }
    return value
  }

  bytes(name: string, sizeMinBytes: number, sizeMaxBytes: number): Uint8Array {
    const value = this.take(name)
    const bytes = typeof value === 'string' ? tryBytesFromHex(value) : undefined
    if (bytes === undefined || bytes.length < sizeMinBytes || bytes.length > sizeMaxBytes) {
      const size = sizeMinBytes === sizeMaxBytes ? sizeMinBytes : `${sizeMinBytes} to ${sizeMaxBytes}`
      throw specError(this.pathOf(name), `not 0x and hex of ${size} bytes`)
    }
    return bytes
  }

  hex(name: string, sizeMaxBytes: number): Hex {
    this.bytes(name, 0, sizeMaxBytes)
    return String(this.take(name)).toLowerCase() as Hex
  }

  hash(name: string): Hash {
    this.bytes(name, 32, 32)
    return this.hex(name, 32) as string as Hash
  }

  address(name: string): Address {
    this.bytes(name, 20, 20)
    return this.hex(name, 20) as string as Address
  }

  /** All fields must have been read: a misspelt parameter must not be silently absent. */
  end(): void {
    for (const name of this.#unread) throw specError(this.pathOf(name), 'unknown field')
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }
}
