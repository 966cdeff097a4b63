import { createWasmBls } from '../src/bls-wasm.ts'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { runBlsConformance } from './bls-conformance.ts'

/** Every platform has it, but not every type library that compiles this test declares it. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly: { compile(bytes: Uint8Array): Promise<object> }
}

runBlsConformance('blst, WASM', async () => createWasmBls(readLightWasm()))
runBlsConformance('blst, WASM compiled by somebody else', async () =>
  createWasmBls(await webAssembly.compile(readLightWasm())),
)
