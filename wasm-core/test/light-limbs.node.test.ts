/**
 * The arithmetic under the light module, which its interface cannot bring to its bounds: limbs as large as `limbs2.h` allows
 * against BigInt, and what is built on them against blst's portable C, all compiled here as the artefact is. Needs the
 * toolchain of `npm run build:wasm -- light`; without it the artefact cannot be rebuilt either, and its own tests remain.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn
const R = 1n << 392n
const LIMBS = 14
/** Bounds of `limbs2.h`: the most a tight limb has, in either sign. */
const TIGHT = 2 ** 28 + 2 ** 4

type Numbers = readonly [bigint, bigint]

interface Limbs {
  readonly memory: { readonly buffer: ArrayBuffer }
  address(which: number): number
  infinity_stays(): number
  readonly [operation: string]: unknown
}

/** Node has it, but not the types that this package is compiled with. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: Limbs }
  }
}

const folder = fileURLToPath(new URL('../light/test', import.meta.url))
const blst = blstSources()
const canBuild =
  blst !== undefined && ['clang-19', 'wasm-ld-19'].every((tool) => spawnSync(tool, ['--version']).status === 0)

function blstSources(): string | undefined {
  const registry = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'registry', 'src')
  const version = /name = "blst"\nversion = "(?<version>[^"]+)"/u.exec(
    readFileSync(join(folder, '..', 'Cargo.lock'), 'utf8'),
  )?.groups?.['version']
  const folders = existsSync(registry) ? readdirSync(registry) : []
  return folders.map((name) => join(registry, name, `blst-${version}`, 'blst', 'src')).find((path) => existsSync(path))
}

function compile(): Limbs {
  const target = mkdtempSync(join(tmpdir(), 'cairn-limbs-'))
  try {
    const flags = ['-O3', '-ffreestanding', '-fno-builtin', '-msimd128', '-mbulk-memory', '-D__BLST_NO_ASM__', '-w']
    run('clang-19', [
      '--target=wasm32-unknown-unknown',
      ...flags,
      '-I',
      blst ?? '',
      '-I',
      join(folder, '../c'),
      '-c',
      'limbs.c',
      '-o',
      join(target, 'limbs.o'),
    ])
    run('wasm-ld-19', [
      '--no-entry',
      '-z',
      'stack-size=1048576',
      join(target, 'limbs.o'),
      '-o',
      join(target, 'limbs.wasm'),
    ])
    const module = new webAssembly.Module(readFileSync(join(target, 'limbs.wasm')))
    return new webAssembly.Instance(module).exports
  } finally {
    rmSync(target, { recursive: true })
  }
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
}

/** Limbs of two numbers, the first and the second number's in turn; the top ones below `top`. */
function limbs(count: number, bound: number, top: number): fc.Arbitrary<readonly number[]> {
  const upTo = (most: number): fc.Arbitrary<number> =>
    fc.oneof(fc.constantFrom(most, -most, 0, most - 1, 1 - most), fc.integer({ min: -most, max: most }))
  const edge = fc
    .constantFrom(1, -1)
    .map((sign) => Array.from({ length: 2 * count }, (_, i) => sign * (i < 2 * count - 2 ? bound : top)))
  const mixed = fc
    .tuple(fc.array(upTo(bound), { minLength: 2 * count - 2, maxLength: 2 * count - 2 }), upTo(top), upTo(top))
    .map(([below, first, second]) => [...below, first, second])
  return fc.oneof(edge, mixed)
}

function valuesOf(values: ArrayLike<number>): Numbers {
  const of = (lane: number): bigint =>
    Array.from(values).reduceRight((sum, limb, i) => (i % 2 === lane ? (sum << 28n) + BigInt(limb) : sum), 0n)
  return [of(0), of(1)]
}

const modulo = (value: bigint): bigint => ((value % P) + P) % P
const RUNS = { seed: 392, numRuns: 1_500 }

const skipReason = 'clang-19, wasm-ld-19 or the sources of blst are missing: what rebuilds light.wasm brings them'

describe.skipIf(!canBuild)('limbs of the light module', { meta: { skipReason } }, () => {
  const light = canBuild ? compile() : ({} as Limbs)
  const at = (which: number, count: number): Int32Array =>
    new Int32Array(light.memory.buffer, light.address(which), 2 * count)
  const call = (operation: string): void => (light[operation] as () => void)()

  function check(
    operation: string,
    inputs: readonly fc.Arbitrary<readonly number[]>[],
    places: readonly number[],
    expected: (...numbers: Numbers[]) => Numbers,
    factor: bigint,
  ): void {
    const property = fc.property(fc.tuple(...inputs), (values) => {
      values.forEach((value, index) => at(places[index] as number, value.length / 2).set(value))
      call(operation)
      const result = at(2, LIMBS)
      expect(valuesOf(result).map((value) => modulo(value * factor))).toEqual(
        expected(...values.map(valuesOf)).map(modulo),
      )
      for (const limb of result.subarray(0, 2 * LIMBS - 2)) expect(limb >= -16 && limb <= TIGHT).toBe(true)
    })
    fc.assert(property, RUNS)
  }
  const square = ([a0, a1]: Numbers): Numbers => [a0 * a0 - a1 * a1, 2n * a0 * a1]
  const same = (a: Numbers): Numbers => a

  it('multiplies sums of two', () => {
    const loose = limbs(LIMBS, 2 * TIGHT, 2 ** 20)
    check('mul', [loose, loose], [0, 1], ([a0, a1], [b0, b1]) => [a0 * b0 - a1 * b1, a0 * b1 + a1 * b0], R)
  })

  it('squares what is tight, and multiplies it by numbers of Fp', () => {
    const tight = limbs(LIMBS, TIGHT, 2 ** 20)
    check('sqr', [tight], [0], square, R)
    check('sqr_wide', [tight], [0], square, R)
    check('mul_by_fp', [tight, tight], [0, 1], ([a0, a1], [b0, b1]) => [a0 * b0, a1 * b1], R)
  })

  it('reduces sums of seven products', () => {
    check('reduce', [limbs(2 * LIMBS, 7 * 2 ** 28, 2 ** 22)], [3], same, R)
  })

  it('tightens sums of seven', () => {
    check('tighten', [limbs(LIMBS, 7 * TIGHT, 2 ** 22)], [0], same, 1n)
  })

  it('shrinks what is below 6p to less than 0.6p', () => {
    check('shrink', [limbs(LIMBS, 2 ** 28 - 1, 6 * 0x1a011 - 1)], [0], same, 1n)
    at(0, LIMBS).set(Array.from({ length: 2 * LIMBS }, (_, i) => (i < 2 * LIMBS - 2 ? 2 ** 28 - 1 : 6 * 0x1a011 - 1)))
    call('shrink')
    for (const value of valuesOf(at(2, LIMBS))) expect(10n * value < 6n * P && -10n * value < 6n * P).toBe(true)
  })

  it.each(['product', 'square', 'line', 'power', 'cofactor'])('has blst’s %s', (what) => {
    const agrees = light[`same_as_blst_${what}`] as (seed: number) => number
    for (let seed = 0; seed < 60; seed++) expect({ seed, agrees: agrees(seed) }).toEqual({ seed, agrees: 1 })
  })

  it('leaves to blst what its own sums of points cannot do', () => {
    expect(light.infinity_stays()).toBe(1)
  })
})
