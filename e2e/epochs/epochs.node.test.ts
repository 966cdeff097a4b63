/** Short epochs on real processes: validators that join, leave, sleep for epochs, or have lost their vote log. */
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { type VoteLedger, readVotes } from '../faults/vote-ledger.ts'

let network: TestNetwork | undefined

afterEach(async () => {
  await network?.stop()
  network = undefined
})

/** Polls what validators report; the time limit is the test's own. */
async function until(isMet: () => boolean): Promise<void> {
  while (!isMet()) await new Promise((resolve) => setTimeout(resolve, 50))
}

test('one validator joins and one leaves at epoch ends; the leaver goes on as a verifying node', async () => {
  const net = (network = await startNetwork({
    validators: 5,
    heartbeatMs: 100,
    epochLengthBlocks: 10,
    memberships: [
      { epoch: 0, members: [0, 1, 2, 3] },
      { epoch: 1, members: [0, 1, 2, 3, 4] },
      { epoch: 3, members: [1, 2, 3, 4] },
    ],
  }))
  const indicesSeen = new Map<string, number | undefined>()
  const watch = (): boolean => {
    for (const index of [0, 4]) {
      const status = net.status(index)
      if (status !== undefined) indicesSeen.set(`${index} in epoch ${status.epoch}`, status.validatorIndex)
    }
    return net.status(0)?.epoch === 4 && net.status(4)?.epoch === 4
  }
  await until(watch)
  await net.waitForHeight(net.maxHeight() + 5)
  net.assertSameRoot()
  expect(indicesSeen.get('0 in epoch 4')).toBe(undefined)
  expect(indicesSeen.get('4 in epoch 4')).toBe(3)
  for (const [seen, validatorIndex] of indicesSeen) {
    if (seen.startsWith('4 in epoch 0')) expect(validatorIndex).toBe(undefined)
    if (seen.startsWith('0 in epoch 1') || seen.startsWith('0 in epoch 2')) expect(validatorIndex).toBe(0)
  }
  // With one of the old validators gone the quorum of three of four needs the new one.
  await net.kill(1)
  await net.waitForHeight(net.maxHeight() + 10, [2, 3, 4])
})

test('a validator that was away for more than ten epochs joins by certificates and votes again', async () => {
  const net = (network = await startNetwork({ heartbeatMs: 60, epochLengthBlocks: 5 }))
  await net.waitForHeight(8)
  await net.kill(3)
  await net.waitForHeight(net.maxHeight() + 60, [0, 1, 2])
  await net.start(3)
  await net.waitForHeight(net.maxHeight() + 5, [3])
  // Now the quorum needs it.
  await net.kill(0)
  await net.waitForHeight(net.maxHeight() + 12, [1, 2, 3])
  net.assertSameRoot()
})

test('a validator whose vote log is deleted abstains until it is safe, then votes; nothing is signed twice', async () => {
  const net = (network = await startNetwork({ heartbeatMs: 100 }))
  await net.waitForHeight(10)
  const ledger: VoteLedger = { votes: new Map() }
  await net.kill(3)
  await readVotes(net.directory, 3, ledger)
  const before = ledger.votes.size
  expect(before).toBeGreaterThan(10)
  const wal = join(net.directory, 'validator-3', 'wal')
  copyFileSync(wal, join(net.directory, 'lost-log'))
  rmSync(wal)
  await net.start(3)
  await until(() => net.status(3)?.isAmnesiac === true)
  await until(() => net.status(3)?.isAmnesiac === false)
  // The quorum of three needs its votes now.
  await net.kill(0)
  await net.waitForHeight(net.maxHeight() + 10, [1, 2, 3])
  await net.kill(3)
  await readVotes(net.directory, 3, ledger)
  expect(ledger.votes.size).toBeGreaterThan(before)
  net.assertSameRoot()
})

test('a validator that starts anew follows only a chain through its checkpoint', async () => {
  const net = (network = await startNetwork({ heartbeatMs: 60, epochLengthBlocks: 5 }))
  await net.waitForHeight(22)
  const end = await blockHashAt(net, 15)
  const startAnew = async (checkpoint: string): Promise<void> => {
    for (const store of ['chain', 'state']) rmSync(join(net.directory, 'validator-3', store), { recursive: true })
    process.env['CAIRN_CHECKPOINT'] = checkpoint
    try {
      await net.start(3)
    } finally {
      delete process.env['CAIRN_CHECKPOINT']
    }
  }
  await net.kill(3)
  await startAnew(`2:0x${'11'.repeat(32)}`)
  // Every certificate is good, but the third epoch does not end as it was told.
  await until(() => !net.isRunning(3))
  expect(readFileSync(join(net.directory, 'validator-3', 'node.log'), 'utf8')).toContain('CHECKPOINT_MISMATCH')
  await startAnew(`2:${end}`)
  await net.waitForHeight(net.maxHeight() + 5, [3])
  await net.kill(0)
  await net.waitForHeight(net.maxHeight() + 12, [1, 2, 3])
  net.assertSameRoot()
})

/** Consensus hash, from the first validator's RPC. */
async function blockHashAt(net: TestNetwork, height: number): Promise<string> {
  const response = await fetch(net.rpcUrl(0), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cairn_getBlock', params: [`0x${height.toString(16)}`] }),
  })
  const answer = (await response.json()) as { readonly result: { readonly hash: string } }
  return answer.result.hash
}
