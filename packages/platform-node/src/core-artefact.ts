/** The committed `core.wasm`, and the hash that chain specs name. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Hash, hashFromBytes } from '@cairn/primitives'

const PATH = fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm'))

/** Bytes of the artefact. */
export function readCoreWasm(): Uint8Array {
  return new Uint8Array(readFileSync(PATH))
}

/** SHA-256 of the artefact. */
export function coreWasmSha256(): Hash {
  return hashFromBytes(new Uint8Array(createHash('sha256').update(readCoreWasm()).digest()))
}
