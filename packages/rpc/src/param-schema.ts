/**
 * Zod schemas of JSON-RPC parameters: they check, bound and convert in one step, so handlers see
 * branded values. Quantities are strict (no leading zeros), hex digits of data may be in either case.
 */
import type { Address, Hash, Hex } from '@cairn/primitives'
import * as z from 'zod'
import { quantityFromData } from './quantity.ts'

const HEX_PREFIX = 'hex string without 0x prefix'

const hexText = z.string().startsWith('0x', { error: HEX_PREFIX, abort: true })

/** An unsigned integer of at most `bits` bits as `0x` and minimal hex digits. */
function quantityParam(bits: number) {
  return hexText
    .regex(/^0x(0|[1-9a-fA-F][0-9a-fA-F]*)$/, {
      error: 'invalid hex quantity (leading zero, empty or not hex)',
      abort: true,
    })
    .max(2 + bits / 4, { error: `hex number > ${bits} bits`, abort: true })
    .transform((text) => BigInt(text))
}

export const uint64 = quantityParam(64)
export const uint256 = quantityParam(256)

/** A count or index: a quantity that is a safe integer. */
export const indexParam = quantityParam(48).transform((value) => Number(value))

/** Bytes as hex; the request's size limit bounds the length. */
export const dataParam = hexText
  .regex(/^0x(?:[0-9a-fA-F]{2})*$/, { error: 'invalid hex string (odd length or not hex)' })
  .transform((text) => text.toLowerCase() as Hex)

function fixedData<Value extends Hex>(lengthBytes: number) {
  return hexText
    .length(2 + 2 * lengthBytes, { error: `hex string has the wrong length, want ${lengthBytes} bytes`, abort: true })
    .regex(/^0x[0-9a-fA-F]*$/, { error: 'invalid hex string' })
    .transform((text) => text.toLowerCase() as Value)
}

export const addressParam = fixedData<Address>(20)
export const hashParam = fixedData<Hash>(32)

/** A storage key: up to 32 bytes, left-padded (`eth_getStorageAt` takes short ones). */
export const slotParam = z.string().transform((text, context) => {
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (!/^[0-9a-fA-F]*$/.test(digits)) {
    context.addIssue({ code: 'custom', message: `invalid hex in storage key: ${quoted(text)}` })
    return z.NEVER
  }
  if (digits.length > 64) {
    context.addIssue({ code: 'custom', message: `storage key too long (want at most 32 bytes): ${quoted(text)}` })
    return z.NEVER
  }
  return `0x${digits.toLowerCase().padStart(64, '0')}` as Hash
})

/**
 * A storage key of `eth_getProof` and the form in which the answer repeats it, as geth does: 32 bytes as they are, anything
 * shorter as a quantity.
 */
export const proofKeyParam = z.string().transform((text, context) => {
  const slot = slotParam.safeParse(text)
  if (slot.success) return { slot: slot.data, key: isWholeWord(text) ? slot.data : quantityFromData(slot.data) }
  for (const { message } of slot.error.issues) context.addIssue({ code: 'custom', message })
  return z.NEVER
})

function isWholeWord(text: string): boolean {
  return text.replace(/^0x/, '').length === 64
}

/** Enough of a caller's text to recognize it, never all of it. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

export type BlockReference =
  | { readonly kind: 'head' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'height'; readonly height: bigint }
  | { readonly kind: 'hash'; readonly hash: Hash }

const HEAD: BlockReference = { kind: 'head' }

/** `latest`, `safe`, `finalized` are one block here; `pending` is the same, as blocks are born final. */
const tagParam = z.enum(['latest', 'safe', 'finalized', 'pending', 'earliest']).transform((tag): BlockReference => {
  return tag === 'earliest' ? { kind: 'earliest' } : HEAD
})

const heightParam = uint64.transform((height): BlockReference => ({ kind: 'height', height }))
const blockHashParam = hashParam.transform((hash): BlockReference => ({ kind: 'hash', hash }))

/** A tag or a height. */
export const blockNumberParam = z.union([tagParam, heightParam], { error: 'want a block tag or a block number' })

/** EIP-1898: a tag, a height, a hash, or an object that names one of the last two. */
export const blockParam = z.union(
  [
    tagParam,
    blockHashParam,
    heightParam,
    z
      .strictObject({ blockHash: hashParam, requireCanonical: z.boolean().optional() })
      .transform(({ blockHash }): BlockReference => ({ kind: 'hash', hash: blockHash })),
    z
      .strictObject({ blockNumber: uint64 })
      .transform(({ blockNumber }): BlockReference => ({ kind: 'height', height: blockNumber })),
  ],
  { error: 'want a block tag, number or hash' },
)

/** A trailing block parameter that may be left out or `null`: the head. */
export const optionalBlockParam = blockParam.nullish().transform((reference) => reference ?? HEAD)
export const optionalBlockNumberParam = blockNumberParam.nullish().transform((reference) => reference ?? HEAD)

/** Whether `eth_getTransactionCount` was asked with `pending`: the one place where it differs from `latest`. */
export const nonceBlockParam = z
  .union([z.literal('pending').transform((): 'pending' => 'pending'), blockParam])
  .nullish()
  .transform((reference) => reference ?? HEAD)
