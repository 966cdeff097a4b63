/** Faults of processes and links on a real network: what must go on goes on, what must stop stops, nobody signs twice. */
import { afterEach, expect, test } from 'vitest'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { type VoteLedger, readVotes } from './vote-ledger.ts'

const ALL = [0, 1, 2, 3] as const
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.stop()
  network = undefined
})

test('one of four validators is killed: the chain goes on; restarted, it catches up and votes again', async () => {
  network = await startNetwork({ heartbeatMs: 200 })
  await network.waitForHeight(5)
  await network.kill(3)
  const atKill = network.maxHeight()
  await network.waitForHeight(atKill + 10, [0, 1, 2])

  await network.start(3)
  await network.waitForHeight(network.maxHeight(), [3])

  // With another one gone the quorum of three needs the restarted validator's votes.
  await network.kill(0)
  const withoutFirst = network.maxHeight()
  await network.waitForHeight(withoutFirst + 10, [1, 2, 3])
  network.assertSameRoot([1, 2, 3])
})

test('all four are killed and started again: the height goes on and no vote is signed twice', async () => {
  const all = (network = await startNetwork({ heartbeatMs: 200 }))
  await all.waitForHeight(8)
  const ledgers: VoteLedger[] = ALL.map(() => ({ votes: new Map() }))
  const killAndRead = async (): Promise<void> => {
    await Promise.all(ALL.map((index) => all.kill(index)))
    for (const [index, ledger] of ledgers.entries()) await readVotes(all.directory, index, ledger)
  }
  for (const round of [1, 2, 3]) {
    await killAndRead()
    const before = all.maxHeight()
    await Promise.all(ALL.map((index) => all.start(index)))
    await all.waitForHeight(before + 4 * round)
  }
  await killAndRead()
  for (const ledger of ledgers) expect(ledger.votes.size).toBeGreaterThan(20)
  all.assertSameRoot(ALL)
})

test('cut into two and two the network stops; healed, it goes on by itself', async () => {
  network = await startNetwork({ heartbeatMs: 200 })
  await network.waitForHeight(5)
  network.partition([0, 1], [2, 3])
  const stalledAt = await heightAfterStandstill(network)
  network.heal()
  await network.waitForHeight(stalledAt + 10)
  network.assertSameRoot(ALL)
})

/** Waits until no validator has reported a block for four seconds, twenty block times. */
async function heightAfterStandstill(network: TestNetwork): Promise<number> {
  for (;;) {
    const before = network.maxHeight()
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    if (network.maxHeight() === before) return before
  }
}
