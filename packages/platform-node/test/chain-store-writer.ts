/** Child process of `level-store.node.test.ts`: appends a sample chain to its store until it is killed, telling each height. */
import { openChainStore } from '@cairn/storage'
import { createSampleChain, verifySampleFinalization } from '@cairn/testing/contracts'
import { createLevelStore } from '../src/level-store.ts'

const [path, length] = process.argv.slice(2)
const chain = createSampleChain({ length: Number(length) })
const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
const store = await openChainStore(await createLevelStore(path as string), options)
for (const { block, certificate, execution } of chain.blocks.slice(store.head().height)) {
  const { height } = block.header
  await store.appendFinalized(block, height % 3 === 0 ? certificate : undefined, execution)
  process.send?.(height)
}
