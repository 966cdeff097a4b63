import { ZERO_HASH, height } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { ExecutedBlock, KeyValueStore } from '@cairn/ports'
import { createMemoryMedium, createMemoryStore } from '@cairn/storage'
import type { MemoryMedium } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { AbiWriter } from '../src/abi/writer.ts'
import { ARCHIVE_LIST_BLOCKS } from '../src/limits.ts'
import { accountKey, textFromBytes } from '../src/state-key.ts'
import { createUndoHistory } from '../src/undo-history.ts'
import type { HistoryBlocks, UndoHistory } from '../src/undo-history.ts'

const KEYS = 40
const BLOCKS = 3_000

/** xorshift32 of a seed. */
function seeded(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

function keyOf(index: number): Uint8Array {
  return accountKey(new Uint8Array(32).fill(index))
}

function blockOf(at: number): ExecutedBlock {
  const hash = `0x${at.toString(16).padStart(64, '0')}` as Hash
  return {
    blockHash: hash,
    height: height(at),
    executionBlockHash: hash,
    stateRoot: hash,
    accessListHash: ZERO_HASH,
    gasUsed: 0n,
    executionHeader: Uint8Array.of(1, 2, 3),
  }
}

/** A chain of changes of four bytes, without an EVM: its history, and the values themselves at every height. */
class Chain {
  readonly history: UndoHistory
  readonly states: ReadonlyMap<number, number>[] = [new Map()]
  readonly #store: KeyValueStore
  readonly #random = seeded(4711)

  constructor(store: KeyValueStore, blocks: HistoryBlocks = 'all') {
    this.#store = store
    this.history = createUndoHistory({ store, blocks, cacheMaxBytes: 1 << 20 })
  }

  get head(): ExecutedBlock {
    return blockOf(this.states.length - 1)
  }

  async grow(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      const before = this.states.at(-1) as ReadonlyMap<number, number>
      const after = new Map(before)
      const changed = new Set(Array.from({ length: 1 + this.#random(3) }, () => this.#random(KEYS)))
      const undo = new AbiWriter()
      undo.u32(changed.size)
      for (const key of [...changed].sort((a, b) => a - b)) {
        const old = before.get(key)
        undo.bytes(keyOf(key)).optional(old, (value) => undo.bytes(valueOf(value)))
        if (this.#random(4) === 0) after.delete(key)
        else after.set(key, this.#random(1 << 30))
      }
      const parent = this.head
      this.states.push(after)
      const { head, history } = this
      await this.#store.batch(history.recordsOf(parent, head, undo.finish().subarray(1)))
      history.advance(head)
    }
  }

  /** As the state host reads: what history says, else the committed value. */
  async read(key: number, at: Height): Promise<number | undefined> {
    const past = await this.history.at(at, this.head)
    expect(past.block).toEqual(blockOf(at))
    const before = await past.find(textFromBytes(keyOf(key)))
    if (before === undefined) return this.states.at(-1)?.get(key)
    return before === null ? undefined : new DataView(before.buffer, before.byteOffset).getUint32(0)
  }
}

function valueOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** A store that counts what is asked of it. */
function counted(medium: MemoryMedium): {
  readonly store: KeyValueStore
  readonly reads: () => number
} {
  const inner = createMemoryStore(medium)
  let reads = 0
  const store: KeyValueStore = {
    ...inner,
    get: (key) => {
      reads++
      return inner.get(key)
    },
    getMany: (keys) => {
      reads += keys.length
      return inner.getMany(keys)
    },
    entries: (range) => {
      reads++
      return inner.entries(range)
    },
  }
  return { store, reads: () => reads }
}

describe('an archive', () => {
  it('answers at any of thousands of heights with two reads of the store', async () => {
    const { store, reads } = counted(createMemoryMedium())
    const chain = new Chain(store)
    await chain.history.open(chain.head)
    await chain.grow(BLOCKS)
    const random = seeded(17)
    for (let round = 0; round < 500; round++) {
      const at = height(random(BLOCKS - ARCHIVE_LIST_BLOCKS))
      const key = random(KEYS)
      const before = reads()
      expect(await chain.read(key, at), `key ${key} at ${at}`).toBe(chain.states[at]?.get(key))
      expect(reads() - before).toBe(2)
    }
    for (let at = BLOCKS - ARCHIVE_LIST_BLOCKS; at < BLOCKS; at++) {
      expect(await chain.read(at % KEYS, height(at))).toBe(chain.states[at]?.get(at % KEYS))
    }
  })

  it('loses with a crash whole heights only, and goes on', async () => {
    const medium = createMemoryMedium()
    const grown = new Chain(createMemoryStore(medium))
    await grown.grow(ARCHIVE_LIST_BLOCKS + 40)
    for (let lost = 0; lost < 30; lost++) {
      // A batch is whole or gone: undone operation by operation up to the span's, which is written once a batch.
      const target = grown.states.length - 2
      for (;;) {
        const [key, before] = medium.undo.pop() as readonly [string, Uint8Array | undefined]
        if (before === undefined) medium.values.delete(key)
        else medium.values.set(key, before)
        const first = medium.undo.at(-1)?.[0]
        if (first === undefined || first === '\0\x07') break
      }
      grown.states.pop()
      expect(grown.states.length - 1).toBe(target)
    }
    const chain = new Chain(createMemoryStore(medium))
    chain.states.splice(0, 1, ...grown.states)
    await chain.history.open(chain.head)
    await chain.grow(ARCHIVE_LIST_BLOCKS)
    for (let at = 0; at < chain.states.length - 1; at++) {
      for (let key = 0; key < KEYS; key += 7) expect(await chain.read(key, height(at))).toBe(chain.states[at]?.get(key))
    }
  })

  it('takes over the lists of a store that had a window', async () => {
    const medium = createMemoryMedium()
    const windowed = new Chain(createMemoryStore(medium), 500)
    await windowed.grow(700)
    const chain = new Chain(createMemoryStore(medium))
    chain.states.splice(0, 1, ...windowed.states)
    await chain.history.open(chain.head)
    for (let at = 200; at < 700; at++) {
      expect(await chain.read(at % KEYS, height(at))).toBe(chain.states[at]?.get(at % KEYS))
    }
    await expect(chain.read(0, height(199))).rejects.toMatchObject({
      code: 'STATE_PRUNED',
      data: { oldestHeight: 200 },
    })
  })

  it('begins anew where its records do not reach the head', async () => {
    const medium = createMemoryMedium()
    const first = new Chain(createMemoryStore(medium))
    await first.grow(ARCHIVE_LIST_BLOCKS + 20)
    const chain = new Chain(createMemoryStore(medium))
    // The state came from elsewhere: the head is one that no record belongs to.
    chain.states.splice(0, 1, ...first.states, new Map(), new Map())
    await chain.history.open(chain.head)
    expect([...medium.values.keys()]).toEqual([])
    await expect(chain.read(0, height(5))).rejects.toMatchObject({ code: 'STATE_PRUNED' })
  })
})
