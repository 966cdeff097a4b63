/** @module Contract suites: what each implementation of a port must do. Import only from tests. */
export { runAppendLogContract } from './append-log-contract.ts'
export type { AppendLogFixture } from './append-log-contract.ts'
export { expectBytesList, expectEqual, expectFailure } from './expectations.ts'
export { runKeyValueStoreContract } from './key-value-store-contract.ts'
export type { KeyValueStoreFixture } from './key-value-store-contract.ts'
export { createSampleChain, sampleAddress, sampleTopic, verifySampleFinalization } from './sample-chain.ts'
export { sampleChainSpec } from './sample-spec.ts'
export type { SampleBlock, SampleChain, SampleChainOptions } from './sample-chain.ts'
