/** `alloc` of a genesis file in geth's JSON. */
import type { Address, Hash } from '@cairn/primitives'
import { specError } from './chain-spec.ts'
import type { GenesisAccount } from './chain-spec.ts'
import type { JsonFields } from './json-fields.ts'

/** EIP-170. */
const CODE_MAX_BYTES = 24_576

/** Sorted by address. @throws CodedError `CHAIN_SPEC_INVALID` */
export function readAlloc(alloc: JsonFields): readonly GenesisAccount[] {
  const accounts = alloc.names().map((name) => {
    const fields = alloc.object(name)
    const account = {
      address: hexKey(name, 40, fields.path) as Address,
      balance: fields.has('balance') ? fields.bigint('balance', 0n, (1n << 256n) - 1n) : 0n,
      nonce: fields.has('nonce') ? fields.integer('nonce', 0, Number.MAX_SAFE_INTEGER) : 0,
      code: fields.has('code') ? fields.hex('code', CODE_MAX_BYTES) : ('0x' as const),
      storage: fields.has('storage') ? readStorage(fields.object('storage')) : [],
    }
    fields.end()
    return account
  })
  return sortedUnique(accounts, (account) => account.address, 'alloc')
}

function readStorage(storage: JsonFields): GenesisAccount['storage'] {
  const slots = storage.names().map((name) => ({
    slot: hexKey(name, 64, storage.pathOf(name)) as Hash,
    value: hexKey(String(storage.take(name)), 64, storage.pathOf(name)) as Hash,
  }))
  // As in geth, a slot set to zero is an absent slot.
  const present = slots.filter(({ value }) => BigInt(value) !== 0n)
  return sortedUnique(present, ({ slot }) => slot, storage.path)
}

/** Hex with or without `0x`, as geth allows for keys; shorter ones are padded only where they are slots (64 digits). */
function hexKey(text: string, digits: number, path: string): string {
  const hex = text.startsWith('0x') ? text.slice(2) : text
  const isFull = digits === 64 ? hex.length >= 1 && hex.length <= digits : hex.length === digits
  if (!isFull || !/^[0-9a-fA-F]*$/.test(hex)) throw specError(path, `not ${digits} hex digits`)
  return `0x${hex.toLowerCase().padStart(digits, '0')}`
}

function sortedUnique<T>(items: readonly T[], keyOf: (item: T) => string, path: string): readonly T[] {
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  for (const [index, item] of sorted.slice(1).entries()) {
    if (keyOf(item) === keyOf(sorted[index] as T)) throw specError(`${path}.${keyOf(item)}`, 'given twice')
  }
  return sorted
}
