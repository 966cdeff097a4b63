/** CALL and ESTIMATE (`wasm-core/ABI.md` 5 and 6): geth's eth_call and eth_estimateGas on the committed head. */
import type { ExecutionHeader } from '@cairn/chain'
import type { CallOutcome, CallRequest } from '@cairn/ports'
import { ZERO_ADDRESS, bytesFromHex } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { type ChainIdentity, writeChain } from './chain-rules.ts'
import { haltName } from './codes.ts'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

export interface CallParameters {
  readonly chain: ChainIdentity
  readonly stateRoot: Hash
  /** The block the call runs in: the head's own environment. */
  readonly header: ExecutionHeader
  readonly call: CallRequest
  /** 0: the block's gas limit. */
  readonly gasMax: bigint
}

/** @throws RangeError where a number of the call does not fit its width. */
export function encodeCall(parameters: CallParameters): Uint8Array {
  const { call, header } = parameters
  const writer = new AbiWriter(2048)
  writeChain(writer, parameters.chain).fixed(parameters.stateRoot)
  writer.u64(BigInt(header.number)).u64(BigInt(header.timestamp)).u64(header.baseFeePerGas).u64(header.gasLimit)
  writer.fixed(header.coinbase).fixed(header.prevRandao).u64(header.excessBlobGas)
  writer.u32(0)
  writer.fixed(call.from ?? ZERO_ADDRESS).optional(call.to, (to) => writer.fixed(to))
  writer
    .u256(call.value ?? 0n)
    .bytes(bytesFromHex(call.data ?? '0x'))
    .u64(parameters.gasMax)
  writeFees(writer, call)
  writer.list(call.accessList ?? [], ({ address, storageKeys }) => {
    writer.fixed(address).list(storageKeys, (slot) => writer.fixed(slot))
  })
  return writer.u32(0).u32(0).finish()
}

export function readCall(body: AbiReader): CallOutcome {
  const outcome = body.u8()
  const haltCode = body.u16()
  const output = body.bytes().slice()
  const gasUsed = body.u64()
  if (outcome === 0) return { status: 'success', output, gasUsed }
  if (outcome === 1) return { status: 'revert', output, gasUsed }
  return halted({ code: haltName(haltCode), message: '' }, gasUsed)
}

export function readEstimate(body: AbiReader): { readonly gas: bigint } | CallOutcome {
  const outcome = body.u8()
  if (outcome === 0) return { gas: body.u64() }
  if (outcome === 1) return { status: 'revert', output: body.bytes().slice(), gasUsed: 0n }
  const code = haltName(body.u16())
  const reason = body.text()
  return { status: 'halt', code, message: reason, gasUsed: 0n }
}

/** A failure without output: what the core says of it, else its code in words. */
export function halted(reason: { readonly code: string; readonly message: string }, gasUsed: bigint): CallOutcome {
  const message = reason.message === '' ? reason.code.toLowerCase().replaceAll('_', ' ') : reason.message
  return { status: 'halt', code: reason.code, message, gasUsed }
}

function writeFees(writer: AbiWriter, call: CallRequest): void {
  if (call.maxFeePerGas !== undefined || call.maxPriorityFeePerGas !== undefined) {
    const priority = call.maxPriorityFeePerGas ?? 0n
    writer
      .u8(2)
      .u256(call.maxFeePerGas ?? priority)
      .u256(priority)
  } else if (call.gasPrice !== undefined) writer.u8(1).u256(call.gasPrice)
  else writer.u8(0)
}
