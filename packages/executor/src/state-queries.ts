/** Reads and calls at the committed head, or at an older height whose state is still kept. */
import { EMPTY_CODE_HASH, decodeExecutionHeader } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import type { AccountProof, AccountState, CallOutcome, CallRequest, ExecutedBlock, Executor } from '@cairn/ports'
import { CodedError, bytesFromHex, hashFromBytes } from '@cairn/primitives'
import type { Address, Hash, Height } from '@cairn/primitives'
import { encodeCall, halted, readCall, readEstimate } from './abi/call.ts'
import { encodeProve, encodeVerifyProof, readProof, readVerifiedProof } from './abi/state.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { PROOF_NODES_MAX, PROOF_NODE_MAX_BYTES, PROOF_SLOTS_MAX } from './limits.ts'
import { pastStateAt } from './past-state.ts'
import type { PastState } from './past-state.ts'
import type { EvaluationResult, StateHost } from './state-host.ts'
import { accountKey, addressHashOf, codeKey, slotHashOf, slotKey } from './state-key.ts'
import { decodeStoredAccount } from './stored-account.ts'
import type { UndoHistory } from './undo-history.ts'

export interface StateQueries {
  /** Same order. */
  accounts(addresses: readonly Address[], at: Height | undefined): Promise<readonly AccountState[]>
  code(address: Address, at: Height | undefined): Promise<Uint8Array>
  storage(address: Address, slot: Hash, at: Height | undefined): Promise<Hash>
  /** By code hash; `undefined` where there is none. */
  codes(hashes: readonly Hash[]): Promise<readonly (Uint8Array | undefined)[]>
  call(request: CallRequest, gasMax: bigint | undefined, at: Height | undefined): Promise<CallOutcome>
  estimateGas(request: CallRequest, at: Height | undefined): ReturnType<Executor['estimateGas']>
  proof(address: Address, slots: readonly Hash[], at: Height | undefined): Promise<AccountProof>
  verifyProof(stateRoot: Hash, proof: AccountProof): Promise<AccountProof | undefined>
}

export interface StateQueryDependencies {
  readonly chainSpec: ChainSpec
  readonly core: Core
  readonly history: UndoHistory
  readonly host: StateHost
  readonly head: () => ExecutedBlock
}

export function createStateQueries(deps: StateQueryDependencies): StateQueries {
  const { core, host } = deps

  const pastAt = (at: Height | undefined): Promise<PastState | undefined> => pastStateAt(at, deps.head(), deps.history)

  const accountsIn = async (addresses: readonly Address[], past?: PastState): Promise<readonly AccountState[]> => {
    const values = await host.read(
      addresses.map((address) => accountKey(addressHashOf(address))),
      past,
    )
    return values.map(decodeStoredAccount)
  }

  /** CALL or ESTIMATE in the environment of the block whose state is read. */
  const evaluateCall = async (
    operation: typeof operations.call | typeof operations.estimate,
    call: CallRequest,
    gasMax: bigint,
    at: Height | undefined,
  ): Promise<EvaluationResult> => {
    const past = await pastAt(at)
    const { stateRoot, executionHeader } = past?.block ?? deps.head()
    const header = decodeExecutionHeader(executionHeader)
    if (!header.ok) throw new CodedError('STATE_CORRUPT', `a stored execution header does not decode: ${header.code}`)
    const request = encodeCall({ chain: deps.chainSpec, stateRoot, header: header.value, call, gasMax })
    return host.evaluate(operation, request, { layers: [], past })
  }

  return {
    accounts: async (addresses, at) => accountsIn(addresses, await pastAt(at)),
    code: async (address, at) => {
      const past = await pastAt(at)
      const { codeHash } = (await accountsIn([address], past))[0] as AccountState
      if (codeHash === EMPTY_CODE_HASH) return new Uint8Array(0)
      const [code] = await host.read([codeKey(bytesFromHex(codeHash))], past)
      if (code === undefined) throw new CodedError('STATE_CORRUPT', `no code of hash ${codeHash}`)
      return code.slice()
    },
    codes: async (hashes) => {
      const found = await host.read(hashes.map((hash) => codeKey(bytesFromHex(hash))))
      return found.map((code) => code?.slice())
    },
    storage: async (address, slot, at) => {
      const [value] = await host.read([slotKey(addressHashOf(address), slotHashOf(slot))], await pastAt(at))
      return wordFromValue(value ?? new Uint8Array(0))
    },
    call: async (request, gasMax, at) => {
      const result = await evaluateCall(operations.call, request, lesser(request.gas, gasMax), at)
      return result.status === 'ok' ? readCall(result.body) : halted(result, 0n)
    },
    estimateGas: async (request, at) => {
      const result = await evaluateCall(operations.estimate, request, request.gas ?? 0n, at)
      return result.status === 'ok' ? readEstimate(result.body) : halted(result, 0n)
    },
    proof: async (address, slots, at) => {
      if (slots.length > PROOF_SLOTS_MAX) throw new CodedError('PROOF_TOO_LARGE', `more than ${PROOF_SLOTS_MAX} slots`)
      const past = await pastAt(at)
      const { stateRoot } = past?.block ?? deps.head()
      const result = await host.evaluate(operations.prove, encodeProve(stateRoot, address, slots), { layers: [], past })
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
