/**
 * The execution core's module and its glue: `wasm-core/ABI.md` «Module surface».
 *
 * Ownership: request buffers are the host's (alloc … dealloc), responses the core's until the next run, so they are
 * copied out. Memory may grow in any call, so views of it are taken anew. A trap loses the instance, not the
 * executor: the next run makes a new one.
 */
import { CodedError, assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { sha256 } from '@cairn/crypto'
import { errorName, invalidName } from './abi/codes.ts'
import { AbiReader } from './abi/reader.ts'
import { ABI_VERSION, AbiWriter } from './abi/writer.ts'
import { CORE_REQUEST_MAX_BYTES } from './limits.ts'
import { DEFAULT_MEMORY_BUDGET } from './memory-budget.ts'
import { textFromBytes } from './state-key.ts'
import { webAssembly } from './web-assembly.ts'
import type { WasmModule } from './web-assembly.ts'

/** Operations by number. */
export const operations = {
  apply: 1,
  genesisHeader: 2,
  execute: 3,
  build: 4,
  call: 5,
  estimate: 6,
  prove: 8,
  verifyProof: 9,
  recover: 10,
  info: 11,
  stateTest: 12,
  cache: 13,
  rangeProve: 14,
  rangeVerify: 15,
  witness: 16,
  executeStateless: 17,
  putLeaves: 18,
  trieUpdate: 19,
  trieRoot: 20,
  header: 21,
} as const

export type Operation = (typeof operations)[keyof typeof operations]

/**
 * What `state_get` answers for a key (see `textFromBytes`): the value, `null` for absence, `undefined` for not
 * loaded. May throw: the run then fails with that cause.
 */
export type StateRead = (key: string) => Uint8Array | null | undefined

export type CoreResult =
  | { readonly status: 'ok'; readonly body: AbiReader }
  /** State keys to load before the same request is run again. */
  | { readonly status: 'need'; readonly keys: readonly Uint8Array[] }
  /** The block, transaction, call or proof is bad: every node answers the same. */
  | { readonly status: 'invalid'; readonly code: string; readonly message: string }

export interface Core {
  /**
   * Synchronous; `request` starts with the ABI version (`AbiWriter` puts it there).
   * @throws CodedError `CORE_TRAPPED`, `STATE_STORE_FAILED`, `STATE_CORRUPT`, `STATE_ROOT_UNKNOWN` and the rest of
   * the table in `abi/codes.ts`
   */
  run(operation: Operation, request: Uint8Array, read: StateRead): CoreResult
  memory(): CoreMemory
}

export interface CoreMemory {
  /** All of the instance's memory; 0 while there is none. */
  readonly memoryBytes: number
  /** Of it, trie records by their hash. */
  readonly cacheBytes: number
  /** Instances given up because their memory had outgrown the budget. */
  readonly recycledCount: number
}

export interface CoreOptions {
  /** The artefact's bytes. */
  readonly wasm: Uint8Array
  /** Expected SHA-256, from the chain spec. */
  readonly sha256: Hash
  /** Bound of the core's own cache of trie records. */
  readonly cacheMaxBytes?: number
  /** An instance with more memory than this is replaced before the next request. */
  readonly memoryMaxBytes?: number
}

/** @throws CodedError `CORE_HASH_MISMATCH`, `CORE_IMPORTS_FORBIDDEN`, `CORE_ABI_VERSION` */
export function createCore(options: CoreOptions): Core {
  const found = sha256(options.wasm)
  if (found !== options.sha256) {
    throw new CodedError('CORE_HASH_MISMATCH', 'core.wasm is not the one that the chain spec names', {
      data: { found, expected: options.sha256 },
    })
  }
  const module = new webAssembly.Module(options.wasm)
  assertImports(module)
  const cacheMaxBytes = options.cacheMaxBytes ?? DEFAULT_MEMORY_BUDGET.coreCacheMaxBytes
  const memoryMaxBytes = options.memoryMaxBytes ?? DEFAULT_MEMORY_BUDGET.coreMemoryMaxBytes
  let instance: CoreInstance | undefined
  let recycledCount = 0
  return {
    memory: () => {
      if (instance === undefined) return { memoryBytes: 0, cacheBytes: 0, recycledCount }
      return { memoryBytes: instance.memoryBytes(), cacheBytes: cacheBytesOf(instance), recycledCount }
    },
    run: (operation, request, read) => {
      instance ??= instantiate(module, cacheMaxBytes)
      try {
        const result = instance.run(operation, request, read)
        // Not after a NEED: the same request comes again, and its cache was just filled.
        if (result.status !== 'need' && instance.memoryBytes() > memoryMaxBytes) {
          instance = undefined
          recycledCount++
        }
        return result
      } catch (error) {
        if (error instanceof CodedError && error.code !== 'CORE_TRAPPED') throw error
        instance = undefined
        throw error
      }
    },
  }
}

interface CoreExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly abi_version: () => number
  readonly alloc: (length: number) => number
  readonly dealloc: (pointer: number, length: number) => void
  readonly run: (operation: number, pointer: number, length: number) => number
}

interface CoreInstance {
  run(operation: Operation, request: Uint8Array, read: StateRead): CoreResult
  memoryBytes(): number
}

const ABSENT = -1
const NOT_LOADED = -2
const STORE_FAILED = -3

function instantiate(module: WasmModule, cacheMaxBytes: number): CoreInstance {
  let reader: StateRead = () => undefined
  let failure: unknown
  let bytes = new Uint8Array(0)

  const stateGet = (keyPointer: number, keyLength: number, outPointer: number, outCapacity: number): number => {
    const memory = memoryView()
    const start = keyPointer >>> 0
    try {
      const value = reader(textFromBytes(memory.subarray(start, start + keyLength)))
      if (value === undefined) return NOT_LOADED
      if (value === null) return ABSENT
      if (value.length <= outCapacity) memory.set(value, outPointer >>> 0)
      return value.length
    } catch (error) {
      failure = error
      return STORE_FAILED
    }
  }

  const instance = new webAssembly.Instance(module, { cairn: { state_get: stateGet } })
  const core = instance.exports as CoreExports
  if (core.abi_version() !== ABI_VERSION) {
    throw new CodedError('CORE_ABI_VERSION', `the core speaks ABI version ${core.abi_version()}, not ${ABI_VERSION}`)
  }

  /** A view of the present memory: growth detaches the buffer behind an older one. */
  function memoryView(): Uint8Array {
    if (bytes.buffer !== core.memory.buffer) bytes = new Uint8Array(core.memory.buffer)
    return bytes
  }

  function response(operation: Operation, request: Uint8Array): Uint8Array {
    if (request.length > CORE_REQUEST_MAX_BYTES) throw requestTooLarge(request.length)
    const pointer = core.alloc(request.length)
    if (pointer === 0) throw requestTooLarge(request.length)
    memoryView().set(request, pointer >>> 0)
    const descriptor = core.run(operation, pointer, request.length) >>> 0
    core.dealloc(pointer, request.length)
    const memory = memoryView()
    const view = new DataView(memory.buffer, descriptor, 8)
    const start = view.getUint32(0, true)
    return memory.slice(start, start + view.getUint32(4, true))
  }

  const run = (operation: Operation, request: Uint8Array, read: StateRead): CoreResult => {
    reader = read
    failure = undefined
    let bytesOut: Uint8Array
    try {
      bytesOut = response(operation, request)
    } catch (cause) {
      if (cause instanceof CodedError) throw cause
      throw new CodedError('CORE_TRAPPED', `the execution core trapped in operation ${operation}`, { cause })
    } finally {
      reader = () => undefined
    }
    return decodeResponse(bytesOut, failure)
  }
  run(operations.cache, new AbiWriter().u64(BigInt(cacheMaxBytes)).finish(), () => undefined)
  return { run, memoryBytes: () => core.memory.buffer.byteLength }
}

/** INFO: version, names, memory, cache. */
function cacheBytesOf(instance: CoreInstance): number {
  const info = instance.run(operations.info, new AbiWriter().finish(), () => undefined)
  assert(info.status === 'ok', 'INFO reads no state')
  info.body.skip(4)
  info.body.text()
  info.body.text()
  info.body.skip(8)
  return Number(info.body.u64())
}

function decodeResponse(bytes: Uint8Array, cause: unknown): CoreResult {
  const body = new AbiReader(bytes)
  if (body.u8() !== ABI_VERSION) throw new CodedError('CORE_ABI_VERSION', 'response of another ABI version')
  const status = body.u8()
  const code = body.u16()
  if (status === 0) return { status: 'ok', body }
  if (status === 1) return { status: 'need', keys: body.list((reader) => reader.bytes()) }
  const message = body.text()
  if (status === 2) return { status: 'invalid', code: invalidName(code), message }
  throw new CodedError(errorName(code), message, cause === undefined ? {} : { cause })
}

/** Exactly the host API: no clock, no randomness, no files can link. */
function assertImports(module: WasmModule): void {
  const imports = webAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}:${entry.kind}`)
  if (imports.length !== 1 || imports[0] !== 'cairn.state_get:function') {
    throw new CodedError('CORE_IMPORTS_FORBIDDEN', 'core.wasm imports something else than the host API', {
      data: { imports },
    })
  }
}

function requestTooLarge(sizeBytes: number): CodedError {
  return new CodedError('CORE_REQUEST_TOO_LARGE', `a request of ${sizeBytes} bytes`)
}
