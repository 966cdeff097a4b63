/** The same generated chain in Node and in Chromium: every root, receipt, gas figure and changeset is the same. */
import { expect, test } from 'vitest'
import { findChromium } from '@cairn/playwright/chromium'
import { firstDifference } from '../../wasm-core/differential/chain-digest.ts'
import { runTwoHosts } from '../../wasm-core/differential/two-hosts.ts'

const BLOCKS = 200
const executablePath = findChromium()

test.skipIf(executablePath === undefined)(
  '200 generated blocks are the same in Node and in Chromium',
  { meta: { skipReason: 'no Chromium (CAIRN_CHROMIUM)' } },
  async () => {
    const { node, chromium } = await runTwoHosts({ executablePath: executablePath ?? '', seed: 2, blocks: BLOCKS })
    expect(firstDifference(node, chromium)).toBeUndefined()
    expect(node.blocks).toHaveLength(BLOCKS)
    expect(node.transactions).toBeGreaterThan(BLOCKS)
    expect(node.createdContracts).toBeGreaterThan(10)
  },
)
