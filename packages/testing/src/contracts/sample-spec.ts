import type { ChainSpec } from '@cairn/chain'
import { sha256 } from '@cairn/crypto'
import { ZERO_ADDRESS } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'

/** The spec of a chain that is executed and not agreed on: its one validator has no key. `wasm`: bytes of the core. */
export function sampleChainSpec(wasm: Uint8Array, changes: Partial<ChainSpec> = {}): ChainSpec {
  return {
    name: 'test',
    chainId: 7007,
    genesisTimeMs: 1_700_000_000_000,
    epochLengthBlocks: 1000,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 1000, leaderTimeoutMaxMs: 8000, heartbeatMs: 1000 },
    gasLimit: 60_000_000n,
    baseFeePerGas: 1_000_000_000n,
    blockSizeMaxBytes: 2_000_000,
    coreWasmSha256: sha256(wasm),
    depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa' as Address,
    validators: [
      {
        publicKey: new Uint8Array(48).fill(1),
        weight: 1n,
        feeRecipient: ZERO_ADDRESS,
        peerId: '',
        proofOfPossession: new Uint8Array(96),
      },
    ],
    alloc: [],
    ...changes,
  }
}
