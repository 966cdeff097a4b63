/** A chain spec with every field set; its proofs of possession are not real. */
import type { ChainSpec } from '../src/index.ts'
import { addressOf, hashOf, sampleValidators } from './fixtures.ts'

export const sampleSpec: ChainSpec = {
  name: 'test net',
  chainId: 1337,
  genesisTimeMs: 1_795_000_000_123,
  epochLengthBlocks: 1_000,
  unbondingEpochs: 28,
  timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: 1_000 },
  gasLimit: 36_000_000n,
  baseFeePerGas: 1_000_000_000n,
  blockSizeMaxBytes: 1_048_576,
  coreWasmSha256: hashOf(10),
  depositContractAddress: addressOf(11),
  validators: sampleValidators([1n, 2n ** 63n]).map((validator, index) => ({
    ...validator,
    proofOfPossession: new Uint8Array(96).fill(index),
  })),
  alloc: [
    { address: addressOf(1), balance: 10n ** 24n, nonce: 0, code: '0x', storage: [] },
    {
      address: addressOf(2),
      balance: 0n,
      nonce: 1,
      code: '0x6001',
      storage: [
        { slot: hashOf(1), value: hashOf(2) },
        { slot: hashOf(3), value: hashOf(4) },
      ],
    },
  ],
}
