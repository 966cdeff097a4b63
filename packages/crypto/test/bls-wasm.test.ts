import { createWasmBls } from '../src/bls-wasm.ts'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { runBlsConformance } from './bls-conformance.ts'

runBlsConformance('blst, WASM', async () => createWasmBls(readLightWasm()))
