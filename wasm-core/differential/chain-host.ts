/** A chain on one core and a map: genesis, build, execute, commit. Runs in any JavaScript host. */
import { decodeExecutionHeader } from '@cairn/chain'
import type { ExecutionHeader, GenesisAccount } from '@cairn/chain'
import {
  accountKey,
  addressHashOf,
  encodeApply,
  encodeBuild,
  encodeExecute,
  encodeGenesisHeader,
  operations,
  readApply,
  readBuildOutcome,
  readExecuteOutcome,
  readGenesisHeader,
} from '@cairn/executor/abi'
import type { BuildOutcome, ChangesetEntry, ExecutionOutcome, WasmModule } from '@cairn/executor/abi'
import { decodeRlp } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { instantiateCore, readHead, textOf } from './raw-core.ts'
import type { RawCore, ReadState } from './raw-core.ts'

export const CHAIN_ID = 7007
export const CHAIN = {
  chainId: CHAIN_ID,
  depositContractAddress: '0x00000000219ab540356cbb839cbe05303d7705fa' as Address,
}
export const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421' as Hash

export interface Candidate {
  readonly raw: Uint8Array
  /** Given: the core does not recover it. */
  readonly sender: Address | undefined
}

/** All that a proposer chooses. */
export interface BlockPlan {
  readonly timestamp: bigint
  readonly prevRandao: Hash
  readonly feeRecipient: Address
  readonly gasLimitTarget: bigint
  readonly parentBeaconBlockRoot: Hash
  readonly candidates: readonly Candidate[]
}

export interface BuiltBlock extends BuildOutcome {
  /** The response, byte for byte. */
  readonly response: Uint8Array
}

export interface ExecutedBlock extends ExecutionOutcome {
  readonly response: Uint8Array
}

export class ChainHost {
  readonly state: Map<string, Uint8Array>
  readonly #module: WasmModule
  readonly #read: ReadState
  #core: RawCore
  #header = new Uint8Array(0)

  constructor(module: WasmModule, state = new Map<string, Uint8Array>()) {
    this.#module = module
    this.state = state
    this.#core = instantiateCore(module)
    this.#read = (key) => state.get(key) ?? null
  }

  /** RLP of the head's header. */
  get header(): Uint8Array {
    return this.#header
  }

  get head(): ExecutionHeader {
    const decoded = decodeExecutionHeader(this.#header)
    if (!decoded.ok) throw new Error(`the core made a bad header: ${decoded.code}`)
    return decoded.value
  }

  /** Writes the accounts and makes block 0. */
  genesis(accounts: readonly GenesisAccount[], gasLimit: bigint): Hash {
    const { stateRoot, changes } = readApply(this.#ok(operations.apply, encodeApply(EMPTY_ROOT, accounts)).body)
    this.write(changes)
    const parameters = { chain: CHAIN, stateRoot, timestamp: 1_000n, gasLimit, baseFeePerGas: 1_000_000_000n }
    this.#header = readGenesisHeader(
      this.#ok(operations.genesisHeader, encodeGenesisHeader(parameters)).body,
    ).header.slice()
    return stateRoot
  }

  buildRequest(plan: BlockPlan): Uint8Array {
    return encodeBuild({
      ...plan,
      chain: CHAIN,
      parentHeader: this.#header,
      gasBudget: 0n,
      payloadMaxBytes: 0,
      wantsUndo: true,
    })
  }

  executeRequest(payload: Uint8Array): Uint8Array {
    return encodeExecute({ chain: CHAIN, parentHeader: this.#header, payload, senders: [], wantsUndo: true })
  }

  build(plan: BlockPlan): BuiltBlock {
    const { body, response } = this.#ok(operations.build, this.buildRequest(plan))
    return { ...readBuildOutcome(body), response }
  }

  execute(payload: Uint8Array): ExecutedBlock {
    const { body, response } = this.#ok(operations.execute, this.executeRequest(payload))
    return { ...readExecuteOutcome(body), response }
  }

  commit(header: Uint8Array, changes: readonly ChangesetEntry[]): void {
    this.write(changes)
    this.#header = header.slice()
  }

  write(changes: readonly ChangesetEntry[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.state.delete(textOf(key))
      else this.state.set(textOf(key), value.slice())
    }
  }

  /** A new instance over the same state. */
  recreate(): void {
    this.#core = instantiateCore(this.#module)
  }

  account(address: Address): { readonly nonce: bigint; readonly balance: bigint } {
    const value = this.state.get(textOf(accountKey(addressHashOf(address))))
    if (value === undefined) return { nonce: 0n, balance: 0n }
    const decoded = decodeRlp(value, 1024, (item) => {
      const fields = item.list()
      const account = { nonce: fields.bigint(8), balance: fields.bigint(32) }
      fields.hash()
      fields.hash()
      return account
    })
    if (!decoded.ok) throw new Error(`bad account record: ${decoded.code}`)
    return decoded.value
  }

  #ok(operation: number, request: Uint8Array) {
    const response = this.#core.run(operation, request, this.#read)
    const { status, code, body } = readHead(response)
    if (status === 0) return { body, response }
    throw new Error(`operation ${operation}: status ${status}, code ${code}, ${status === 1 ? 'NEED' : body.text()}`)
  }
}
