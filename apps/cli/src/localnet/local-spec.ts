/** The chain spec of a local network: funded development accounts, all validators on servers. */
import type { ChainSpec, GenesisAccount, GenesisValidator } from '@cairn/chain'
import { assert, epoch } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { DEV_ACCOUNTS } from './dev-accounts.ts'

/** The chain id that Ethereum tools take for a local chain (Anvil, Hardhat). */
const LOCAL_CHAIN_ID = 31_337
const DEV_BALANCE_WEI = 10_000n * 10n ** 18n
const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa' as Address

export interface LocalMember {
  readonly peerId: string
  readonly publicKey: Uint8Array
  readonly proofOfPossession: Uint8Array
  readonly feeRecipient: Address
}

/** From `epoch` on the validators are these of the members, by index. */
export interface Membership {
  readonly epoch: number
  readonly members: readonly number[]
}

export function createLocalSpec(options: {
  readonly members: readonly LocalMember[]
  /** The first one is of epoch 0. Absent: all members, always. */
  readonly memberships?: readonly Membership[]
  readonly epochLengthBlocks: number
  readonly coreWasmSha256: Hash
  readonly genesisTimeMs: number
  readonly heartbeatMs: number
}): ChainSpec {
  const [first, ...changes] = (options.memberships ?? []).map((membership) => ({
    epoch: epoch(membership.epoch),
    validators: membership.members.map((index) => validatorFrom(options.members[index])),
  }))
  return {
    name: 'cairn-local',
    chainId: LOCAL_CHAIN_ID,
    genesisTimeMs: options.genesisTimeMs,
    epochLengthBlocks: options.epochLengthBlocks,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: options.heartbeatMs },
    gasLimit: 60_000_000n,
    baseFeePerGas: 1_000_000_000n,
    blockSizeMaxBytes: 1_000_000,
    coreWasmSha256: options.coreWasmSha256,
    depositContractAddress: DEPOSIT_CONTRACT,
    validators: first?.validators ?? options.members.map(validatorFrom),
    ...(changes.length === 0 ? {} : { validatorChanges: changes }),
    alloc: DEV_ACCOUNTS.map(fundedAccount).toSorted((a, b) => (a.address < b.address ? -1 : 1)),
  }
}

function validatorFrom(member: LocalMember | undefined): GenesisValidator {
  assert(member !== undefined, 'a membership names members')
  return { ...member, weight: 1n }
}

function fundedAccount({ address }: { readonly address: Address }): GenesisAccount {
  return { address, balance: DEV_BALANCE_WEI, nonce: 0, code: '0x', storage: [] }
}
