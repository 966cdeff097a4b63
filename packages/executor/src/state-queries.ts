/** Reads and calls at the committed head. */
import { decodeExecutionHeader } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { AccountProof, AccountState, CallOutcome, CallRequest, ExecutedBlock, Executor } from '@cairn/ports'
import { CodedError, bytesFromHex, decodeRlp, hashFromBytes } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { encodeCall, halted, readCall, readEstimate } from './abi/call.ts'
import { encodeProve, encodeVerifyProof, readProof, readVerifiedProof } from './abi/state.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { PROOF_NODES_MAX, PROOF_NODE_MAX_BYTES, PROOF_SLOTS_MAX } from './limits.ts'
import type { StateHost } from './state-host.ts'
import { accountKey, addressHashOf, codeKey, slotHashOf, slotKey } from './state-key.ts'

export interface StateQueries {
  account(address: Address): Promise<AccountState>
  /** Same order. */
  accounts(addresses: readonly Address[]): Promise<readonly AccountState[]>
  code(address: Address): Promise<Uint8Array>
  storage(address: Address, slot: Hash): Promise<Hash>
  call(request: CallRequest, gasMax: bigint | undefined): Promise<CallOutcome>
  estimateGas(request: CallRequest): ReturnType<Executor['estimateGas']>
  proof(address: Address, slots: readonly Hash[]): Promise<AccountProof>
  verifyProof(stateRoot: Hash, proof: AccountProof): Promise<AccountProof | undefined>
}

export interface StateQueryDependencies {
  readonly chainSpec: ChainSpec
  readonly core: Core
  readonly host: StateHost
  readonly head: () => ExecutedBlock
}

export function createStateQueries(deps: StateQueryDependencies): StateQueries {
  const { core, host } = deps

  const accounts = async (addresses: readonly Address[]): Promise<readonly AccountState[]> => {
    const values = await host.read(addresses.map((address) => accountKey(addressHashOf(address))))
    return values.map((value) => (value === undefined ? ABSENT_ACCOUNT : decodeAccount(value)))
  }
  const account = async (address: Address): Promise<AccountState> => (await accounts([address]))[0] as AccountState
  const readOne = async (key: Uint8Array): Promise<Uint8Array | undefined> => (await host.read([key]))[0]

  const encode = (call: CallRequest, gasMax: bigint): Uint8Array => {
    const { stateRoot, executionHeader } = deps.head()
    const header = decodeExecutionHeader(executionHeader)
    if (!header.ok) throw new CodedError('STATE_CORRUPT', `the head's execution header does not decode: ${header.code}`)
    return encodeCall({ chainId: deps.chainSpec.chainId, stateRoot, header: header.value, call, gasMax })
  }

  return {
    account,
    accounts,
    code: async (address) => {
      const { codeHash } = await account(address)
      if (codeHash === EMPTY_CODE_HASH) return new Uint8Array(0)
      const code = await readOne(codeKey(bytesFromHex(codeHash)))
      if (code === undefined) throw new CodedError('STATE_CORRUPT', `no code of hash ${codeHash}`)
      return code.slice()
    },
    storage: async (address, slot) => {
      const value = await readOne(slotKey(addressHashOf(address), slotHashOf(slot)))
      return wordFromValue(value ?? new Uint8Array(0))
    },
    call: async (request, gasMax) => {
      const gas = lesser(request.gas, gasMax)
      const result = await host.evaluate(operations.call, encode(request, gas), { layers: [] })
      return result.status === 'ok' ? readCall(result.body) : halted(result, 0n)
    },
    estimateGas: async (request) => {
      const result = await host.evaluate(operations.estimate, encode(request, request.gas ?? 0n), { layers: [] })
      return result.status === 'ok' ? readEstimate(result.body) : halted(result, 0n)
    },
    proof: async (address, slots) => {
      if (slots.length > PROOF_SLOTS_MAX) throw new CodedError('PROOF_TOO_LARGE', `more than ${PROOF_SLOTS_MAX} slots`)
      const request = encodeProve(deps.head().stateRoot, address, slots)
      const result = await host.evaluate(operations.prove, request, { layers: [] })
      if (result.status !== 'ok')
        throw new CodedError('STATE_CORRUPT', result.message, { data: { reason: result.code } })
      return readProof(result.body, address)
    },
    verifyProof: async (stateRoot, proof) => {
      if (!isBounded(proof)) return undefined
      const result = core.run(operations.verifyProof, encodeVerifyProof(stateRoot, proof), () => null)
      if (result.status !== 'ok') return undefined
      const verified = readVerifiedProof(result.body)
      return {
        ...proof,
        account: verified.account,
        storageProof: proof.storageProof.map((entry, index) => ({ ...entry, value: verified.values[index] as Hash })),
      }
    },
  }
}

const EMPTY_CODE_HASH = keccak256(new Uint8Array(0))

const ABSENT_ACCOUNT: AccountState = {
  nonce: 0n,
  balance: 0n,
  codeHash: EMPTY_CODE_HASH,
  /** Root of the empty trie. */
  storageRoot: keccak256(Uint8Array.of(0x80)),
}

/** Stored: the RLP leaf value of the account trie. @throws CodedError `STATE_CORRUPT` */
function decodeAccount(value: Uint8Array): AccountState {
  const decoded = decodeRlp(value, value.length, (item) => {
    const fields = item.list()
    const account = {
      nonce: fields.bigint(8),
      balance: fields.bigint(),
      storageRoot: fields.hash(),
      codeHash: fields.hash(),
    }
    fields.end()
    return account
  })
  if (!decoded.ok) throw new CodedError('STATE_CORRUPT', `a stored account does not decode: ${decoded.code}`)
  return decoded.value
}

/** Stored: big-endian without leading zeros. @throws CodedError `STATE_CORRUPT` */
function wordFromValue(value: Uint8Array): Hash {
  if (value.length > 32) throw new CodedError('STATE_CORRUPT', `a stored slot has ${value.length} bytes`)
  const word = new Uint8Array(32)
  word.set(value, 32 - value.length)
  return hashFromBytes(word)
}

/** 0 stands for no bound of its own. */
function lesser(gas: bigint | undefined, gasMax: bigint | undefined): bigint {
  if (gas === undefined) return gasMax ?? 0n
  return gasMax !== undefined && gasMax < gas ? gasMax : gas
}

function isBounded({ accountProof, storageProof }: AccountProof): boolean {
  const isBranch = (nodes: readonly Uint8Array[]): boolean =>
    nodes.length <= PROOF_NODES_MAX && nodes.every((node) => node.length <= PROOF_NODE_MAX_BYTES)
  if (storageProof.length > PROOF_SLOTS_MAX || !isBranch(accountProof)) return false
  return storageProof.every(({ proof }) => isBranch(proof))
}
