/**
 * The payload's outer structure: RLP `[header, transactions, ommers, withdrawals]`. Only what the executor compares
 * with the consensus header is read here; every Ethereum rule is the core's.
 */
import { CodedError, decodeRlp, RlpReader } from '@cairn/primitives'
import type { Address, Decoded, Hash } from '@cairn/primitives'

/** Fields of an Ethereum header (yellow paper order) that the executor uses. */
export interface PayloadHeader {
  readonly coinbase: Address
  readonly stateRoot: Hash
  readonly number: bigint
  readonly gasLimit: bigint
  /** Unix seconds. */
  readonly timestamp: bigint
  readonly prevRandao: Hash
  readonly baseFeePerGas: bigint
  readonly excessBlobGas: bigint
  readonly parentBeaconBlockRoot: Hash
}

export interface Payload {
  readonly header: PayloadHeader
  /** RLP of the header. */
  readonly headerRlp: Uint8Array
  /** Raw EIP-2718 transactions, in order. */
  readonly transactions: readonly Uint8Array[]
  readonly withdrawalCount: number
}

/** Largest Ethereum header: 19 fixed fields, bloom and 32 bytes of extra data; a genesis may have more of the last. */
const HEADER_MAX_BYTES = 4096

/** Untrusted bytes. */
export function decodePayload(bytes: Uint8Array, sizeMaxBytes: number): Decoded<Payload> {
  return decodeRlp(bytes, sizeMaxBytes, (item) => {
    const block = item.list()
    const headerRlp = block.raw().bytes
    const header = readHeader(new RlpReader(headerRlp, 0, headerRlp.length).list())
    const transactions = block.listOf(bytes.length, (items) => {
      const { isList, bytes: encoded } = items.raw()
      return isList ? encoded : new RlpReader(encoded, 0, encoded.length).bytes(encoded.length)
    })
    block.list().end()
    const withdrawalCount = block.listOf(bytes.length, (items) => items.raw()).length
    block.end()
    return { header, headerRlp, transactions, withdrawalCount }
  })
}

/** @throws CodedError `STATE_CORRUPT`: the headers that come here are this executor's own. */
export function decodeOwnHeader(headerRlp: Uint8Array): PayloadHeader {
  const decoded = decodeRlp(headerRlp, HEADER_MAX_BYTES, (item) => readHeader(item.list()))
  if (!decoded.ok) throw new CodedError('STATE_CORRUPT', `stored execution header does not decode: ${decoded.code}`)
  return decoded.value
}

function readHeader(fields: RlpReader): PayloadHeader {
  fields.hash() // parent hash
  fields.hash() // ommers hash
  const coinbase = fields.address()
  const stateRoot = fields.hash()
  fields.hash() // transactions root
  fields.hash() // receipts root
  fields.fixed(256) // logs bloom
  fields.bigint(32) // difficulty
  const number = fields.bigint(8)
  const gasLimit = fields.bigint(8)
  fields.bigint(8) // gas used
  const timestamp = fields.bigint(8)
  fields.bytes(HEADER_MAX_BYTES) // extra data
  const prevRandao = fields.hash()
  fields.fixed(8) // nonce
  const baseFeePerGas = fields.bigint(8)
  fields.hash() // withdrawals root
  fields.bigint(8) // blob gas used
  const excessBlobGas = fields.bigint(8)
  const parentBeaconBlockRoot = fields.hash()
  fields.hash() // requests hash
  fields.end()
  return {
    coinbase, stateRoot, number, gasLimit, timestamp, prevRandao, baseFeePerGas, excessBlobGas, parentBeaconBlockRoot,
  }
}
