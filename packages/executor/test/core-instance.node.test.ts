import { sha256 } from '@cairn/crypto'
import { ZERO_HASH } from '@cairn/primitives'
import binaryen from 'binaryen'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCore, operations } from '../src/core-instance.ts'
import type { Core } from '../src/core-instance.ts'
import { AbiWriter } from '../src/abi/writer.ts'
import { wasm } from './executor-fixture.ts'

/** A module with the core's surface. `run` answers OK, but traps in RECOVER and asks for a key in CALL. */
function moduleBytes(options: { readonly importName?: string; readonly abiVersion?: number } = {}): Uint8Array {
  const module = binaryen.parseText(`(module
    (import "cairn" "${options.importName ?? 'state_get'}" (func $get (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\\20\\00\\00\\00\\04\\00\\00\\00")
    (data (i32.const 32) "\\02\\00\\00\\00")
    (data (i32.const 40) "\\30\\00\\00\\00\\0c\\00\\00\\00")
    (data (i32.const 48) "\\02\\03\\05\\00\\04\\00\\00\\00disk")
    (func (export "abi_version") (result i32) (i32.const ${options.abiVersion ?? 2}))
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "dealloc") (param i32 i32))
    (func (export "run") (param i32 i32 i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 10)) (then (unreachable)))
      (if (i32.eq (local.get 0) (i32.const 5))
        (then (return (select (i32.const 40) (i32.const 16)
          (i32.eq (call $get (i32.const 0) (i32.const 1) (i32.const 2048) (i32.const 10)) (i32.const -3))))))
      (i32.const 16)))`)
  const bytes = module.emitBinary()
  module.dispose()
  return bytes
}

const create = (bytes: Uint8Array): Core => createCore({ wasm: bytes, sha256: sha256(bytes) })
const request = new AbiWriter().finish()
const nothing = (): null => null

describe('core instance', () => {
  let surface: Uint8Array
  beforeAll(() => {
    surface = moduleBytes()
  })

  it('runs only the artefact that the chain names, with the host API as its imports', () => {
    expect(() => createCore({ wasm, sha256: ZERO_HASH })).toThrow(
      expect.objectContaining({ code: 'CORE_HASH_MISMATCH' }),
    )
    const foreign = moduleBytes({ importName: 'clock' })
    expect(() => create(foreign)).toThrow(expect.objectContaining({ code: 'CORE_IMPORTS_FORBIDDEN' }))
    const next = create(moduleBytes({ abiVersion: 1 }))
    expect(() => next.run(operations.prove, request, nothing)).toThrow(
      expect.objectContaining({ code: 'CORE_ABI_VERSION' }),
    )
  })

  it('survives a trap', () => {
    const core = create(surface)
    expect(core.run(operations.prove, request, nothing).status).toBe('ok')
    expect(() => core.run(operations.recover, request, nothing)).toThrow(
      expect.objectContaining({ code: 'CORE_TRAPPED' }),
    )
    expect(core.run(operations.prove, request, nothing).status).toBe('ok')
  })

  it('gives a failing store as the cause', () => {
    const core = create(surface)
    const failing = (): never => {
      throw new Error('disk on fire')
    }
    expect(() => core.run(operations.call, request, failing)).toThrow(
      expect.objectContaining({
        code: 'STATE_STORE_FAILED',
        cause: expect.objectContaining({ message: 'disk on fire' }),
      }),
    )
  })

  it('replaces an instance that has outgrown its budget, between two requests', () => {
    const sha = sha256(wasm)
    const small = createCore({ wasm, sha256: sha, memoryMaxBytes: 1 })
    const large = createCore({ wasm, sha256: sha, cacheMaxBytes: 1024 })
    const empty = createCore({ wasm, sha256: sha })
    expect(empty.memory()).toEqual({ memoryBytes: 0, cacheBytes: 0, recycledCount: 0 })
    for (const core of [small, large]) {
      for (let count = 0; count < 3; count++) expect(core.run(operations.info, request, nothing).status).toBe('ok')
    }
    expect(small.memory()).toEqual({ memoryBytes: 0, cacheBytes: 0, recycledCount: 3 })
    expect(large.memory()).toMatchObject({ cacheBytes: 0, recycledCount: 0 })
    expect(large.memory().memoryBytes).toBeGreaterThan(65_536)
  })

  it('answers hostile requests of the real core with codes', () => {
    const core = create(wasm)
    for (const operation of Object.values(operations)) {
      for (const bytes of [Uint8Array.of(9), Uint8Array.of(1, 0), new Uint8Array(300).fill(0xff)]) {
        expect(() => core.run(operation, bytes, nothing)).toThrow(
          expect.objectContaining({
            code: expect.stringMatching(/^CORE_(REQUEST_MALFORMED|ABI_VERSION|UNKNOWN_FORK)$/),
          }),
        )
      }
    }
  })
})
