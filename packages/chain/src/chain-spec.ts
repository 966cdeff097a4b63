/**
 * The chain spec: every consensus-relevant parameter, hashed into genesis. Anything that may differ
 * between two honest nodes of a chain belongs to `NodeOptions`, not here.
 */
import type { Address, Hash, Hex } from '@cairn/primitives'
import type { Validator } from './validator-set.ts'

/** One account of the genesis allocation (geth's `alloc` entry, normalized). */
export interface GenesisAccount {
  readonly address: Address
  /** Wei. */
  readonly balance: bigint
  readonly nonce: number
  readonly code: Hex
  readonly storage: readonly { readonly slot: Hash; readonly value: Hash }[]
}

/** R1 and idle timing, milliseconds. */
export interface ConsensusTiming {
  /** T0: base leader timeout. */
  readonly leaderTimeoutMs: number
  /** Tmax: cap of the backed-off leader timeout. */
  readonly leaderTimeoutMaxMs: number
  /** An idle leader proposes an empty block this long after the parent's time. */
  readonly heartbeatMs: number
}

export interface ChainSpec {
  readonly name: string
  readonly chainId: number
  readonly genesisTimeMs: number
  readonly epochLengthBlocks: number
  readonly timing: ConsensusTiming
  readonly gasLimit: bigint
  /** Wei; the genesis block's EIP-1559 base fee. */
  readonly baseFeePerGas: bigint
  /** Payload and access list together; larger blocks are invalid. */
  readonly blockSizeMaxBytes: number
  /** SHA-256 of the `core.wasm` that defines the state transition. */
  readonly coreWasmSha256: Hash
  /** Validators of epoch 0, in order. */
  readonly validators: readonly Validator[]
  readonly alloc: readonly GenesisAccount[]
}
