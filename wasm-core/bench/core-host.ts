/**
 * A bare host of the core for benchmarks and tests: a map for the state, the request encoding of ABI.md and nothing
 * else. The node's own host is `packages/executor`; this one stays small so that it measures the core.
 */
import { readFileSync } from 'node:fs'

export const ARTEFACT = new URL('../artefact/core.wasm', import.meta.url)

type Surface = readonly { readonly module?: string; readonly name: string; readonly kind: string }[]

export type WasmModule = { readonly isWasmModule: true }

/** Node's `WebAssembly`, which Node's own type library leaves to the DOM's. */
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmPlatform }).WebAssembly

type WasmPlatform = {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule
    imports(module: WasmModule): Surface
    exports(module: WasmModule): Surface
  }
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: unknown }
}

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly alloc: (len: number) => number
  readonly dealloc: (ptr: number, len: number) => void
  readonly run: (op: number, ptr: number, len: number) => number
}

export type Response = { readonly status: number; readonly code: number; readonly body: Decoder }

export type StateMap = Map<string, Uint8Array>

export class Core {
  readonly #exports: Exports
  readonly state: StateMap
  /** Keys that answer «not loaded» instead of what the map says. */
  readonly unloaded = new Set<string>()
  reads = 0
  /** Time spent in `state_get`, while `timed`: the host's share of an operation. */
  hostMs = 0
  timed = false
  /** Time in which the host copied the last response out of the module's memory, and its size. */
  copyMs = 0
  responseBytes = 0
  #memory = Buffer.alloc(0)

  constructor(module: WasmModule, state: StateMap = new Map()) {
    this.state = state
    const instance = new Instance(module, {
      cairn: { state_get: (ptr: number, len: number, out: number, cap: number) => this.#get(ptr, len, out, cap) },
    })
    this.#exports = instance.exports as Exports
  }

  #get(keyPtr: number, keyLength: number, out: number, capacity: number): number {
    this.reads++
    if (!this.timed) return this.#answer(keyPtr, keyLength, out, capacity)
    const from = performance.now()
    const answer = this.#answer(keyPtr, keyLength, out, capacity)
    this.hostMs += performance.now() - from
    return answer
  }

  #answer(keyPtr: number, keyLength: number, out: number, capacity: number): number {
    const { buffer } = this.#exports.memory
    // Growth detaches the buffer behind an older view.
    if (this.#memory.buffer !== buffer) this.#memory = Buffer.from(buffer)
    const key = this.#memory.toString('latin1', keyPtr, keyPtr + keyLength)
    if (this.unloaded.size > 0 && this.unloaded.has(key)) return -2
    const value = this.state.get(key)
    if (value === undefined) return -1
    if (value.length <= capacity) this.#memory.set(value, out)
    return value.length
  }

  run(op: number, request: Uint8Array): Response {
    const ptr = this.#exports.alloc(request.length)
    new Uint8Array(this.#exports.memory.buffer, ptr, request.length).set(request)
    const descriptor = this.#exports.run(op, ptr, request.length)
    const memory = this.#exports.memory.buffer
    const [at, length] = new Uint32Array(memory, descriptor, 2) as unknown as [number, number]
    const from = performance.now()
    const bytes = new Uint8Array(memory.slice(at, at + length))
    this.copyMs = performance.now() - from
    this.responseBytes = length
    this.#exports.dealloc(ptr, request.length)
    const body = new Decoder(bytes)
    body.u8()
    return { status: body.u8(), code: body.u16(), body }
  }

  /** As `run`, but any other status than OK is an error of the test. */
  ok(op: number, request: Uint8Array): Decoder {
    const { status, code, body } = this.run(op, request)
    if (status === 0) return body
    const text = status === 1 ? `needs ${body.u32()} keys` : Buffer.from(body.bytes()).toString()
    throw new Error(`operation ${op}: status ${status}, code ${code}, ${text}`)
  }

  write(changes: readonly Change[]): void {
    for (const [key, value] of changes) {
      if (value === undefined) this.state.delete(keyOf(key))
      else this.state.set(keyOf(key), value)
    }
  }

  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength
  }
}

export type Change = readonly [key: Uint8Array, value: Uint8Array | undefined]

export function loadModule(file: URL = ARTEFACT): WasmModule {
  return new Module(readFileSync(file))
}

export function surfaceOf(module: WasmModule): { readonly imports: Surface; readonly exports: Surface } {
  return { imports: Module.imports(module), exports: Module.exports(module) }
}

export function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/^0x/, ''), 'hex'))
}

export function hexOf(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

export class Encoder {
  #buffer = Buffer.alloc(1 << 16)
  #length = 0

  #room(count: number): number {
    const at = this.#length
    if (at + count > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(this.#buffer.length * 2, at + count))
      this.#buffer.copy(grown)
      this.#buffer = grown
    }
    this.#length += count
    return at
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#buffer.writeUInt8(value, at)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#buffer.writeUInt32LE(value, at)
    return this
  }

  u64(value: bigint | number): this {
    const at = this.#room(8)
    this.#buffer.writeBigUInt64LE(BigInt(value), at)
    return this
  }

  u256(value: bigint): this {
    return this.raw(bytesOf(value.toString(16).padStart(64, '0')))
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes)
  }

  option<T>(value: T | undefined, write: (value: T) => unknown): this {
    this.u8(value === undefined ? 0 : 1)
    if (value !== undefined) write(value)
    return this
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length))
  }
}

export class Decoder {
  readonly #buffer: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  raw(count: number): Uint8Array {
    const from = this.#at
    this.#at += count
    if (this.#at > this.#buffer.length) throw new Error('response too short')
    return new Uint8Array(this.#buffer.subarray(from, this.#at))
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#at++)
  }

  u16(): number {
    this.#at += 2
    return this.#buffer.readUInt16LE(this.#at - 2)
  }

  u32(): number {
    this.#at += 4
    return this.#buffer.readUInt32LE(this.#at - 4)
  }

  u64(): bigint {
    this.#at += 8
    return this.#buffer.readBigUInt64LE(this.#at - 8)
  }

  u256(): bigint {
    return BigInt(hexOf(this.raw(32)))
  }

  hash(): `0x${string}` {
    return hexOf(this.raw(32))
  }

  bytes(): Uint8Array {
    return this.raw(this.u32())
  }

  option<T>(read: (decoder: this) => T): T | undefined {
    return this.u8() === 1 ? read(this) : undefined
  }

  list<T>(read: (decoder: this) => T): T[] {
    return Array.from({ length: this.u32() }, () => read(this))
  }

  changes(): Change[] {
    return this.list((decoder) => [decoder.bytes(), decoder.option((inner) => inner.bytes())] as const)
  }

  get atEnd(): boolean {
    return this.#at === this.#buffer.length
  }
}
