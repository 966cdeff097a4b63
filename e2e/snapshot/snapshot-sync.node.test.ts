/** A fifth node joins a running network of four processes by snapshot, over real QUIC, into real databases. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileToken } from '../rpc/solidity.ts'
import { TOKEN_ABI } from '../rpc/token-abi.ts'

let network: TestNetwork

beforeAll(async () => {
  network = await startNetwork({ heartbeatMs: 300 })
})
afterAll(() => network?.stop())

test('a fifth node takes the state from the validators and follows them', async () => {
  const [account, , , recipient] = network.accounts
  if (account === undefined || recipient === undefined) throw new Error('no accounts')
  const wallet = network.walletClient(account)
  const reader = network.publicClient()
  const deployed = await wallet.deployContract({
    abi: TOKEN_ABI,
    bytecode: compileToken().bytecode,
    args: [10n ** 24n],
  })
  const token = (await reader.waitForTransactionReceipt({ hash: deployed })).contractAddress as Hex
  const to = recipient.address
  const transfer = await wallet.writeContract({
    address: token,
    abi: TOKEN_ABI,
    functionName: 'transfer',
    args: [to, 5n],
  })
  await reader.waitForTransactionReceipt({ hash: transfer })

  const joiner = await network.join({ sync: 'snapshot' })
  const restoredHeight = restoredHeightOf(join(network.directory, `node-${joiner}`, 'node.log'))
  expect(restoredHeight).toBeGreaterThan(1)
  const joined = network.publicClient(joiner)
  const later = await wallet.writeContract({ address: token, abi: TOKEN_ABI, functionName: 'transfer', args: [to, 7n] })
  const { blockNumber } = await joined.waitForTransactionReceipt({ hash: later })
  expect(blockNumber).toBeGreaterThan(BigInt(restoredHeight))
  const balanceOf = { address: token, abi: TOKEN_ABI, functionName: 'balanceOf', args: [to] } as const
  expect(await joined.readContract({ ...balanceOf, blockNumber })).toBe(12n)
  // The one that joined may have the block first: nothing says in which order nodes finalize.
  await reader.waitForTransactionReceipt({ hash: later })
  const [here, there] = await Promise.all([joined.getBlock({ blockNumber }), reader.getBlock({ blockNumber })])
  expect(here).toEqual(there)
  expect(await joined.getBlock({ blockNumber: 1n }).catch(() => undefined)).toBeUndefined()
  expect(readFileSync(join(network.directory, 'validator-0', 'node.log'), 'utf8')).not.toMatch(
    /"level":"(error|fatal)"/,
  )
})

test('a node that executes every block agrees with them', async () => {
  const joiner = await network.join()
  await network.waitForHeight(network.maxHeight() + 1, [joiner])
  expect(network.finalized(joiner).length).toBeGreaterThan(0)
  network.assertSameRoot()
  expect(await network.publicClient(joiner).getBlock({ blockNumber: 1n })).toEqual(
    await network.publicClient().getBlock({ blockNumber: 1n }),
  )
})

function restoredHeightOf(logFile: string): number {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  const restored = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'snapshot restored')
  return restored?.height
}
