/** Snapshot chunks through the artefact in V8. Random tries and every kind of tampering: `tests/range.rs`. */
import { readFileSync } from 'node:fs'
import {
  encodeRangeProve,
  encodeRangeVerify,
  readApply,
  encodeApply,
  readRangeProve,
  readRangeVerify,
  webAssembly,
} from '@cairn/executor/abi'
import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, bytesFromHex } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { OP } from '../bench/requests.ts'
import { instantiateCore, readHead, textOf } from '../differential/raw-core.ts'

const core = instantiateCore(new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url))))
const [OK, INVALID] = [0, 2] as const
const RANGE_PROOF_INVALID = 302
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421' as Hash
const word = (value: number): Hash => `0x${value.toString(16).padStart(64, '0')}` as Hash
const holder = `0x${'0'.repeat(39)}7` as Address
const slots = Array.from({ length: 300 }, (_, slot) => ({ slot: word(slot), value: word(slot + 1) }))

const state = new Map<string, Uint8Array>()
const run = (operation: number, request: Uint8Array) =>
  readHead(core.run(operation, request, (key) => state.get(key) ?? null))

const accounts = Array.from({ length: 500 }, (_, index) => {
  const address = `0x${index.toString(16).padStart(40, '0')}` as Address
  return { address, balance: 5n, nonce: 0, code: '0x' as const, storage: address === holder ? slots : [] }
})
const { stateRoot, changes } = readApply(run(OP.apply, encodeApply(EMPTY_ROOT, accounts)).body)
for (const { key, value } of changes) if (value !== undefined) state.set(textOf(key), value.slice())

function prove(owner: Hash | undefined, start: Hash, maxItems: number) {
  const request = encodeRangeProve({ stateRoot, owner, start, maxItems, maxBytes: 1 << 20 })
  return readRangeProve(run(OP.rangeProve, request).body)
}

const next = (key: Hash): Hash => `0x${(BigInt(key) + 1n).toString(16).padStart(64, '0')}` as Hash

describe('range proofs', () => {
  it('account chunks follow each other to the end of the trie', () => {
    const found: Hash[] = []
    for (let start = ZERO_HASH, hasMore = true; hasMore; start = next(found.at(-1) as Hash)) {
      const range = prove(undefined, start, 64)
      expect(range.proof.length).toBeGreaterThan(0)
      const verified = run(OP.rangeVerify, encodeRangeVerify(stateRoot, start, range))
      expect(verified.status).toBe(OK)
      expect(readRangeVerify(verified.body)).toBe(range.hasMore)
      found.push(...range.items.map(({ key }) => key))
      hasMore = range.hasMore
    }
    expect(found).toEqual(accounts.map(({ address }) => keccak256(bytesFromHex(address))).toSorted())
  })

  it('a storage trie is proved against its own root, whole without nodes', () => {
    const owner = keccak256(bytesFromHex(holder))
    const range = prove(owner, ZERO_HASH, 1_000)
    expect(range).toMatchObject({ proof: [], hasMore: false })
    expect(range.items.length).toBe(slots.length)
    const request = encodeRangeVerify(stateRoot, ZERO_HASH, range)
    expect(run(OP.rangeVerify, request)).toMatchObject({ status: INVALID, code: RANGE_PROOF_INVALID })
    // Account leaf: nonce 0, balance 5, storage root.
    const leaf = prove(undefined, owner, 1).items[0]?.value as Uint8Array
    const storageRoot = `0x${Buffer.from(leaf.subarray(5, 37)).toString('hex')}` as Hash
    expect(run(OP.rangeVerify, encodeRangeVerify(storageRoot, ZERO_HASH, range)).status).toBe(OK)
  })

  it('refuses a chunk with an item or a node changed or left out', () => {
    const start = word(1)
    const range = prove(undefined, start, 20)
    const last = range.items.length - 1
    const changed = range.items.map((item, at) => (at === 7 ? { ...item, value: item.value.with(3, 9) } : item))
    for (const bad of [
      { ...range, items: changed },
      { ...range, items: range.items.toSpliced(last - 1, 1) },
      { ...range, items: range.items.toReversed() },
      { ...range, proof: range.proof.slice(1) },
      { ...range, proof: range.proof.slice(0, -1) },
      { ...range, proof: [] },
    ]) {
      const { status, code } = run(OP.rangeVerify, encodeRangeVerify(stateRoot, start, bad))
      expect({ status, code }).toEqual({ status: INVALID, code: RANGE_PROOF_INVALID })
    }
  })
})
