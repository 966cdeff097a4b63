/** Blocks for benchmarks: each transaction by another funded holder, on a state of the holders and the given contracts. */
import { keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { TOKEN, transferCalldata } from './contracts.ts'
import { bytesOf, type Core, hexOf } from './core-host.ts'
import {
  type Account,
  buildRequest,
  CHAIN_ID,
  decodeBuilt,
  decodeGenesis,
  EMPTY_ROOT,
  genesisRequest,
  OP,
  seed,
  systemContracts,
} from './requests.ts'

const GAS_LIMIT = 200_000_000n

export type BuiltBlock = {
  /** The parent's state. */
  readonly accounts: readonly Account[]
  readonly parentHeader: Uint8Array
  readonly parentHash: Uint8Array
  readonly block: Uint8Array
  /** One per transaction. */
  readonly senders: readonly Uint8Array[]
}

export type Contracts = readonly Account[] | ((holders: readonly Uint8Array[]) => readonly Account[])

export type BlockCall = {
  readonly to: Uint8Array
  readonly gas: bigint
  readonly value?: bigint
  readonly data?: Uint8Array
}

const TOKEN_ADDRESS = new Uint8Array(20).fill(0xa3)

/** One token, of which every holder has a thousand. */
export const TOKEN_ACCOUNT: Contracts = (holders) => [
  { address: TOKEN_ADDRESS, code: TOKEN, storage: holders.map((holder) => [slotOf(holder), 1_000n] as const) },
]

export function tokenCall({ next }: { readonly next: Uint8Array }): BlockCall {
  return { to: TOKEN_ADDRESS, data: transferCalldata(next, 5n), gas: 80_000n }
}

/**
 * Seeds the core and has it build the block.
 * @param call what a holder's transaction does; `next` is another holder
 * @param signed each holder signs; without it one key signs all and the senders are only told: where no one recovers
 */
export async function builtBlock(
  core: Core,
  count: number,
  contracts: Contracts,
  call: (holders: { readonly next: Uint8Array }) => BlockCall,
  signed = false,
): Promise<BuiltBlock> {
  const keys = Array.from({ length: signed ? count : 1 }, (_, index) => signer(index + 1))
  const holders = signed ? keys.map(({ address }) => bytesOf(address)) : Array.from({ length: count }, nameless)
  const transaction = async (sender: Uint8Array, index: number): Promise<{ sender: Uint8Array; raw: Uint8Array }> => {
    const { to, data, gas, value } = call({ next: holders[(index + 1) % count] as Uint8Array })
    const key = keys[index % keys.length] as Signer
    const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n }
    const fields = { to: hexOf(to), gas, value: value ?? 0n, data: hexOf(data ?? new Uint8Array()) }
    const raw = await key.signTransaction({ type: 'eip1559', chainId: CHAIN_ID, nonce: 0, ...fees, ...fields })
    return { sender, raw: bytesOf(raw) }
  }
  const candidates = await Promise.all(holders.map(transaction))
  const accounts = [
    ...systemContracts(),
    ...(typeof contracts === 'function' ? contracts(holders) : contracts),
    ...holders.map((address) => ({ address, balance: 10n ** 20n })),
  ]
  const root = seed(core, EMPTY_ROOT, accounts)
  const genesis = decodeGenesis(core.ok(OP.genesis, genesisRequest(root, GAS_LIMIT)), root)
  const built = decodeBuilt(core.ok(OP.build, buildRequest(genesis.headerRlp, candidates, { gasLimit: GAS_LIMIT })))
  if (built.transactions.length !== count || built.transactions.some(({ success }) => !success)) {
    throw new Error('a transaction of the benchmark failed')
  }
  return { accounts, parentHeader: genesis.headerRlp, parentHash: genesis.hash, block: built.block, senders: holders }
}

type Signer = ReturnType<typeof signer>

export function signer(index: number): ReturnType<typeof privateKeyToAccount> {
  return privateKeyToAccount(`0x${(index + 1).toString(16).padStart(64, '0')}`)
}

function nameless(_: unknown, index: number): Uint8Array {
  return bytesOf(`0xb${index.toString(16).padStart(39, '0')}`)
}

/** The token's mapping slot of a holder. */
function slotOf(holder: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.from([...new Uint8Array(12), ...holder, ...new Uint8Array(32)]), 'bytes')
}
