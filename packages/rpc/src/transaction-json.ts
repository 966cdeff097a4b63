/**
 * Transactions as `eth_getTransaction*` shows them, from their EIP-2718 bytes: types 0 (legacy),
 * 1 (EIP-2930), 2 (EIP-1559) and 4 (EIP-7702). Blob transactions (3) are refused at admission, so no block has one.
 */
import { CodedError } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import type { RlpTree, typedFields } from './execution-rlp.ts'
import { treeData, treeList } from './execution-rlp.ts'
import { bigintFromData, quantity, quantityFromData } from './quantity.ts'

export type TransactionJson = Readonly<Record<string, unknown>>

/** Where a transaction stands in a finalized block. */
interface TransactionPlace {
  readonly blockHash: Hash
  readonly blockNumber: Hex
  readonly blockTimestamp: Hex
  readonly transactionIndex: Hex
  /** Wei; what the sender paid per gas. */
  readonly effectiveGasPrice: bigint
}

export interface TransactionSource {
  readonly typed: ReturnType<typeof typedFields>
  readonly hash: Hash
  readonly sender: Address
  /** `undefined`: still in the mempool. */
  readonly place: TransactionPlace | undefined
}

/** @throws CodedError `BLOCK_CORRUPT` */
export function transactionJson(source: TransactionSource): TransactionJson {
  const { typed, hash, sender, place } = source
  return {
    blockHash: place?.blockHash ?? null,
    blockNumber: place?.blockNumber ?? null,
    blockTimestamp: place?.blockTimestamp ?? null,
    transactionIndex: place?.transactionIndex ?? null,
    from: sender,
    hash,
    type: quantity(typed.type),
    ...envelopeJson(typed, place),
  }
}

/** What the sender signed for: `to`, or `null` for a creation. */
export function transactionTo(typed: ReturnType<typeof typedFields>): Hex | null {
  const to = treeData(typed.fields[toPosition(typed.type)])
  return to === '0x' ? null : to
}

function toPosition(type: number): number {
  if (type === 0) return 3
  return type === 1 ? 4 : 5
}

function envelopeJson(typed: ReturnType<typeof typedFields>, place: TransactionPlace | undefined): TransactionJson {
  switch (typed.type) {
    case 0:
      return legacyJson(typed.fields)
    case 1:
      return accessListJson(typed.fields)
    case 2:
      return dynamicFeeJson(typed.fields, 9, place)
    case 4:
      return { ...dynamicFeeJson(typed.fields, 10, place), authorizationList: authorizations(typed.fields[9]) }
    default:
      throw new CodedError('BLOCK_CORRUPT', `transaction type ${typed.type} in a stored block`)
  }
}

/** `[nonce, gasPrice, gas, to, value, data, v, r, s]` */
function legacyJson(fields: readonly RlpTree[]): TransactionJson {
  const v = bigintFromData(treeData(fields[6]))
  // EIP-155: v = 35 + 2·chainId + parity; 27 and 28 are from before it.
  const chainId = v >= 35n ? { chainId: quantity((v - 35n) / 2n) } : {}
  return {
    nonce: quantityAt(fields, 0),
    gasPrice: quantityAt(fields, 1),
    ...callJson(fields, 2),
    ...chainId,
    v: quantity(v),
    r: quantityAt(fields, 7),
    s: quantityAt(fields, 8),
  }
}

/** `[chainId, nonce, gasPrice, gas, to, value, data, accessList, yParity, r, s]` */
function accessListJson(fields: readonly RlpTree[]): TransactionJson {
  return {
    chainId: quantityAt(fields, 0),
    nonce: quantityAt(fields, 1),
    gasPrice: quantityAt(fields, 2),
    ...callJson(fields, 3),
    accessList: accessList(fields[7]),
    ...signatureJson(fields, 8),
  }
}

/** `[chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gas, to, value, data, accessList, (authorizations,) yParity, r, s]` */
function dynamicFeeJson(
  fields: readonly RlpTree[],
  signaturePosition: number,
  place: TransactionPlace | undefined,
): TransactionJson {
  const maxFeePerGas = quantityAt(fields, 3)
  return {
    chainId: quantityAt(fields, 0),
    nonce: quantityAt(fields, 1),
    // Before inclusion the most that may be paid stands in for the price, as in geth.
    gasPrice: place === undefined ? maxFeePerGas : quantity(place.effectiveGasPrice),
    maxPriorityFeePerGas: quantityAt(fields, 2),
    maxFeePerGas,
    ...callJson(fields, 4),
    accessList: accessList(fields[8]),
    ...signatureJson(fields, signaturePosition),
  }
}

/** `[gas, to, value, data]` from `position` on. */
function callJson(fields: readonly RlpTree[], position: number): TransactionJson {
  const to = treeData(fields[position + 1])
  return {
    gas: quantityAt(fields, position),
    to: to === '0x' ? null : to,
    value: quantityAt(fields, position + 2),
    input: treeData(fields[position + 3]),
  }
}

function signatureJson(fields: readonly RlpTree[], position: number): TransactionJson {
  const yParity = quantityAt(fields, position)
  return { yParity, v: yParity, r: quantityAt(fields, position + 1), s: quantityAt(fields, position + 2) }
}

function accessList(tree: RlpTree | undefined): readonly TransactionJson[] {
  return treeList(tree).map((entry) => {
    const [address, storageKeys] = treeList(entry, 2)
    return { address: treeData(address), storageKeys: treeList(storageKeys) }
  })
}

/** `[chainId, address, nonce, yParity, r, s]` each. */
function authorizations(tree: RlpTree | undefined): readonly TransactionJson[] {
  return treeList(tree).map((entry) => {
    const fields = treeList(entry, 6)
    return {
      chainId: quantityAt(fields, 0),
      address: treeData(fields[1]),
      nonce: quantityAt(fields, 2),
      yParity: quantityAt(fields, 3),
      r: quantityAt(fields, 4),
      s: quantityAt(fields, 5),
    }
  })
}

function quantityAt(fields: readonly RlpTree[], position: number): Hex {
  return quantityFromData(treeData(fields[position]))
}
