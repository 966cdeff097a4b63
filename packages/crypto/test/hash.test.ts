import { expect, it } from 'vitest'
import { hexFromBytes } from '@cairn/primitives'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { keccak256, keccak256Bytes, sha256 } from '../src/index.ts'

it('hashes with Keccak-256, not SHA3-256', () => {
  const empty = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
  expect(keccak256(new Uint8Array(0))).toBe(empty)
  expect(hexFromBytes(keccak256Bytes(new Uint8Array(0)))).toBe(empty)
  expect(keccak256(Uint8Array.of(0x80))).toBe('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
})

it('hashes with SHA-256', () => {
  expect(sha256(new TextEncoder().encode('abc'))).toBe(
    '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

it('hashes messages of any length as the audited library does, from any view of a buffer', () => {
  const buffer = Uint8Array.from({ length: 700 }, (_, index) => (index * index * 31 + index) & 255)
  for (let lengthBytes = 0; lengthBytes < 640; lengthBytes++) {
    const message = buffer.subarray(lengthBytes % 7, (lengthBytes % 7) + lengthBytes)
    expect(hexFromBytes(keccak256Bytes(message))).toBe(hexFromBytes(keccak_256(message)))
  }
})
