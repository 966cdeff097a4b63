/**
 * @module Second entry: the core's bare ABI, for programs that drive `core.wasm` below the `Executor` port
 * (conformance suites, tools). The node itself uses the first entry.
 */
export { encodeBuild, encodeExecute, readBuildOutcome, readExecuteOutcome, transactionOutcomes } from './abi/block.ts'
export type { BuildOutcome, ExecutionOutcome } from './abi/block.ts'
export { writeChain, writeChainRules } from './abi/chain-rules.ts'
export { encodeEthereumExecute, encodeEthereumGenesis, encodeHeaderCheck, readEthereumOutcome } from './abi/ethereum.ts'
export { readChangeset } from './abi/changeset.ts'
export type { ChangesetEntry } from './abi/changeset.ts'
export { encodePutLeaves, readPutLeaves } from './abi/leaves.ts'
export { encodeRangeProve, encodeRangeVerify, readRangeProve, readRangeVerify } from './abi/range.ts'
export { AbiReader } from './abi/reader.ts'
export {
  encodeApply,
  encodeGenesisHeader,
  encodeProve,
  encodeRecover,
  encodeVerifyProof,
  readApply,
  readGenesisHeader,
  readProof,
} from './abi/state.ts'
export { encodeExecuteStateless, readWitness } from './abi/witness.ts'
export { AbiWriter } from './abi/writer.ts'
export { createCore, operations } from './core-instance.ts'
export type { Core, CoreResult, Operation, StateRead } from './core-instance.ts'
export { decodeEthereumBlock } from './ethereum/ethereum-block.ts'
export type { EthereumBlock } from './ethereum/ethereum-block.ts'
export { OMMER_ANCESTORS, ommerFault } from './ethereum/ommers.ts'
export { accountKey, addressHashOf, textFromBytes } from './state-key.ts'
export { webAssembly } from './web-assembly.ts'
export type { WasmModule } from './web-assembly.ts'
