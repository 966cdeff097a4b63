/**
 * Reading stored Ethereum RLP as hex trees. The bytes are finalized blocks out of the chain store or
 * admitted transactions, checked before they got there; a shape that does not fit is a corrupt store.
 */
import { CodedError, decodeRlp, hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import * as Rlp from 'ox/Rlp'

export type RlpTree = Hex | readonly RlpTree[]

/** @throws CodedError `BLOCK_CORRUPT` */
export function decodeTree(bytes: Uint8Array): RlpTree {
  try {
    return Rlp.toHex(bytes)
  } catch (cause) {
    throw new CodedError('BLOCK_CORRUPT', 'stored RLP does not decode', { cause })
  }
}

/** @throws CodedError `BLOCK_CORRUPT` when `tree` is no list of at least `lengthMin` items */
export function treeList(tree: RlpTree | undefined, lengthMin = 0): readonly RlpTree[] {
  if (tree === undefined || typeof tree === 'string' || tree.length < lengthMin) throw corrupt('a list')
  return tree
}

/** @throws CodedError `BLOCK_CORRUPT` when `tree` is a list */
export function treeData(tree: RlpTree | undefined): Hex {
  if (typeof tree !== 'string') throw corrupt('a string')
  return tree
}

/** RLP of a payload's Ethereum header, as it stands there. @throws CodedError `BLOCK_CORRUPT` */
export function executionHeaderRlp(payload: Uint8Array): Hex {
  const header = decodeRlp(payload, payload.length, (item) => {
    const fields = item.list()
    const { bytes } = fields.raw()
    while (!fields.isAtEnd) fields.raw()
    return bytes
  })
  if (!header.ok) throw corrupt('an Ethereum block')
  return hexFromBytes(header.value)
}

/** A transaction or receipt: EIP-2718 type and its fields, from an item of a block's list. */
export function typedFields(item: RlpTree | undefined): { readonly type: number; readonly fields: readonly RlpTree[] } {
  if (typeof item !== 'string') return { type: 0, fields: treeList(item) }
  const body: Hex = `0x${item.slice(4)}`
  return { type: Number.parseInt(item.slice(2, 4), 16), fields: treeList(treeFromHex(body)) }
}

/** As `typedFields`, from the raw bytes of one transaction. */
export function typedFieldsFromRaw(raw: Uint8Array): ReturnType<typeof typedFields> {
  const first = raw[0]
  return first !== undefined && first >= 0xc0 ? typedFields(decodeTree(raw)) : typedFields(hexFromBytes(raw))
}

function treeFromHex(hex: Hex): RlpTree {
  try {
    return Rlp.toHex(hex)
  } catch (cause) {
    throw new CodedError('BLOCK_CORRUPT', 'stored RLP does not decode', { cause })
  }
}

function corrupt(wanted: string): CodedError {
  return new CodedError('BLOCK_CORRUPT', `stored RLP holds something else than ${wanted}`)
}
