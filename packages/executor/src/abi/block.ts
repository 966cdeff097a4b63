/** EXECUTE and BUILD (`wasm-core/ABI.md` 3 and 4), and what both answer. */
import type { TransactionOutcome } from '@cairn/ports'
import { bytesFromHex } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { type ChainIdentity, writeChain } from './chain-rules.ts'
import { readChangeset } from './changeset.ts'
import type { ChangesetEntry } from './changeset.ts'
import { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

export interface ExecuteParameters {
  readonly chain: ChainIdentity
  /** RLP of the parent's Ethereum header. */
  readonly parentHeader: Uint8Array
  readonly payload: Uint8Array
  /** One per transaction; `undefined` where the core is to recover. */
  readonly senders: readonly (Address | undefined)[]
  readonly wantsUndo: boolean
}

export interface BuildParameters {
  readonly chain: ChainIdentity
  readonly parentHeader: Uint8Array
  /** Unix seconds. */
  readonly timestamp: bigint
  readonly prevRandao: Hash
  readonly feeRecipient: Address
  readonly gasLimitTarget: bigint
  readonly parentBeaconBlockRoot: Hash
  readonly gasBudget: bigint
  readonly payloadMaxBytes: number
  readonly candidates: readonly { readonly raw: Uint8Array; readonly sender: Address | undefined }[]
  readonly wantsUndo: boolean
}

/** Byte strings are views of one response. */
export interface ExecutionOutcome {
  readonly blockHash: Hash
  readonly stateRoot: Hash
  readonly gasUsed: bigint
  /** RLP list of EIP-2718 receipts. */
  readonly receipts: Uint8Array
  /** Encoded results, for `transactionOutcomes`: decoded only for blocks that are committed. */
  readonly results: Uint8Array
  readonly accessList: Uint8Array
  readonly accessListHash: Hash
  readonly changes: readonly ChangesetEntry[]
  /** Encoded changeset of the values before; without entries unless `wantsUndo`. */
  readonly undo: Uint8Array
}

export interface BuildOutcome {
  /** Per candidate: 0 included, else a transaction code. */
  readonly candidateCodes: readonly number[]
  readonly payload: Uint8Array
  readonly header: Uint8Array
  readonly outcome: ExecutionOutcome
}

export function encodeExecute(parameters: ExecuteParameters): Uint8Array {
  const writer = new AbiWriter(parameters.payload.length + 32 * parameters.senders.length + 2048)
  writeChain(writer, parameters.chain).u8(flagsOf(parameters))
  writer.bytes(parameters.parentHeader).bytes(parameters.payload)
  const isAnyKnown = parameters.senders.some((sender) => sender !== undefined)
  writer.list(isAnyKnown ? parameters.senders : [], (sender) => writeSender(writer, sender))
  return writer.u32(NO_ANCESTORS).finish()
}

export function encodeBuild(parameters: BuildParameters): Uint8Array {
  let sizeBytes = 2048
  for (const { raw } of parameters.candidates) sizeBytes += raw.length + 32
  const writer = new AbiWriter(sizeBytes)
  writeChain(writer, parameters.chain).u8(flagsOf(parameters))
  writer.bytes(parameters.parentHeader).u32(NO_ANCESTORS)
  writer.u64(parameters.timestamp).fixed(parameters.prevRandao).fixed(parameters.feeRecipient)
  writer.u64(parameters.gasLimitTarget).bytes(new Uint8Array(0)).fixed(parameters.parentBeaconBlockRoot)
  writer.u32(NO_WITHDRAWALS).u64(parameters.gasBudget).u32(parameters.payloadMaxBytes)
  writer.list(parameters.candidates, ({ raw, sender }) => {
    writer.optional(sender, (known) => writer.fixed(known)).bytes(raw)
  })
  return writer.finish()
}

export function readExecuteOutcome(body: AbiReader): ExecutionOutcome {
  const outcome = readOutcome(body)
  body.end()
  return outcome
}

export function readBuildOutcome(body: AbiReader): BuildOutcome {
  const candidateCodes = body.list((reader) => reader.u16())
  const payload = body.bytes()
  const header = body.bytes()
  const outcome = readOutcome(body)
  body.end()
  return { candidateCodes, payload, header, outcome }
}

/** Decodes `ExecutionOutcome.results`; in block order. */
export function transactionOutcomes(results: Uint8Array): readonly TransactionOutcome[] {
  return new AbiReader(results).list((reader) => {
    const hash = reader.hash()
    const sender = reader.address()
    reader.skip(2)
    const gasUsed = reader.u64()
    const effectiveGasPrice = reader.u256()
    const contractAddress = reader.optional((created) => created.address())
    reader.skip(4)
    return { hash, sender, gasUsed, effectiveGasPrice, contractAddress }
  })
}

const RETURN_ACCESS_LIST = 2
const RETURN_UNDO = 4
/** BLOCKHASH then reads the EIP-2935 contract, which every genesis has. */
const NO_ANCESTORS = 0
const NO_WITHDRAWALS = 0
const UNKNOWN_SENDER = new Uint8Array(20)

function flagsOf({ wantsUndo }: { readonly wantsUndo: boolean }): number {
  return wantsUndo ? RETURN_ACCESS_LIST | RETURN_UNDO : RETURN_ACCESS_LIST
}

function writeSender(writer: AbiWriter, sender: Address | undefined): void {
  writer.raw(sender === undefined ? UNKNOWN_SENDER : bytesFromHex(sender))
}

function readOutcome(reader: AbiReader): ExecutionOutcome {
  const blockHash = reader.hash()
  const stateRoot = reader.hash()
  reader.skip(32)
  const gasUsed = reader.u64()
  reader.skip(8 + 256)
  const receipts = reader.bytes()
  const results = reader.span((inner) => inner.list(skipResult))
  reader.list((request) => request.bytes())
  const list = reader.optional((present) => ({ rlp: present.bytes(), hash: present.hash() }))
  const changes = readChangeset(reader)
  const undo = reader.span(readChangeset)
  if (list === undefined) throw new RangeError('the core returned no access list')
  const { rlp: accessList, hash: accessListHash } = list
  return { blockHash, stateRoot, gasUsed, receipts, results, accessList, accessListHash, changes, undo }
}

function skipResult(reader: AbiReader): void {
  reader.skip(32 + 20 + 2 + 8 + 32)
  reader.optional((created) => created.skip(20))
  reader.skip(4)
}
