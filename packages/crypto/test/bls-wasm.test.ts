import { createWasmBls } from '../src/bls-wasm.ts'
import { runBlsConformance } from './bls-conformance.ts'

runBlsConformance('herumi, WASM', createWasmBls)
