import { describe, expect, it } from 'vitest'
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex, concatBytes, encodeRlp } from '@cairn/primitives'
import {
  EMPTY_TRIE_ROOT,
  decodeExecutionHeader,
  decodePayload,
  orderedTrieRoot,
  transactionHash,
} from '../src/index.ts'
import { ETHEREUM_BLOCK_HEX } from './ethereum-block.ts'

const payload = bytesFromHex(`0x${ETHEREUM_BLOCK_HEX}`)

describe('decodePayload', () => {
  it('takes a real block apart', () => {
    const body = decodePayload(payload)
    if (!body.ok) throw new Error(body.code)
    const { header, headerBytes, transactions, withdrawals } = body.value
    expect(header.number).toBe(48)
    expect(keccak256(headerBytes)).toBe('0x5635c4cccf1fcf6c7deaacf7ef62241b5891b3f475f15ee31a4e54ebebeba008')
    expect(transactions.map((raw) => ((raw[0] as number) >= 0xc0 ? 0 : raw[0]))).toEqual([3, 0, 0])
    expect(transactions.map(transactionHash)).toEqual([
      '0x7229e381b2424d1ca5190b341b2e0b1af5b1692d2d6e85d1ccba2925e715bf79',
      '0xfd768e499590232f463dbff01d0180bebe1868cbff53fa562f75346c2f198256',
      '0x9e605479d0e9be72242d2b8856ee1466469e162d6aac787b61ea8757fa1b9607',
    ])
    expect(withdrawals).toHaveLength(1)
    expect(orderedTrieRoot(transactions)).toBe(header.transactionsRoot)
    expect(orderedTrieRoot(withdrawals)).toBe(header.withdrawalsRoot)
  })

  it('refuses ommers, unknown framing and transactions in a second form', () => {
    const body = decodePayload(payload)
    if (!body.ok) throw new Error(body.code)
    const { headerBytes, transactions } = body.value
    const legacy = transactions[1] as Uint8Array
    const encode = (...lists: Uint8Array[]): Uint8Array => {
      const items = concatBytes(headerBytes, ...lists)
      const size = items.length
      const prefix =
        size > 65_535 ? [0xfa, size >> 16, (size >> 8) & 0xff, size & 0xff] : [0xf9, size >> 8, size & 0xff]
      return concatBytes(Uint8Array.from(prefix), items)
    }
    const empty = Uint8Array.of(0xc0)
    const codeOf = (bytes: Uint8Array): string => {
      const decoded = decodePayload(bytes)
      return decoded.ok ? 'ok' : decoded.code
    }
    expect(codeOf(encode(empty, empty, empty))).toBe('ok')
    expect(codeOf(encode(empty, Uint8Array.of(0xc1, 0x80), empty))).toBe('DECODE_EXTRA_ITEMS')
    expect(codeOf(encode(empty, empty))).toBe('DECODE_MISSING_ITEM')
    expect(codeOf(encode(empty, empty, empty, empty))).toBe('DECODE_EXTRA_ITEMS')
    expect(codeOf(encode(encodeRlp([legacy]), empty, empty))).toBe('DECODE_WRONG_KIND')
    expect(codeOf(encode(encodeRlp([new Uint8Array(0)]), empty, empty))).toBe('DECODE_WRONG_KIND')
    expect(codeOf(encode(encodeRlp([new Uint8Array(131_072).fill(2)]), empty, empty))).toBe('ok')
    expect(codeOf(encode(encodeRlp([new Uint8Array(131_073).fill(2)]), empty, empty))).toBe('DECODE_TOO_LARGE')
  })
})

it('decodes exactly the 21 fields of Osaka', () => {
  const body = decodePayload(payload)
  if (!body.ok) throw new Error(body.code)
  expect(decodeExecutionHeader(body.value.headerBytes)).toEqual({ ok: true, value: body.value.header })
  expect(decodeExecutionHeader(encodeRlp(Array.from({ length: 22 }, () => new Uint8Array(32)))).ok).toBe(false)
})

describe('orderedTrieRoot', () => {
  it('of nothing is the empty root', () => {
    expect(orderedTrieRoot([])).toBe(EMPTY_TRIE_ROOT)
    expect(EMPTY_TRIE_ROOT).toBe('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
  })

  it('agrees with @ethereumjs/mpt 10 on larger and on inlined items', () => {
    const items = (count: number, sizeBytes: number): Uint8Array[] =>
      Array.from({ length: count }, (_, index) => new Uint8Array(sizeBytes).fill((index % 250) + 1))
    expect(orderedTrieRoot(items(700, 120))).toBe('0x020c4f54d153fbd879ee6ec1024b6ee352bb3745e19b68e14ac8ef9d3d5dd5da')
    expect(orderedTrieRoot(items(2, 1))).toBe('0x08693bf7194a9e5481f518cc27be677512d038ddfb72263e13f0663e299ce2d8')
    expect(orderedTrieRoot(items(16, 1))).toBe('0x46031e66d23a0c21d8a05875f782f1960085ac368e401fb9946565ece929b262')
    expect(orderedTrieRoot(items(129, 3))).toBe('0x5cb6e7ef53bfb9e7d1612c65c94e0daa7ed2689bfa173ba8a8270662783cdc5f')
  })
})
