/** Random blocks through the core and through `@ethereumjs/vm`: roots, receipts, gas, bloom and requests agree. */
import { readFileSync } from 'node:fs'
import { webAssembly } from '@cairn/executor/abi'
import { Hardfork } from '@ethereumjs/common'
import { expect, test } from 'vitest'
import { describeMismatch, fuzzEvm } from '../differential/evm-fuzz.ts'

const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))

test('200 random blocks agree with @ethereumjs/vm', { timeout: 300_000 }, async () => {
  const { counts, mismatch } = await fuzzEvm({ module, blocks: 200, seed: 20_261 })
  expect(mismatch === undefined ? '' : describeMismatch(mismatch)).toBe('')
  expect(counts.blocks).toBe(200)
  // The generator must really reach what is compared.
  expect(new Set(counts.transactionTypes.keys())).toEqual(new Set([0, 1, 2, 4]))
  for (const count of counts.transactionTypes.values()) expect(count).toBeGreaterThan(30)
  expect(counts.failedTransactions).toBeGreaterThan(50)
  expect(counts.createdContracts).toBeGreaterThan(20)
  expect(counts.requests).toBeGreaterThan(0)
  expect(counts.candidateCodes.size).toBeGreaterThan(6)
})

test('a reference with other rules is found out', { timeout: 120_000 }, async () => {
  const { mismatch } = await fuzzEvm({ module, blocks: 100, seed: 7, referenceHardfork: Hardfork.Prague })
  expect(mismatch).toMatchObject({ seed: 7, item: 'gasUsed' })
})
