/** Hostile requests and a damaged store against the artefact in V8: always a coded answer, never a trap. */
import { readFileSync } from 'node:fs'
import { webAssembly } from '@cairn/executor/abi'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../differential/random.ts'
import type { Random } from '../differential/random.ts'
import { instantiateCore, readHead } from '../differential/raw-core.ts'
import type { ReadState } from '../differential/raw-core.ts'
import { createRequestCorpus } from '../differential/request-corpus.ts'
import type { CorpusEntry } from '../differential/request-corpus.ts'

const [OK, NEED, INVALID, ERROR] = [0, 1, 2, 3] as const
const CODE = { unknownOperation: 1, version: 2, malformed: 3, storeFailed: 5, internal: 10 } as const

const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
const corpus = await createRequestCorpus(module)
const readGood: ReadState = (key) => corpus.state.get(key) ?? null

interface Answer {
  readonly status: number
  readonly code: number
  readonly response: Uint8Array
}

const shared = instantiateCore(module)

/** A trap would be a thrown `WebAssembly.RuntimeError`, and fail the test. */
function answer(operation: number, request: Uint8Array, read: ReadState = readGood, core = shared): Answer {
  const response = core.run(operation, request, read)
  expect(response[0]).toBe(2)
  const { status, code } = readHead(response)
  const hasCode = status === INVALID || status === ERROR
  expect(status).toBeLessThanOrEqual(ERROR)
  expect(code > 0).toBe(hasCode)
  if (status === ERROR) expect(code).not.toBe(CODE.internal)
  return { status, code, response }
}

function named(name: string): CorpusEntry {
  const entry = corpus.entries.find((candidate) => candidate.name === name)
  if (entry === undefined) throw new RangeError(`no request ${name}`)
  return entry
}

describe('hostile requests', () => {
  it.each(corpus.entries)('$name is valid to begin with', ({ operation, request }) => {
    expect(answer(operation, request).status).not.toBe(ERROR)
  })

  it.each(corpus.entries)('$name: every truncation is malformed', ({ operation, request }) => {
    const step = Math.max(1, Math.floor(request.length / 150))
    for (let length = 1; length < request.length; length += step) {
      expect(answer(operation, request.subarray(0, length))).toMatchObject({ status: ERROR, code: CODE.malformed })
    }
  })

  it.each(corpus.entries)('$name: bytes behind the end are malformed', ({ operation, request }) => {
    const longer = new Uint8Array(request.length + 1)
    longer.set(request)
    expect(answer(operation, longer)).toMatchObject({ status: ERROR, code: CODE.malformed })
  })

  it.each([0, 1, 3, 0x7f, 0xff])('ABI version %i is refused', (version) => {
    for (const { operation, request } of corpus.entries) {
      const other = request.slice()
      other[0] = version
      expect(answer(operation, other)).toMatchObject({ status: ERROR, code: CODE.version })
    }
  })

  it.each([0, -1, 99, 2 ** 31 - 1, -(2 ** 31)])('operation %i is unknown', (operation) => {
    expect(answer(operation, named('execute').request)).toMatchObject({ status: ERROR, code: CODE.unknownOperation })
  })

  it('takes an empty request', () => {
    for (const { operation } of corpus.entries) expect(answer(operation, new Uint8Array(0)).status).toBe(ERROR)
  })

  it('answers 6 000 mutated requests, and is unharmed by them', () => {
    const before = answer(named('execute').operation, named('execute').request)
    const random = createRandom(2026)
    for (let round = 0; round < 6_000; round++) {
      const { operation, request } = random.pick(corpus.entries)
      answer(random.oneIn(20) ? 1 + random.below(21) : operation, mutated(random, request))
    }
    const after = answer(named('execute').operation, named('execute').request)
    expect(after.status).toBe(OK)
    expect(hexOf(after.response)).toBe(hexOf(before.response))
  })
})

describe('a damaged store', () => {
  const readers = corpus.entries.filter(({ operation, request }) => {
    let reads = 0
    answer(operation, request, (key) => (reads++, readGood(key)))
    return reads > 0
  })

  it('has operations that read it', () => expect(readers.length).toBeGreaterThanOrEqual(7))

  it.each(readers)('$name: a read that fails is ERROR 5', ({ operation, request }) => {
    const random = createRandom(5)
    for (let round = 0; round < 30; round++) {
      let countdown = round < 5 ? round : random.below(200)
      let hasFailed = false
      const { status, code } = answer(operation, request, (key) => {
        if (countdown-- > 0) return readGood(key)
        hasFailed = true
        throw new Error('disk on fire')
      })
      if (hasFailed) expect({ status, code }).toEqual({ status: ERROR, code: CODE.storeFailed })
    }
  })

  it.each(readers)('$name: values not loaded are asked for', ({ operation, request }) => {
    expect(answer(operation, request, () => undefined).status).toBe(NEED)
  })

  it.each(readers)('$name: corrupt records are a coded answer', ({ operation, request }) => {
    const random = createRandom(6)
    const core = instantiateCore(module)
    const before = answer(operation, request, readGood, core)
    for (let round = 0; round < 150; round++) {
      const fault = createFault(random)
      answer(operation, request, (key) => fault(key, readGood(key) ?? null), core)
    }
    // Nothing damaged stays in a cache.
    expect(hexOf(answer(operation, request, readGood, core).response)).toBe(hexOf(before.response))
  })

  it('never makes a valid block invalid, nor gives it another outcome', () => {
    const { operation, request } = named('execute')
    const good = headOf(answer(operation, request).response)
    const random = createRandom(7)
    const verdicts = { [OK]: 0, [NEED]: 0, [INVALID]: 0, [ERROR]: 0 }
    for (let round = 0; round < 250; round++) {
      const fault = createFault(random)
      const fresh = instantiateCore(module)
      const response = fresh.run(operation, request, (key) => fault(key, readGood(key) ?? null))
      const { status } = readHead(response)
      verdicts[status as 0 | 1 | 2 | 3]++
      if (status === OK) expect(headOf(response)).toBe(good)
    }
    expect(verdicts[INVALID]).toBe(0)
    expect(verdicts[ERROR]).toBeGreaterThan(50)
  })
})

/** Status, block hash, state root. */
function headOf(response: Uint8Array): string {
  return hexOf(response.subarray(0, 4 + 32 + 32))
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Damages about one read in `rarity`: a bit, the length, everything, or the value's presence. */
function createFault(random: Random): (key: string, value: Uint8Array | null) => Uint8Array | null {
  const rarity = random.pick([1, 3, 10, 40])
  // Trie records and flat tables break differently: one table at a time.
  const table = random.below(6)
  const damaged = new Map<string, Uint8Array | null>()
  // The same damage at each read of a key: a disk that has gone bad.
  return (key, value) => {
    const before = damaged.get(key)
    if (before !== undefined) return before
    const isHit = random.oneIn(rarity) && (table === 0 || key.charCodeAt(0) === table)
    const after = isHit ? broken(random, value) : value
    damaged.set(key, after)
    return after
  }
}

function broken(random: Random, value: Uint8Array | null): Uint8Array | null {
  switch (random.below(5)) {
    case 0:
      return null
    case 1:
      return random.bytes(random.below(100))
    case 2:
      return value?.subarray(0, random.below(value.length + 1)) ?? null
    case 3:
      return new Uint8Array(random.pick([0, 1, 5_000, 70_000])).fill(0xff)
    default:
      return flipped(random, value)
  }
}

function flipped(random: Random, value: Uint8Array | null): Uint8Array | null {
  if (value === null || value.length === 0) return value
  const copy = value.slice()
  const index = random.below(copy.length)
  copy[index] = (copy[index] as number) ^ (1 << random.below(8))
  return copy
}

const ABSURD_LENGTHS = [0xffffffff, 0x7fffffff, 0x80000000, 1 << 26, 1 << 24, 0xffff]

function mutated(random: Random, request: Uint8Array): Uint8Array {
  const copy = request.slice()
  for (let count = 1 + random.below(4); count > 0; count--) {
    if (copy.length < 6) return copy
    const at = 1 + random.below(copy.length - 5)
    const view = new DataView(copy.buffer)
    switch (random.below(6)) {
      case 0:
        view.setUint32(at, random.pick(ABSURD_LENGTHS), true)
        break
      case 1:
        copy[at] = (copy[at] as number) ^ (1 << random.below(8))
        break
      case 2:
        copy.set(random.bytes(Math.min(1 + random.below(32), copy.length - at)), at)
        break
      case 3:
        copy.copyWithin(at, 1 + random.below(copy.length - 1), copy.length - random.below(copy.length - at))
        break
      case 4:
        copy[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xb7, 0xbf, 0xc0, 0xf7, 0xff])
        break
      default:
        return random.oneIn(3) ? copy.subarray(0, random.below(copy.length)) : copy
    }
  }
  return copy
}
