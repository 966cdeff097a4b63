/**
 * How long a new node takes to a chain's head: from a snapshot, and by executing every block. Real databases, the real
 * executor with native sender recovery; the network is function calls and certificates are not really signed, which
 * spares the replay more than the snapshot. `node packages/node/bench/snapshot.bench.ts [blocks] [accounts]`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { genesisBlock } from '@cairn/chain'
import { createLevelStore, createSenderRecovery, systemClock, systemTimers } from '@cairn/platform-node'
import { CodedError } from '@cairn/primitives'
import { foundChainStore, openChainStore, openEpochStore } from '@cairn/storage'
import { createCommitter } from '../src/committer.ts'
import { runSnapshotSync } from '../src/snapshot-driver.ts'
import { createFakeNetwork } from '../test/fake-network.ts'
import { createKeptLog } from '../test/fake-time.ts'
import { certificateOf, createWorld, executorOf, worldBls } from '../test/snapshot-world.ts'
import type { World } from '../test/snapshot-world.ts'

interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

export interface SnapshotBenchOptions {
  readonly blocks: number
  readonly accounts: number
}

const SERVERS = ['p0', 'p1', 'p2']

export async function runSnapshotBench({ blocks, accounts }: SnapshotBenchOptions): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-snapshot-bench-'))
  try {
    const stateStore = await createLevelStore(join(directory, 'source'))
    const world = await createWorld({ accounts, slots: 2_000, stateStore, senderRecovery: createSenderRecovery() })
    await world.grow(blocks)
    const snapshot = await measureSnapshot(world, directory)
    const replayMs = await measureReplay(world, directory)
    await world.executor.stop()
    const size = `blocks=${blocks},accounts=${accounts}`
    const shorter = (100 * (replayMs - snapshot.elapsedMs)) / replayMs
    return [
      { name: `snapshot/bootstrap/${size}`, value: snapshot.elapsedMs / 1000, unit: 's', reference: 'see replay' },
      { name: `snapshot/replay/${size}`, value: replayMs / 1000, unit: 's', reference: 'every block executed' },
      { name: `snapshot/shorter/${size}`, value: shorter, unit: '%', reference: '>= 60 % (Bedrock, ADR 013)' },
      { name: `snapshot/received/${size}`, value: snapshot.bytesReceived / 2 ** 20, unit: 'MiB', reference: '' },
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Until the executor is started on the restored state. */
async function measureSnapshot(
  world: World,
  directory: string,
): Promise<{ readonly elapsedMs: number; readonly bytesReceived: number }> {
  const chainDatabase = await createLevelStore(join(directory, 'snapshot-chain'))
  const stateStore = await createLevelStore(join(directory, 'snapshot-state'))
  const network = createFakeNetwork(async (_peer, protocol, data) => {
    const answer = protocol === 'chain-status' ? world.status() : await world.answer(protocol, data)
    if (answer instanceof Uint8Array) return answer
    throw new CodedError('REQUEST_REFUSED', 'refused', { data: { code: answer.refused } })
  })
  network.connect(...SERVERS)
  const startedMs = performance.now()
  const executor = executorOf(world.spec, { stateStore, senderRecovery: createSenderRecovery() })
  const restored = await executor.openRestore()
  const genesis = genesisBlock(world.spec, restored.genesis)
  let bytesReceived = 0
  await runSnapshotSync(
    { chainSpec: world.spec, genesisHash: genesis.hash, restored },
    {
      network,
      executor,
      bls: worldBls,
      clock: systemClock,
      timers: systemTimers,
      log: createKeptLog(),
      foundChain: (base) => foundChainStore(chainDatabase, { genesis, ...base }),
      onProgress: (progress) => (bytesReceived = progress.bytesReceived),
    },
  )
  await executor.start()
  const elapsedMs = performance.now() - startedMs
  if (executor.head().stateRoot !== world.executor.head().stateRoot) throw new Error('another state')
  await executor.stop()
  await chainDatabase.close()
  return { elapsedMs, bytesReceived }
}

async function measureReplay(world: World, directory: string): Promise<number> {
  const chainDatabase = await createLevelStore(join(directory, 'replay-chain'))
  const stateStore = await createLevelStore(join(directory, 'replay-state'))
  const startedMs = performance.now()
  const executor = executorOf(world.spec, { stateStore, senderRecovery: createSenderRecovery() })
  await executor.start()
  const genesis = genesisBlock(world.spec, executor.genesis())
  const epochs = await openEpochStore(chainDatabase, world.spec)
  const chainStore = await openChainStore(chainDatabase, { genesis, verifyFinalization: () => ({ verdict: 'accept' }) })
  await epochs.follow(chainStore)
  const onFatal = (error: unknown): void => {
    throw error
  }
  const committer = createCommitter({ executor, chainStore, epochs, onCommitted: () => {}, onFatal })
  for (const block of world.blocks) await committer.executeAndCommit([block], certificateOf(block))
  const elapsedMs = performance.now() - startedMs
  if (executor.head().stateRoot !== world.executor.head().stateRoot) throw new Error('another state')
  await executor.stop()
  await chainDatabase.close()
  return elapsedMs
}

if (import.meta.main) {
  const [blocks = 10_000, accounts = 100_000] = process.argv.slice(2).map(Number)
  for (const row of await runSnapshotBench({ blocks, accounts })) console.log(row)
}
