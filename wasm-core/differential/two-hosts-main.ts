/** `npm run two-hosts -- --blocks N --seed S`: exit code 1 where Node and Chromium differ. */
import { parseArgs } from 'node:util'
import { ensureChromium } from '../../scripts/chromium.ts'
import { firstDifference } from './chain-digest.ts'
import { runTwoHosts } from './two-hosts.ts'

const { values } = parseArgs({
  options: { blocks: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
})
const browser = ensureChromium((line) => console.error(line))
if (!('path' in browser)) throw new Error(browser.reason)
const options = { executablePath: browser.path, seed: Number(values.seed), blocks: Number(values.blocks) }
const { node, chromium, versions } = await runTwoHosts(options)
const gas = node.blocks.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n)
const last = node.blocks.at(-1)
console.log(versions)
console.log(
  `${node.blocks.length} blocks, ${node.transactions} transactions, ${node.createdContracts} contracts, ${gas} gas`,
)
for (const [name, { milliseconds }] of Object.entries({ node, chromium })) {
  console.log(`${name.padEnd(9)} ${(milliseconds / 1000).toFixed(1)} s, generation and signatures included`)
}
const difference = firstDifference(node, chromium)
console.log(
  difference === undefined
    ? `identical: blocks, roots, receipts, gas, changesets; state root ${last?.stateRoot}`
    : `DIFFERENT (seed ${options.seed}): ${difference}`,
)
if (difference !== undefined) process.exitCode = 1
