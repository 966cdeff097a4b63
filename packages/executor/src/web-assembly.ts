/**
 * The platform's `WebAssembly`, as far as the core needs it. Every platform has it, but not every type library that
 * compiles this package declares it.
 */
export interface WasmModule {
  readonly isWasmModule: true
}

interface WasmPlatform {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule
    imports(module: WasmModule): { readonly module: string; readonly name: string; readonly kind: string }[]
  }
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown }
}

export const webAssembly: WasmPlatform = (globalThis as unknown as { readonly WebAssembly: WasmPlatform }).WebAssembly
