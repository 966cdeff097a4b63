/**
 * `light.wasm` below the BLS interface: bytes in, bytes out (`wasm-core/light/ABI.md`). Lengths are the caller's business;
 * everything else about a key or signature is checked in the module, which never traps on bytes.
 */
import { CodedError, assert, concatBytes } from '@cairn/primitives'

/** A point of G1 as blst stores it. */
const POINT_BYTES = 96
const PUBLIC_KEY_BYTES = 48
const SIGNATURE_BYTES = 96

interface LightExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  reserve(bytes: number): number
  decode_public_key(): number
  sum_public_keys(added: number, subtracted: number): number
  verify(domainBytes: number, messageBytes: number): number
  aggregate(count: number): number
  sign(domainBytes: number, messageBytes: number): number
  public_key(): number
}

/** A `WebAssembly.Module`: a window compiles it while its worker starts. */
export type CompiledModule = object

/** Every platform has it, but not every type library that compiles this package declares it. */
interface WasmPlatform {
  readonly Module: { imports(module: object): readonly unknown[] }
  readonly Instance: new (module: object) => { readonly exports: unknown }
  compile(bytes: Uint8Array): Promise<object>
}

const webAssembly = (globalThis as unknown as { readonly WebAssembly: WasmPlatform }).WebAssembly

export class LightModule {
  readonly #exports: LightExports

  private constructor(exports: LightExports) {
    this.#exports = exports
  }

  /** `wasm`: bytes, or what they were compiled to. @throws CodedError `LIGHT_IMPORTS_FORBIDDEN` */
  static async load(wasm: Uint8Array | CompiledModule): Promise<LightModule> {
    const module = wasm instanceof Uint8Array ? await webAssembly.compile(wasm) : wasm
    const imports = webAssembly.Module.imports(module)
    if (imports.length > 0) {
      throw new CodedError('LIGHT_IMPORTS_FORBIDDEN', 'light.wasm imports something', { data: { imports } })
    }
    const instance = new webAssembly.Instance(module)
    return new LightModule(instance.exports as LightExports)
  }

  /** `undefined`: not a key. */
  decodePublicKey(key: Uint8Array): Uint8Array | undefined {
    const address = this.#write(POINT_BYTES, key)
    return this.#exports.decode_public_key() === 1 ? this.#read(address, POINT_BYTES) : undefined
  }

  /** `undefined`: infinity. */
  sumPublicKeys(added: readonly Uint8Array[], subtracted: readonly Uint8Array[]): Uint8Array | undefined {
    const address = this.#write(POINT_BYTES, ...added, ...subtracted)
    const isFinite = this.#exports.sum_public_keys(added.length, subtracted.length) === 1
    return isFinite ? this.#read(address, POINT_BYTES) : undefined
  }

  verify(point: Uint8Array, signature: Uint8Array, domain: string, message: Uint8Array): boolean {
    const domainBytes = new TextEncoder().encode(domain)
    this.#write(0, point, signature, domainBytes, message)
    return this.#exports.verify(domainBytes.length, message.length) === 1
  }

  /** `malformed`: index of the first that is. */
  aggregate(signatures: readonly Uint8Array[]): { readonly sum: Uint8Array; readonly malformed: number | undefined } {
    const address = this.#write(SIGNATURE_BYTES, ...signatures)
    const wellFormed = this.#exports.aggregate(signatures.length)
    const malformed = wellFormed < signatures.length ? wellFormed : undefined
    return { sum: this.#read(address, SIGNATURE_BYTES), malformed }
  }

  /** `secret`: 32 bytes, little-endian, in 1 … r − 1. The signature takes its place in the module. */
  sign(secret: Uint8Array, domain: string, message: Uint8Array): Uint8Array {
    const domainBytes = new TextEncoder().encode(domain)
    const address = this.#write(SIGNATURE_BYTES, secret, domainBytes, message)
    assert(this.#exports.sign(domainBytes.length, message.length) === 1, 'the module signs')
    return this.#read(address, SIGNATURE_BYTES)
  }

  /** `secret`: as for `sign`. */
  publicKey(secret: Uint8Array): Uint8Array {
    const address = this.#write(PUBLIC_KEY_BYTES, secret)
    assert(this.#exports.public_key() === 1, 'the module derives a key')
    return this.#read(address, PUBLIC_KEY_BYTES)
  }

  /** Puts `parts` at the head of the buffer, with room for an answer. */
  #write(answerBytes: number, ...parts: readonly Uint8Array[]): number {
    const input = concatBytes(...parts)
    const address = this.#exports.reserve(Math.max(input.length, answerBytes))
    new Uint8Array(this.#exports.memory.buffer).set(input, address)
    return address
  }

  #read(address: number, sizeBytes: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer).slice(address, address + sizeBytes)
  }
}
