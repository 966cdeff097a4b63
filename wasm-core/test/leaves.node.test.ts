/** Tries grown from leaves, in any order and any pieces, are the tries that blocks grow, byte for byte. */
import { readFileSync } from 'node:fs'
import { encodePutLeaves, operations, readPutLeaves, textFromBytes, webAssembly } from '@cairn/executor/abi'
import { encodeRlp, hashFromBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { ChainHost, EMPTY_ROOT } from '../differential/chain-host.ts'
import { createFuzzGenesis } from '../differential/fuzz-genesis.ts'
import { PRECOMPILES } from '../differential/precompile-inputs.ts'
import { BLOCK_GAS_LIMIT } from '../differential/random-block.ts'
import { createRandom } from '../differential/random.ts'
import { instantiateCore, readHead } from '../differential/raw-core.ts'

const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
const [OK, NEED, ERROR] = [0, 1, 3] as const
const [ACCOUNT, SLOT, CODE] = [1, 2, 3] as const

interface Leaf {
  readonly owner: Hash | undefined
  readonly key: Hash
  readonly value: Uint8Array
}

/** A state that APPLY made, without codes, and its leaves. */
function sample(seed: number): { state: Map<string, Uint8Array>; leaves: Leaf[]; stateRoot: Hash } {
  const full = new Map<string, Uint8Array>()
  const stateRoot = new ChainHost(module, full).genesis(
    createFuzzGenesis(createRandom(seed), PRECOMPILES).accounts,
    BLOCK_GAS_LIMIT,
  )
  const state = new Map([...full].filter(([key]) => key.charCodeAt(0) !== CODE))
  const hashAt = (key: string, from: number): Hash =>
    hashFromBytes(Uint8Array.from(key.slice(from, from + 32), (character) => character.charCodeAt(0)))
  const leaves = [...state].flatMap(([key, value]): Leaf[] => {
    if (key.charCodeAt(0) === ACCOUNT) return [{ owner: undefined, key: hashAt(key, 1), value }]
    if (key.charCodeAt(0) !== SLOT) return []
    return [{ owner: hashAt(key, 1), key: hashAt(key, 33), value: encodeRlp(value) }]
  })
  return { state, leaves, stateRoot }
}

/** A store that knows nothing until it is asked, as a tab's. */
function createGrower() {
  const core = instantiateCore(module)
  const state = new Map<string, Uint8Array>()
  const roots = new Map<Hash | undefined, Hash>()
  const put = (leaves: readonly (Omit<Leaf, 'value'> & { value: Uint8Array | undefined })[]): void => {
    const owners = [...new Set(leaves.map(({ owner }) => owner))]
    const trees = owners.map((owner) => ({
      owner,
      root: roots.get(owner) ?? EMPTY_ROOT,
      leaves: leaves.filter((leaf) => leaf.owner === owner).sort((a, b) => (a.key < b.key ? -1 : 1)),
    }))
    const loaded = new Set<string>()
    for (;;) {
      const read = (key: string) => (loaded.has(key) ? (state.get(key) ?? null) : undefined)
      const { status, body } = readHead(core.run(operations.putLeaves, encodePutLeaves(trees), read))
      if (status === NEED) {
        for (const key of body.list((reader) => reader.bytes())) loaded.add(textFromBytes(key))
        continue
      }
      expect(status).toBe(OK)
      const grown = readPutLeaves(body)
      for (const [index, owner] of owners.entries()) roots.set(owner, grown.roots[index] as Hash)
      for (const { key, value } of grown.changes) {
        if (value === undefined) state.delete(textFromBytes(key))
        else state.set(textFromBytes(key), value.slice())
      }
      return
    }
  }
  return { put, state, root: () => roots.get(undefined) }
}

describe('put leaves', () => {
  it.each([1, 2, 3])('in pieces of a random order, seed %i', (seed) => {
    const { state, leaves, stateRoot } = sample(seed)
    const random = createRandom(seed)
    const grower = createGrower()
    const rest = [...leaves]
    while (rest.length > 0) {
      const piece = Array.from({ length: 1 + random.below(60) }, () => rest.splice(random.below(rest.length), 1)[0])
      grower.put(piece.filter((leaf) => leaf !== undefined))
    }
    expect(grower.root()).toBe(stateRoot)
    expect(grower.state).toEqual(state)
  })

  it('takes back what it put', () => {
    const { state, leaves, stateRoot } = sample(4)
    const grower = createGrower()
    const strange = leaves.map((leaf) => ({ ...leaf, key: hashFromBytes(new Uint8Array(32).fill(leaf.value[0] ?? 0)) }))
    const extra = [...new Map(strange.map((leaf) => [`${leaf.owner}${leaf.key}`, leaf])).values()]
    grower.put(extra)
    grower.put(leaves)
    grower.put(extra.map((leaf) => ({ ...leaf, value: undefined })))
    expect(grower.root()).toBe(stateRoot)
    expect(grower.state).toEqual(state)
  })

  it('refuses what no state holds', () => {
    const { leaves } = sample(5)
    const account = leaves.find(({ owner }) => owner === undefined) as Leaf
    const slot = leaves.find(({ owner }) => owner !== undefined) as Leaf
    const refused = (owner: Hash | undefined, pairs: readonly Omit<Leaf, 'owner'>[], times = 1): void => {
      const tree = { owner, root: EMPTY_ROOT, leaves: pairs }
      const request = encodePutLeaves(Array.from({ length: times }, () => tree))
      expect(readHead(instantiateCore(module).run(operations.putLeaves, request, () => null)).status).toBe(ERROR)
    }
    refused(undefined, [{ ...account, value: account.value.subarray(1) }])
    refused(undefined, [{ ...account, value: slot.value }])
    refused(slot.owner, [{ ...slot, value: Uint8Array.of(0x80) }])
    refused(slot.owner, [{ ...slot, value: Uint8Array.of(0x81, 0x01) }])
    refused(slot.owner, [{ ...slot, value: new Uint8Array(34).fill(0xa1) }])
    refused(undefined, [account, account])
    refused(undefined, [account], 2)
  })
})
