/** The Ethereum header as `eth_getBlockBy*` and `newHeads` show it; field order of the RLP is EIP-1559…7685's. */
import { CodedError } from '@cairn/primitives'
import type { Hash, Hex } from '@cairn/primitives'
import { quantityFromData } from './quantity.ts'
import type { RlpTree } from './execution-rlp.ts'
import { treeData, treeList } from './execution-rlp.ts'

type FieldKind = 'data' | 'quantity'

/** Name and encoding of each header field in RLP order. */
const HEADER_FIELDS: readonly (readonly [name: string, kind: FieldKind])[] = [
  ['parentHash', 'data'],
  ['sha3Uncles', 'data'],
  ['miner', 'data'],
  ['stateRoot', 'data'],
  ['transactionsRoot', 'data'],
  ['receiptsRoot', 'data'],
  ['logsBloom', 'data'],
  ['difficulty', 'quantity'],
  ['number', 'quantity'],
  ['gasLimit', 'quantity'],
  ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'],
  ['extraData', 'data'],
  ['mixHash', 'data'],
  ['nonce', 'data'],
  ['baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'data'],
  ['blobGasUsed', 'quantity'],
  ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'data'],
  ['requestsHash', 'data'],
]

/** Fields before EIP-1559's. */
const HEADER_FIELDS_MIN = 15

/** Header members by their JSON names. */
export type BlockHeaderJson = { readonly hash: Hash } & Readonly<Record<string, Hex>>

/** @throws CodedError `BLOCK_CORRUPT` */
export function blockHeaderJson(header: RlpTree | undefined, hash: Hash): BlockHeaderJson {
  const fields = treeList(header, HEADER_FIELDS_MIN)
  const json: Record<string, Hex> = {}
  for (const [position, [name, kind]] of HEADER_FIELDS.entries()) {
    const field = fields[position]
    if (field === undefined) break
    json[name] = kind === 'data' ? treeData(field) : quantityFromData(treeData(field))
  }
  return { hash, ...json }
}

/** A quantity of the header. @throws CodedError `BLOCK_CORRUPT` when the header does not have it */
export function headerQuantity(header: BlockHeaderJson, name: string): bigint {
  const value = header[name]
  if (value === undefined) throw new CodedError('BLOCK_CORRUPT', `the stored header has no ${name}`)
  return BigInt(value)
}
