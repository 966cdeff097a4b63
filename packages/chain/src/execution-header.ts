/** The Ethereum header inside the payload, with the fields of Osaka (yellow paper 4.4, EIP-1559, 4895, 4844, 4788, 7685). */
import { decodeRlp } from '@cairn/primitives'
import type { Address, Decoded, Hash, RlpReader } from '@cairn/primitives'
import { EXECUTION_HEADER_MAX_BYTES } from './limits.ts'

export interface ExecutionHeader {
  readonly parentHash: Hash
  readonly ommersHash: Hash
  /** Receives the priority fees. */
  readonly coinbase: Address
  readonly stateRoot: Hash
  readonly transactionsRoot: Hash
  readonly receiptsRoot: Hash
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly difficulty: bigint
  readonly number: number
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  /** Unix time in seconds. */
  readonly timestamp: number
  /** ≤ 32 bytes. */
  readonly extraData: Uint8Array
  readonly prevRandao: Hash
  /** 8 bytes. */
  readonly nonce: Uint8Array
  readonly baseFeePerGas: bigint
  readonly withdrawalsRoot: Hash
  readonly blobGasUsed: bigint
  readonly excessBlobGas: bigint
  readonly parentBeaconBlockRoot: Hash
  readonly requestsHash: Hash
}

/** Exactly Osaka's 21 fields, canonical; the values are not judged. */
export function decodeExecutionHeader(bytes: Uint8Array): Decoded<ExecutionHeader> {
  return decodeRlp(bytes, EXECUTION_HEADER_MAX_BYTES, readExecutionHeader)
}

function readExecutionHeader(item: RlpReader): ExecutionHeader {
  const fields = item.list()
  const header = {
    parentHash: fields.hash(),
    ommersHash: fields.hash(),
    coinbase: fields.address(),
    stateRoot: fields.hash(),
    transactionsRoot: fields.hash(),
    receiptsRoot: fields.hash(),
    logsBloom: fields.fixed(256),
    difficulty: fields.bigint(),
    number: fields.uint(),
    gasLimit: fields.bigint(8),
    gasUsed: fields.bigint(8),
    timestamp: fields.uint(),
    extraData: fields.bytes(32),
    prevRandao: fields.hash(),
    nonce: fields.fixed(8),
    baseFeePerGas: fields.bigint(),
    withdrawalsRoot: fields.hash(),
    blobGasUsed: fields.bigint(8),
    excessBlobGas: fields.bigint(8),
    parentBeaconBlockRoot: fields.hash(),
    requestsHash: fields.hash(),
  }
  fields.end()
  return header
}
