/** The committed `light.wasm`, for programs with a file system. */
import { readFileSync } from 'node:fs'

export function readLightWasm(): Uint8Array {
  return new Uint8Array(readFileSync(new URL('artefact/light.wasm', import.meta.url)))
}
