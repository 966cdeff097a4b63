/** The committed artefact in this thread's V8, with the state of a test in a map. */
import { readFileSync } from 'node:fs'
import { sha256 } from '@cairn/crypto'
import { AbiWriter, createCore, operations, readChangeset, textFromBytes } from '@cairn/executor/abi'
import type { ChangesetEntry, CoreResult, Operation, StateRead } from '@cairn/executor/abi'
import { CodedError, bytesFromHex } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { type JsonObject, bytesOf, integerOf, objectOf, uint64Of } from './fixture-value.ts'

const wasm = new Uint8Array(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
const core = createCore({ wasm, sha256: sha256(wasm) })

/** The host's side of the core: a state store that is never «not loaded». */
export class StateStore {
  readonly #values = new Map<string, Uint8Array>()
  readonly #read: StateRead = (key) => this.#values.get(key) ?? null

  /** As `Core.run`; a NEED answer is a failure, since everything is loaded. @throws CodedError */
  run(operation: Operation, request: Uint8Array): Exclude<CoreResult, { readonly status: 'need' }> {
    const result = core.run(operation, request, this.#read)
    if (result.status === 'need') throw new CodedError('NEED_UNEXPECTED', 'the core asks for keys of a loaded state')
    return result
  }

  /** APPLY, written to the store. @return the new state root. @throws CodedError where the core refuses it */
  apply(request: Uint8Array): Hash {
    const result = this.run(operations.apply, request)
    if (result.status === 'invalid') throw new CodedError(result.code, `APPLY: ${result.message}`)
    const stateRoot = result.body.hash()
    this.write(readChangeset(result.body))
    result.body.end()
    return stateRoot
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(textFromBytes(key), value)
  }

  /** A changeset or an undo list. */
  write(entries: readonly ChangesetEntry[]): void {
    for (const { key, value } of entries) {
      if (value === undefined) this.#values.delete(textFromBytes(key))
      else this.#values.set(textFromBytes(key), value)
    }
  }
}

/** APPLY of a fixture's `pre` on the empty state. */
export function encodeAlloc(accounts: JsonObject): Uint8Array {
  const writer = new AbiWriter(64 * 1024).raw(bytesFromHex(EMPTY_ROOT))
  return writer
    .list(Object.entries(accounts), ([address, fields]) => {
      const { nonce, balance, code, storage } = objectOf(fields)
      writer.raw(bytesOf(address)).u8(1).u8(1).u64(uint64Of(nonce)).u8(1).u256(integerOf(balance))
      const codeBytes = code === undefined ? new Uint8Array(0) : bytesOf(code)
      writer.optional(codeBytes.length > 0 ? codeBytes : undefined, (present) => writer.bytes(present))
      writer.list(Object.entries(objectOf(storage ?? {})), ([slot, value]) => {
        writer.u256(integerOf(slot)).u256(integerOf(value))
      })
    })
    .finish()
}

export const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
