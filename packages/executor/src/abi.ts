/**
 * @module Second entry: the core's bare ABI, for programs that drive `core.wasm` below the `Executor` port
 * (conformance suites, tools). The node itself uses the first entry.
 */
export { readChangeset } from './abi/changeset.ts'
export type { ChangesetEntry } from './abi/changeset.ts'
export { AbiReader } from './abi/reader.ts'
export { AbiWriter } from './abi/writer.ts'
export { createCore, operations } from './core-instance.ts'
export type { Core, CoreResult, Operation, StateRead } from './core-instance.ts'
export { accountKey, addressHashOf, textFromBytes } from './state-key.ts'
