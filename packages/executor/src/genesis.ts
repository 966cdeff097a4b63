/**
 * The execution genesis: allocation and system contracts through the core in slices, then its header. Every node
 * computes it from the chain spec alone, so the consensus genesis needs nothing but spec and artefact.
 */
import { EMPTY_TRIE_ROOT } from '@cairn/chain'
import type { ChainSpec, GenesisAccount } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import systemContracts from '@cairn/wasm-core/system-contracts.json' with { type: 'json' }
import { encodeApply, encodeGenesisHeader, readApply, readGenesisHeader } from './abi/state.ts'
import { createCore, operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { GENESIS_SLICE_ACCOUNTS, GENESIS_SLICE_SLOTS } from './limits.ts'
import { createStateHost } from './state-host.ts'
import type { EvaluationResult, StateHost } from './state-host.ts'
import { textFromBytes } from './state-key.ts'

/** What `genesisBlock` of the chain package takes, and the Ethereum header. */
export interface ExecutedGenesis {
  readonly executionBlockHash: Hash
  readonly stateRoot: Hash
  /** RLP of the Ethereum genesis block: an empty body. */
  readonly payload: Uint8Array
  /** RLP of the empty access list. */
  readonly accessList: Uint8Array
  /** RLP of the Ethereum header. */
  readonly executionHeader: Uint8Array
}

/**
 * Without a store, in memory: for tools and for checking a spec.
 * @throws CodedError `CORE_HASH_MISMATCH`, `GENESIS_INVALID`
 */
export function computeGenesis(chainSpec: ChainSpec, wasm: Uint8Array): Promise<ExecutedGenesis> {
  const core = createCore({ wasm, sha256: chainSpec.coreWasmSha256 })
  return writeGenesis(chainSpec, core, createStateHost(core, createScratchStore()))
}

/**
 * Writes the state of height 0 to an empty store, slice by slice; it is whole once the caller has written its head
 * record. @throws CodedError `GENESIS_INVALID`
 */
export async function writeGenesis(chainSpec: ChainSpec, core: Core, host: StateHost): Promise<ExecutedGenesis> {
  const stateRoot = await writeAlloc(genesisAccounts(chainSpec), host)
  const request = encodeGenesisHeader({
    chain: chainSpec,
    stateRoot,
    timestamp: BigInt(Math.floor(chainSpec.genesisTimeMs / 1000)),
    gasLimit: chainSpec.gasLimit,
    baseFeePerGas: chainSpec.baseFeePerGas,
  })
  const result = core.run(operations.genesisHeader, request, () => null)
  if (result.status === 'need') throw new CodedError('GENESIS_INVALID', 'the genesis header asked for state')
  const { payload, header, blockHash } = readGenesisHeader(okBody(result))
  return {
    executionBlockHash: blockHash,
    stateRoot,
    payload,
    accessList: Uint8Array.of(0xc0),
    executionHeader: header,
  }
}

/** Accounts into an empty store, slice by slice. @returns the state root. @throws CodedError `GENESIS_INVALID` */
export async function writeAlloc(accounts: readonly GenesisAccount[], host: StateHost): Promise<Hash> {
  let stateRoot: Hash = EMPTY_TRIE_ROOT
  for (const slice of slices(accounts)) {
    const result = await host.evaluate(operations.apply, encodeApply(stateRoot, slice), { layers: [] })
    const applied = readApply(okBody(result))
    await host.write(applied.changes, [], false)
    stateRoot = applied.stateRoot
  }
  return stateRoot
}

/** The spec's own entry wins over a system contract at the same address. */
function genesisAccounts(chainSpec: ChainSpec): readonly GenesisAccount[] {
  const allocated = new Set(chainSpec.alloc.map((account) => account.address))
  const predeployed = systemAccounts().filter((account) => !allocated.has(account.address))
  return [...chainSpec.alloc, ...predeployed]
}

/** Entry of geth's `alloc`, by address. */
interface SystemContract {
  readonly nonce: number
  readonly code: string
  readonly storage?: Readonly<Record<string, string>>
}

/** EIP-2935, 4788, 7002, 7251 and the deposit contract: without their code no block is valid. */
function systemAccounts(): readonly GenesisAccount[] {
  return Object.entries<SystemContract>(systemContracts).map(([address, { nonce, code, storage }]) => ({
    address: address as Address,
    balance: 0n,
    nonce,
    code: code as Hex,
    storage: Object.entries(storage ?? {}).map(([slot, value]) => ({ slot: slot as Hash, value: value as Hash })),
  }))
}

function* slices(accounts: readonly GenesisAccount[]): Iterable<readonly GenesisAccount[]> {
  let slice: GenesisAccount[] = []
  let slots = 0
  for (const account of accounts) {
    slice.push(account)
    slots += account.storage.length
    if (slice.length < GENESIS_SLICE_ACCOUNTS && slots < GENESIS_SLICE_SLOTS) continue
    yield slice
    slice = []
    slots = 0
  }
  if (slice.length > 0) yield slice
}

export function okBody(result: EvaluationResult): Extract<EvaluationResult, { readonly status: 'ok' }>['body'] {
  if (result.status === 'ok') return result.body
  throw new CodedError('GENESIS_INVALID', `the core refuses the genesis: ${result.code} ${result.message}`)
}

/** What `computeGenesis` needs of a store. */
export function createScratchStore(): KeyValueStore {
  const values = new Map<string, Uint8Array>()
  const read = (key: Uint8Array): Uint8Array | undefined => values.get(textFromBytes(key))
  return {
    get: async (key) => read(key),
    getSync: read,
    getMany: async (keys) => keys.map(read),
    batch: async (operations) => {
      for (const operation of operations) {
        if (operation.type === 'put') values.set(textFromBytes(operation.key), operation.value)
        else values.delete(textFromBytes(operation.key))
      }
    },
    entries: async function* () {},
    close: async () => {},
  }
}
