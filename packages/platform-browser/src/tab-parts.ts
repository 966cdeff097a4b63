/**
 * The parts of a node that take a while to load and do not need each other. A start asks for them at once and waits for each
 * where it is used.
 */
import type { Bls } from '@cairn/crypto'
import { type CompiledModule, createWasmBls } from '@cairn/crypto/bls-wasm'
import coreUrl from '@cairn/wasm-core/core.wasm?url'
import lightUrl from '@cairn/wasm-core/light.wasm?url'
import { startExecutorWorker } from './executor-browser.ts'
import { fetchBytes } from './fetch-bytes.ts'
import { CORE_MAX_BYTES, LIGHT_MAX_BYTES } from './limits.ts'

export interface TabParts {
  /** Bytes of `core.wasm`. Rejects with CodedError `CORE_MISSING`. */
  readonly wasm: Promise<Uint8Array>
  /** The first is loaded already. */
  readonly takeExecutorWorker: () => Worker
}

/** For whoever executes. */
export function loadExecutionParts(): TabParts {
  const wasm = fetchBytes(coreUrl, CORE_MAX_BYTES, 'CORE_MISSING')
  // Whoever needs it hears of its failure; a start that ends before that has another reason.
  wasm.catch(() => undefined)
  let loaded: Worker | undefined = startExecutorWorker()
  const takeExecutorWorker = (): Worker => {
    const worker = loaded ?? startExecutorWorker()
    loaded = undefined
    return worker
  }
  return { wasm, takeExecutorWorker }
}

/**
 * Made once for each worker. `compiled`: by the window while this worker started; `undefined`: it could not.
 * @throws CodedError `LIGHT_MISSING`
 */
export function loadBls(compiled?: Promise<CompiledModule | undefined>): Promise<Bls> {
  bls ??= makeBls(compiled)
  return bls
}

let bls: Promise<Bls> | undefined

async function makeBls(compiled: Promise<CompiledModule | undefined> | undefined): Promise<Bls> {
  return createWasmBls((await compiled) ?? (await fetchBytes(lightUrl, LIGHT_MAX_BYTES, 'LIGHT_MISSING')))
}
