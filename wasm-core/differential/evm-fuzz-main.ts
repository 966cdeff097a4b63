/** `npm run fuzz:evm -- --blocks N --seed S`: exit code 1 on the first disagreement. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { webAssembly } from '@cairn/executor/abi'
import { describeMismatch, fuzzEvm } from './evm-fuzz.ts'

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'chain-blocks': { type: 'string', default: '100' },
  },
})
const [blocks, seed, chainBlocks] = [values.blocks, values.seed, values['chain-blocks']].map((text) => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError('usage: npm run fuzz:evm -- [--blocks <count>] [--seed <integer>] [--chain-blocks <count>]')
}) as [number, number, number]
const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
const startedMs = performance.now()
const { counts, mismatch } = await fuzzEvm({
  module,
  blocks,
  seed,
  chainBlocks: Math.max(1, chainBlocks),
  onProgress: (done) => process.stderr.write(`${done} of ${blocks} blocks agree\n`),
})
const seconds = (performance.now() - startedMs) / 1000
console.log(`${counts.blocks} blocks agree, ${counts.gasUsed} gas; ${(counts.blocks / seconds).toFixed(1)} blocks/s`)
console.log(`${counts.transactions} transactions, by type: ${listOf(counts.transactionTypes)}`)
console.log(`${counts.failedTransactions} failed, ${counts.createdContracts} created, ${counts.requests} requests`)
console.log(`candidates by code of the builder: ${listOf(counts.candidateCodes)}`)
if (mismatch !== undefined) {
  console.log(describeMismatch(mismatch))
  process.exitCode = 1
}

function listOf(tally: ReadonlyMap<number, number>): string {
  return [...tally]
    .sort(([a], [b]) => a - b)
    .map(([key, count]) => `${key}: ${count}`)
    .join(', ')
}
