import { decode, encode } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRlp,
  decodeRlpList,
  encodeRlp,
  failDecode,
  hexFromBytes,
  rlpUint,
  tryBytesFromHex,
} from '../src/index.ts'
import type { Decoded, RlpInput, RlpReader } from '../src/index.ts'

const bytes = (hex: string): Uint8Array => tryBytesFromHex(`0x${hex}`) as Uint8Array

/** Any item as a tree, the way the library gives it back. */
function readTree(items: RlpReader): RlpInput {
  return items.isNextList ? items.listOf(1_000, readTree) : items.bytes(10_000)
}

const { tree } = fc.letrec<{ tree: RlpInput }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.uint8Array({ maxLength: 70 }),
    fc.array(tie('tree'), { maxLength: 6 }),
  ),
}))

function codeOf(decoded: Decoded<unknown>): string {
  return decoded.ok ? 'ok' : decoded.code
}

describe('decodeRlp', () => {
  it('reads back any tree, as the library does', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const encoded = encodeRlp(value)
        expect(decodeRlp(encoded, 1_000_000, readTree)).toEqual({ ok: true, value })
        expect(decode(encoded)).toEqual(value)
      }),
      { seed: 1 },
    )
  })

  it.each([0, 1, 54, 55, 56, 255, 256, 65_535, 65_536, 70_000])('writes lengths as the library does: %i', (length) => {
    const string = new Uint8Array(length).fill(0x7f)
    for (const input of [string, [string], [[string, []], string], [[[[string]]]]]) {
      expect(hexFromBytes(encodeRlp(input))).toBe(hexFromBytes(encode(input)))
    }
  })

  it('accepts nothing but the one canonical encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (input) => {
        const decoded = decodeRlp(input, 1_000, readTree)
        const again = decoded.ok ? encodeRlp(decoded.value) : input
        expect(hexFromBytes(again)).toBe(hexFromBytes(input))
      }),
      { seed: 2, numRuns: 3_000 },
    )
  })

  it.each([
    ['8100', 'DECODE_NOT_CANONICAL', 'a small byte with a prefix'],
    ['817f', 'DECODE_NOT_CANONICAL', 'a small byte with a prefix'],
    ['b800', 'DECODE_NOT_CANONICAL', 'a long form of a short string'],
    [`b837${'01'.repeat(55)}`, 'DECODE_NOT_CANONICAL', 'a long form of 55 bytes'],
    [`b90038${'01'.repeat(56)}`, 'DECODE_NOT_CANONICAL', 'a length with a leading zero'],
    [`f837${'01'.repeat(55)}`, 'DECODE_NOT_CANONICAL', 'a long form of a list of 55 bytes'],
    ['', 'DECODE_MISSING_ITEM', 'nothing'],
    ['83aabb', 'DECODE_TRUNCATED', 'a string beyond the end'],
    ['c3aabb', 'DECODE_TRUNCATED', 'a list beyond the end'],
    ['b9ff', 'DECODE_TRUNCATED', 'a length beyond the end'],
    ['bfffffffffffffffff', 'DECODE_TRUNCATED', 'a length of 2^64 − 1'],
    ['ffffffffffffffffff', 'DECODE_TRUNCATED', 'a list length of 2^64 − 1'],
    ['c2c1', 'DECODE_TRUNCATED', 'a list in a list beyond the end'],
    ['c283aa', 'DECODE_TRUNCATED', 'an item that leaves its list'],
    ['8080', 'DECODE_EXTRA_ITEMS', 'a second item'],
  ])('%s: %s (%s)', (hex, code) => {
    expect(codeOf(decodeRlp(bytes(hex), 1_000, readTree))).toBe(code)
  })

  it('bounds a message before it looks at it', () => {
    expect(codeOf(decodeRlp(new Uint8Array(11), 10, readTree))).toBe('DECODE_TOO_LARGE')
  })

  it('does not follow nesting that the reader did not ask for', () => {
    const deep = new Uint8Array(1_000_000).fill(0xc1)
    expect(codeOf(decodeRlp(deep, 2_000_000, (item) => item.bytes(1)))).toBe('DECODE_EXPECTED_BYTES')
    expect(codeOf(decodeRlp(deep, 2_000_000, (item) => item.raw()))).toBe('DECODE_EXTRA_ITEMS')
  })

  it('lets bugs through', () => {
    const buggy = (): never => {
      throw new RangeError('bug')
    }
    expect(() => decodeRlp(bytes('80'), 10, buggy)).toThrow('bug')
    expect(codeOf(decodeRlp(bytes('80'), 10, () => failDecode('DECODE_OWN_RULE')))).toBe('DECODE_OWN_RULE')
  })
})

describe('fields', () => {
  const field = (input: RlpInput, read: (fields: RlpReader) => unknown): Decoded<unknown> =>
    decodeRlpList(encodeRlp([input]), 1_000, read)

  it('integers have no leading zero and stay in range', () => {
    expect(field(rlpUint(0), (fields) => fields.uint())).toEqual({ ok: true, value: 0 })
    expect(field(rlpUint(Number.MAX_SAFE_INTEGER), (fields) => fields.uint())).toEqual({
      ok: true,
      value: Number.MAX_SAFE_INTEGER,
    })
    expect(codeOf(field(rlpUint(2n ** 53n), (fields) => fields.uint()))).toBe('DECODE_INTEGER_TOO_LARGE')
    expect(codeOf(field(rlpUint(2n ** 64n), (fields) => fields.uint()))).toBe('DECODE_TOO_LARGE')
    expect(codeOf(field(Uint8Array.of(0), (fields) => fields.uint()))).toBe('DECODE_LEADING_ZERO')
    expect(codeOf(field(Uint8Array.of(0, 1), (fields) => fields.bigint()))).toBe('DECODE_LEADING_ZERO')
    expect(field(rlpUint(2n ** 256n - 1n), (fields) => fields.bigint())).toEqual({ ok: true, value: 2n ** 256n - 1n })
    expect(codeOf(field(rlpUint(2n ** 256n), (fields) => fields.bigint()))).toBe('DECODE_TOO_LARGE')
    expect(codeOf(field([], (fields) => fields.uint()))).toBe('DECODE_EXPECTED_BYTES')
  })

  it('fixed lengths are exact', () => {
    expect(field(new Uint8Array(32), (fields) => fields.hash())).toEqual({ ok: true, value: `0x${'00'.repeat(32)}` })
    expect(codeOf(field(new Uint8Array(31), (fields) => fields.hash()))).toBe('DECODE_WRONG_LENGTH')
    expect(codeOf(field(new Uint8Array(33), (fields) => fields.hash()))).toBe('DECODE_TOO_LARGE')
    expect(codeOf(field(new Uint8Array(19), (fields) => fields.address()))).toBe('DECODE_WRONG_LENGTH')
  })

  it('lists are counted while they are read', () => {
    const three = [rlpUint(1), rlpUint(2), rlpUint(3)]
    const readUint = (items: RlpReader): number => items.uint()
    expect(field(three, (fields) => fields.listOf(3, readUint))).toEqual({ ok: true, value: [1, 2, 3] })
    expect(codeOf(field(three, (fields) => fields.listOf(2, readUint)))).toBe('DECODE_TOO_MANY_ITEMS')
    expect(field([], (fields) => fields.optional(readUint))).toEqual({ ok: true, value: undefined })
    expect(field([rlpUint(7)], (fields) => fields.optional(readUint))).toEqual({ ok: true, value: 7 })
    expect(codeOf(field(three, (fields) => fields.optional(readUint)))).toBe('DECODE_TOO_MANY_ITEMS')
  })

  it('text is printable ASCII', () => {
    expect(field(bytes('68692074'), (fields) => fields.text(4))).toEqual({ ok: true, value: 'hi t' })
    for (const bad of ['0a61', '7f61', 'c3a9']) {
      expect(codeOf(field(bytes(bad), (fields) => fields.text(4)))).toBe('DECODE_NOT_ASCII')
    }
  })

  it('results are copies', () => {
    const message = encodeRlp(Uint8Array.of(1, 2, 3))
    const decoded = decodeRlp(message, 10, (item) => item.bytes(3))
    message.fill(0xff)
    expect(decoded).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) })
  })
})

it('rlpUint is the shortest big-endian form', () => {
  const forms = [0, 1, 127, 128, 255, 256, 65_536, 0xffffff, 2n ** 64n].map((value) => hexFromBytes(rlpUint(value)))
  expect(forms).toEqual([
    '0x',
    '0x01',
    '0x7f',
    '0x80',
    '0xff',
    '0x0100',
    '0x010000',
    '0xffffff',
    '0x010000000000000000',
  ])
  expect(hexFromBytes(rlpUint(0n))).toBe('0x')
  for (const bad of [-1, 1.5, -1n, Number.NaN, 2 ** 53]) expect(() => rlpUint(bad)).toThrow(RangeError)
})
