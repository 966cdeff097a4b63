/**
 * An instance of `core.wasm` below every convenience: request bytes in, response bytes out, traps as they are. Runs
 * in any JavaScript host. The node's own glue is `packages/executor`.
 */
import { AbiReader, webAssembly } from '@cairn/executor/abi'
import type { WasmModule } from '@cairn/executor/abi'

/** The value, `null` for absence, `undefined` for not loaded; a throw stands for a store that failed. */
export type ReadState = (key: string) => Uint8Array | null | undefined

export interface RawCore {
  /** `memory` is copied. @throws WebAssembly.RuntimeError on a trap, which the ABI forbids. */
  run(operation: number, request: Uint8Array, read: ReadState): Uint8Array
}

interface CoreExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly alloc: (sizeBytes: number) => number
  readonly dealloc: (pointer: number, sizeBytes: number) => void
  readonly run: (operation: number, pointer: number, sizeBytes: number) => number
}

export function instantiateCore(module: WasmModule): RawCore {
  let read: ReadState = () => undefined
  const stateGet = (keyPointer: number, keyBytes: number, out: number, capacityBytes: number): number => {
    const key = new Uint8Array(core.memory.buffer, keyPointer, keyBytes)
    let value: Uint8Array | null | undefined
    try {
      value = read(textOf(key))
    } catch {
      return STORE_FAILED
    }
    if (value === null) return ABSENT
    if (value === undefined) return NOT_LOADED
    if (value.length <= capacityBytes) new Uint8Array(core.memory.buffer, out, value.length).set(value)
    return value.length
  }
  const core = new webAssembly.Instance(module, { cairn: { state_get: stateGet } }).exports as CoreExports
  return {
    run: (operation, request, readState) => {
      read = readState
      const pointer = core.alloc(request.length) >>> 0
      if (pointer === 0 && request.length > 0) throw new RangeError('the core gives no room for the request')
      new Uint8Array(core.memory.buffer, pointer, request.length).set(request)
      const descriptor = core.run(operation, pointer, request.length) >>> 0
      core.dealloc(pointer, request.length)
      const view = new DataView(core.memory.buffer, descriptor, 8)
      const start = view.getUint32(0, true)
      return new Uint8Array(core.memory.buffer, start, view.getUint32(4, true)).slice()
    },
  }
}

/** Head of a response: what every operation answers in the same form. */
export interface ResponseHead {
  /** 0 OK · 1 NEED · 2 INVALID · 3 ERROR */
  readonly status: number
  readonly code: number
  readonly body: AbiReader
}

export function readHead(response: Uint8Array): ResponseHead {
  const body = new AbiReader(response)
  body.u8()
  return { status: body.u8(), code: body.u16(), body }
}

/** State keys as map keys: one character per byte. */
export function textOf(key: Uint8Array): string {
  return String.fromCharCode.apply(null, key as unknown as number[])
}

const ABSENT = -1
const NOT_LOADED = -2
const STORE_FAILED = -3
