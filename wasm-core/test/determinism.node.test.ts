/** What the artefact must not contain, and what its answers must not depend on. */
import { readFileSync } from 'node:fs'
import { encodeApply, operations, readApply, webAssembly } from '@cairn/executor/abi'
import { describe, expect, it } from 'vitest'
import { ChainHost, EMPTY_ROOT } from '../differential/chain-host.ts'
import { PRECOMPILES } from '../differential/precompile-inputs.ts'
import { BLOCK_GAS_LIMIT, createBlockGenerator } from '../differential/random-block.ts'
import { createFuzzGenesis } from '../differential/fuzz-genesis.ts'
import { createRandom } from '../differential/random.ts'
import { instantiateCore, readHead } from '../differential/raw-core.ts'
import { scanModule } from '../differential/wasm-module-scan.ts'

const bytes = new Uint8Array(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
const module = new webAssembly.Module(bytes)

/** Hashing of many messages, and a permutation of two states where the compiler has not put it in line. */
const SIMD_FUNCTIONS_MAX = 3

describe('the module', () => {
  const scan = scanModule(bytes)

  it('imports the state read and nothing else: no clock, no randomness, no files', () => {
    expect(webAssembly.Module.imports(module)).toEqual([{ module: 'cairn', name: 'state_get', kind: 'function' }])
  })

  it('has no float instruction', () => {
    expect(scan.instructions).toBeGreaterThan(100_000)
    expect(scan.floats.flatMap(({ opcodes }) => opcodes)).toEqual([])
  })

  /**
   * A vtable of `core::fmt` or of a hasher keeps a place for a method on f32 and f64 that nothing calls: two bodies of
   * one `unreachable`, which is the same trap on every host.
   */
  it('has float types only in the signatures of unreachable methods', () => {
    expect(scan.floats.every(({ isUnreachable }) => isUnreachable)).toBe(true)
    expect(scan.floats.length).toBeLessThanOrEqual(2)
  })

  it('starts nothing by itself and shares no memory', () => {
    expect(scan.hasStart).toBe(false)
    expect(scan.memories).toEqual([{ isShared: false }])
  })

  it('uses no instructions beyond bulk memory and integer SIMD: threads and other SIMD do not even decode', () => {
    expect([...scan.features].sort()).toEqual(['bulk-memory', 'integer-simd'])
  })

  it('has SIMD in Keccak of many messages only', () => {
    expect(scan.simdFunctions).toBeGreaterThan(0)
    expect(scan.simdFunctions).toBeLessThanOrEqual(SIMD_FUNCTIONS_MAX)
  })

  it('is refused with SIMD on floats', () => {
    // (func (result v128) v128.const 0; v128.const 0; f64x2.add)
    const zero = [0xfd, 12, ...new Uint8Array(16)]
    const body = [0, ...zero, ...zero, 0xfd, 0xf0, 1, 0x0b]
    const code = [10, body.length + 2, 1, body.length, ...body]
    const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0]
    expect(() => new webAssembly.Module(Uint8Array.from([...head, ...code]))).not.toThrow()
    expect(() => scanModule(Uint8Array.from([...head, ...code]))).toThrow(/SIMD that is not on the list/)
  })
})

describe('state roots', () => {
  it('do not depend on the order of insertion', () => {
    const random = createRandom(41)
    const { accounts } = createFuzzGenesis(random, PRECOMPILES)
    const responses = Array.from({ length: 8 }, (_, round) => {
      const ordered =
        round === 0
          ? accounts
          : shuffled(random, accounts).map((account) => ({
              ...account,
              storage: shuffled(random, account.storage),
            }))
      return hexOf(instantiateCore(module).run(operations.apply, encodeApply(EMPTY_ROOT, ordered), () => null))
    })
    expect(new Set(responses).size).toBe(1)
  })

  it('do not depend on how insertions are grouped', () => {
    const random = createRandom(42)
    const { accounts } = createFuzzGenesis(random, PRECOMPILES)
    const roots = [1, 2, 7, 30].map((groups) => {
      const state = new Map<string, Uint8Array>()
      const host = new ChainHost(module, state)
      const core = instantiateCore(module)
      let root = EMPTY_ROOT
      const order = shuffled(random, accounts)
      for (let group = 0; group < groups; group++) {
        const part = order.filter((_, index) => index % groups === group)
        const { status, body } = readHead(
          core.run(operations.apply, encodeApply(root, part), (key) => state.get(key) ?? null),
        )
        expect(status).toBe(0)
        const applied = readApply(body)
        host.write(applied.changes)
        root = applied.stateRoot
      }
      return `${root} ${digestOf(state)}`
    })
    expect(new Set(roots).size).toBe(1)
  })
})

describe('a chain', () => {
  const BLOCKS = 25

  /** All responses of BUILD and EXECUTE; `recreateEvery` makes a new instance so often. */
  async function run(recreateEvery: number): Promise<readonly string[]> {
    const generator = createBlockGenerator({ seed: 77, precompiles: PRECOMPILES, transactionsMax: 6 })
    const host = new ChainHost(module)
    host.genesis(generator.genesis.accounts, BLOCK_GAS_LIMIT)
    const responses: string[] = []
    for (let block = 1; block <= BLOCKS; block++) {
      if (block % recreateEvery === 0) host.recreate()
      const built = host.build(await generator.next(host))
      if (block % recreateEvery === 0) host.recreate()
      responses.push(hexOf(built.response), hexOf(host.execute(built.payload).response))
      host.commit(built.header, built.outcome.changes)
      generator.learn(built)
    }
    return responses
  }

  it('has the same responses, byte for byte, on one instance, on fresh ones, and recreated in the middle', async () => {
    const reused = await run(Number.POSITIVE_INFINITY)
    expect(await run(Number.POSITIVE_INFINITY)).toEqual(reused)
    expect(await run(1)).toEqual(reused)
    expect(await run(10)).toEqual(reused)
  })
})

function shuffled<T>(random: ReturnType<typeof createRandom>, items: readonly T[]): T[] {
  const order = [...items]
  for (let index = order.length - 1; index > 0; index--) {
    const other = random.below(index + 1)
    const swapped = order[index] as T
    order[index] = order[other] as T
    order[other] = swapped
  }
  return order
}

function digestOf(state: ReadonlyMap<string, Uint8Array>): string {
  const entries = [...state].map(([key, value]) => `${Buffer.from(key, 'latin1').toString('hex')}=${hexOf(value)}`)
  return entries.sort().join('\n')
}

function hexOf(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}
