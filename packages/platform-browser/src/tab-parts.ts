/**
 * The parts of a node that every role needs, which take a while to load and do not need each other. A start asks for all
 * of them at once and waits for each where it is used.
 */
import type { Bls } from '@cairn/crypto'
import coreUrl from '@cairn/wasm-core/core.wasm?url'
import lightUrl from '@cairn/wasm-core/light.wasm?url'
import { startExecutorWorker } from './executor-browser.ts'
import { fetchBytes } from './fetch-bytes.ts'
import { CORE_MAX_BYTES, LIGHT_MAX_BYTES } from './limits.ts'
import { loadNetworkCode } from './network-browser.ts'

export interface TabParts {
  /** Bytes of `core.wasm`. Rejects with CodedError `CORE_MISSING`. */
  readonly wasm: Promise<Uint8Array>
  readonly bls: Promise<Bls>
  /** The first is loaded already. */
  readonly takeExecutorWorker: () => Worker
}

/** `rtcPort` leads to `startRtcHost` in the window. */
export function loadTabParts(rtcPort: MessagePort | undefined): TabParts {
  const parts = { wasm: fetchBytes(coreUrl, CORE_MAX_BYTES, 'CORE_MISSING'), bls: loadBls() }
  // Whoever needs a part hears of its failure; a start that ends before that has another reason.
  for (const part of [...Object.values(parts), loadNetworkCode(rtcPort)]) part.catch(() => undefined)
  let loaded: Worker | undefined = startExecutorWorker()
  const takeExecutorWorker = (): Worker => {
    const worker = loaded ?? startExecutorWorker()
    loaded = undefined
    return worker
  }
  return { ...parts, takeExecutorWorker }
}

/** Compiled once for each worker. @throws CodedError `LIGHT_MISSING` */
export async function loadBls(): Promise<Bls> {
  const loading = fetchBytes(lightUrl, LIGHT_MAX_BYTES, 'LIGHT_MISSING')
  const [{ createWasmBls }, wasm] = await Promise.all([import('@cairn/crypto/bls-wasm'), loading])
  return createWasmBls(wasm)
}
