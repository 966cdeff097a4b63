import { genesisBlock } from '@cairn/chain'
import type { Block } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { createMemoryStore, foundChainStore, openChainStore, openEpochStore } from '@cairn/storage'
import { CodedError, epoch } from '@cairn/primitives'
import type { SnapshotProgress } from '@cairn/sync'
import { describe, expect, it } from 'vitest'
import type { Checkpoint } from '../src/checkpoint.ts'
import { createEpochKeys, createFinalizationVerifier } from '../src/epoch-keys.ts'
import { executeRequestFor } from '../src/execute-request.ts'
import { routeRequests } from '../src/request-routes.ts'
import { runSnapshotSync } from '../src/snapshot-driver.ts'
import { createFakeNetwork } from './fake-network.ts'
import type { FakeNetwork } from './fake-network.ts'
import { createFakeTime, createKeptLog } from './fake-time.ts'
import type { FakeTime } from './fake-time.ts'
import { HASH, NOT_AVAILABLE, honest, lies } from './snapshot-lies.ts'
import type { Manner } from './snapshot-lies.ts'
import { certificateOf, createWorld, executorOf, worldBls } from './snapshot-world.ts'
import type { World } from './snapshot-world.ts'

const START_MS = 1_000
/** The machine's own patience with peers that refuse; and longer than it has with any that are silent. */
const REFUSED_MS = 2_000
const LONG_MS = 600_000

interface Joiner {
  readonly stateStore: KeyValueStore
  readonly chainStore: KeyValueStore
}

const emptyJoiner = (): Joiner => ({ stateStore: createMemoryStore(), chainStore: createMemoryStore() })

interface Run {
  readonly network: FakeNetwork
  readonly block: Block
}

interface RunOptions {
  readonly joiner?: Joiner
  readonly checkpoint?: Checkpoint
  readonly chunkBytes?: number
  /** After each request. */
  readonly onAsked?: (count: number) => Promise<void> | void
  readonly signal?: AbortSignal
  /** Of the peers that are there at first; default: all. */
  readonly connected?: number
  readonly onProgress?: (progress: SnapshotProgress, network: FakeNetwork, time: FakeTime) => void
}

/** What was said when nobody was left to ask, and how long after the start, milliseconds. */
interface LeftAlone {
  readonly nobodyLeft: SnapshotProgress['nobodyLeft']
  readonly afterMs: number
}

/** Runs until it says that nobody is left, and is given up a long while later: it must not fail meanwhile. */
async function leftAlone(world: World, manners: readonly Manner[], options: RunOptions = {}): Promise<LeftAlone> {
  const abort = new AbortController()
  let said: LeftAlone | undefined
  const running = run(world, manners, {
    ...options,
    signal: abort.signal,
    onProgress: ({ nobodyLeft }, _network, { clock, timers }) => {
      if (nobodyLeft === undefined || said !== undefined) return
      said = { nobodyLeft, afterMs: clock.monotonicMs() - START_MS }
      timers.after(LONG_MS, () => abort.abort())
    },
  })
  await expect(running).rejects.toMatchObject({ code: 'SNAPSHOT_ABORTED' })
  return said as LeftAlone
}

/** To the end, in virtual time. */
async function run(world: World, manners: readonly Manner[], options: RunOptions = {}): Promise<Run> {
  const { stateStore, chainStore } = options.joiner ?? emptyJoiner()
  const time = createFakeTime(START_MS)
  let count = 0
  const network = createFakeNetwork(async (peer, protocol, data) => {
    await options.onAsked?.(++count)
    const truth = protocol === 'chain-status' ? world.status() : await world.answer(protocol, data)
    const said = (manners[Number(peer.slice(1))] as Manner)(protocol, truth)
    if (said === undefined || said instanceof Uint8Array) return said
    throw new CodedError('REQUEST_REFUSED', 'refused', { data: { code: said.refused } })
  })
  network.connect(...manners.slice(0, options.connected).map((_, index) => `p${index}`))
  const executor = executorOf(world.spec, { stateStore })
  const restored = await executor.openRestore()
  const state = { isOver: false }
  const running = runSnapshotSync(
    {
      chainSpec: world.spec,
      genesisHash: world.genesisHash,
      checkpoint: options.checkpoint,
      restored,
      chunkBytes: options.chunkBytes ?? 3_000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    {
      network,
      executor,
      clock: time.clock,
      timers: time.timers,
      log: createKeptLog(),
      bls: worldBls,
      foundChain: (base) =>
        foundChainStore(chainStore, { genesis: genesisBlock(world.spec, world.executor.genesis()), ...base }),
      onProgress: (progress) => options.onProgress?.(progress, network, time),
    },
  ).finally(() => (state.isOver = true))
  // Its rejection is the caller's.
  running.catch(() => {})
  while (!state.isOver) await time.advance(200)
  return { network, block: await running }
}

/** The joiner starts, has the same state, and goes on with the chain. What it answers others then. */
async function expectJoined(world: World, { stateStore, chainStore }: Joiner, block: Block): Promise<FakeNetwork> {
  const executor = executorOf(world.spec, { stateStore })
  await executor.start()
  expect(executor.head()).toMatchObject({ blockHash: block.hash, stateRoot: block.header.stateRoot })
  const epochs = await openEpochStore(chainStore, world.spec)
  const genesis = genesisBlock(world.spec, executor.genesis())
  const verifyFinalization = createFinalizationVerifier(epochs, createEpochKeys(genesis.hash, worldBls))
  const chain = await openChainStore(chainStore, {
    genesis,
    verifyFinalization,
    budget: { sizeBytes: 0, blocksMin: 2 },
  })
  await epochs.follow(chain)
  expect(chain.head()).toMatchObject({ hash: block.hash, baseHeight: block.header.height })
  await world.grow(3)
  for (const next of world.blocks.slice(block.header.height)) {
    expect(await executor.execute(executeRequestFor(next))).toEqual({ verdict: 'accept' })
    await chain.appendFinalized(next, certificateOf(next), await executor.outcome(next.hash))
    await epochs.advance(next)
    await executor.commit(next.hash)
  }
  expect(epochs.current()).toEqual(world.epochState())
  expect(executor.head().stateRoot).toBe(world.executor.head().stateRoot)
  const network = createFakeNetwork()
  routeRequests({ network, chain, epochs, spec: world.spec, executor, consensus: undefined })
  return network
}

/** At the n-th request. */
function once(at: number, act: () => Promise<void>): (count: number) => Promise<void> {
  return async (count) => {
    if (count === at) await act()
  }
}

describe('snapshot sync', () => {
  it('takes the state from several peers at once and goes on from it', async () => {
    const world = await createWorld()
    await world.grow(6)
    const joiner = emptyJoiner()
    const { block, network } = await run(world, [honest, honest, honest], { joiner })
    expect(block.header.height).toBe(6)
    const askers = new Set(network.asked.flatMap(({ peer, protocol }) => (protocol === 'snapshot-chunk' ? [peer] : [])))
    expect(askers.size).toBe(3)
    expect(network.penalties).toEqual([])
    await expectJoined(world, joiner, block)
  })

  it.each([1, 4])('learns the validators of %i-block epochs by certificates alone', async (epochLengthBlocks) => {
    const world = await createWorld({ accounts: 40, slots: 20, epochLengthBlocks, historyBlocks: 3 })
    await world.grow(11)
    const joiner = emptyJoiner()
    const onAsked = once(12, () => world.grow(6))
    const { block, network } = await run(world, [honest, honest], { joiner, onAsked, chunkBytes: 1_000 })
    expect(block.header.epoch).toBeGreaterThanOrEqual(Math.floor(11 / epochLengthBlocks) - 1)
    expect(network.penalties).toEqual([])
    await expectJoined(world, joiner, block)
  })

  it.each([1, 4, 100])(
    'who came by a snapshot and keeps two blocks leads others the same way, epochs of %i blocks',
    async (epochLengthBlocks) => {
      const world = await createWorld({ accounts: 40, slots: 20, epochLengthBlocks })
      await world.grow(11)
      const first = emptyJoiner()
      const { block } = await run(world, [honest], { joiner: first })
      const server = await expectJoined(world, first, block)
      const second = emptyJoiner()
      const answer: World['answer'] = (protocol, data) => server.serve(protocol, data)
      const status = await server.serve('chain-status', Uint8Array.of(0xc0))
      if (!(status instanceof Uint8Array)) throw new Error('a status is not refused')
      const { block: later, network } = await run({ ...world, answer, status: () => status }, [honest], {
        joiner: second,
      })
      expect(later.header.height).toBe(14)
      expect(network.penalties).toEqual([])
      await expectJoined(world, second, later)
    },
  )

  it('takes only a chain that goes through the checkpoint', async () => {
    const world = await createWorld({ accounts: 20, slots: 5, epochLengthBlocks: 3 })
    await world.grow(10)
    const end = world.blocks[5] as Block
    const checkpoint = { epoch: end.header.epoch, hash: end.hash }
    const joiner = emptyJoiner()
    const { block } = await run(world, [honest], { joiner, checkpoint })
    await expectJoined(world, joiner, block)
    const other = await leftAlone(world, [honest], { checkpoint: { ...checkpoint, hash: HASH } })
    expect(other.nobodyLeft).toMatchObject({ condemned: 1 })
    const later = run(world, [honest], { checkpoint: { ...checkpoint, epoch: epoch(90) } })
    await expect(later).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
  })

  it('takes a small state in one chunk', async () => {
    const world = await createWorld({ accounts: 3, slots: 2 })
    await world.grow(2)
    const joiner = emptyJoiner()
    const { block, network } = await run(world, [honest], { joiner, chunkBytes: 1_000_000 })
    expect(network.asked.filter(({ protocol }) => protocol === 'snapshot-chunk').length).toBeLessThanOrEqual(3)
    await expectJoined(world, joiner, block)
  })

  it.each(Object.keys(lies))('survives two liars of three: %s', async (lie) => {
    const world = await createWorld({ accounts: 150, slots: 120 })
    await world.grow(4)
    const joiner = emptyJoiner()
    const manner = lies[lie] as Manner
    const { block, network } = await run(world, [manner, honest, manner], { joiner })
    expect(network.penalties.filter(({ peer }) => peer === 'p1')).toEqual([])
    const isPunished = !['silence', 'a block without its data'].includes(lie)
    // Once condemned a peer is not asked again.
    for (const peer of ['p0', 'p2']) {
      expect(network.penalties.filter((penalty) => penalty.peer === peer).length).toBe(isPunished ? 1 : 0)
    }
    await expectJoined(world, joiner, block)
  })

  it('says at once that only liars are left, and soon that nobody has the state; it waits for another peer', async () => {
    const world = await createWorld({ accounts: 50, slots: 20 })
    await world.grow(2)
    const wrong = lies['a wrong value'] as Manner
    const refusing: Manner = (protocol, truth) => (protocol.startsWith('snapshot') ? NOT_AVAILABLE : truth)
    const code = 'SNAPSHOT_NOBODY_LEFT'
    const liars = await leftAlone(world, [wrong, wrong])
    expect(liars.nobodyLeft).toEqual({ code, condemned: 2, refused: 0 })
    expect(liars.afterMs).toBeLessThan(REFUSED_MS)
    const refused = await leftAlone(world, [refusing, refusing])
    expect(refused.nobodyLeft).toEqual({ code, condemned: 0, refused: 2 })
    expect(refused.afterMs).toBeGreaterThanOrEqual(REFUSED_MS)
    expect(refused.afterMs).toBeLessThan(2 * REFUSED_MS)
  })

  it('goes on with whoever comes after only liars were left', async () => {
    const world = await createWorld({ accounts: 50, slots: 20 })
    await world.grow(2)
    const wrong = lies['a wrong value'] as Manner
    const joiner = emptyJoiner()
    const said: SnapshotProgress['nobodyLeft'][] = []
    const { block } = await run(world, [wrong, wrong, honest], {
      joiner,
      connected: 2,
      onProgress: ({ nobodyLeft }, network, { timers }) => {
        said.push(nobodyLeft)
        if (nobodyLeft !== undefined) timers.after(LONG_MS, () => network.connect('p2'))
      },
    })
    expect(said[0]).toMatchObject({ condemned: 2 })
    expect(said.at(-1)).toBeUndefined()
    await expectJoined(world, joiner, block)
  })

  it('gives up with a code when whoever has the state is silent, or nobody is there', async () => {
    const world = await createWorld({ accounts: 50, slots: 20 })
    await world.grow(2)
    const silent = lies['silence'] as Manner
    const wrong = lies['a wrong value'] as Manner
    await expect(run(world, [silent, silent])).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
    await expect(run(world, [silent, wrong])).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
    await expect(run(world, [])).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
  })

  it.each([3, 6, 10, 16])('carries on by access lists when its state ages out, every %i requests', async (every) => {
    const world = await createWorld({ historyBlocks: 3 })
    await world.grow(4)
    const joiner = emptyJoiner()
    let growing = Promise.resolve()
    const onAsked = (count: number): Promise<void> => {
      if (count % every === 0 && count < 240) growing = growing.then(() => world.grow(2))
      return growing
    }
    const { block, network } = await run(world, [honest, honest], { joiner, onAsked, chunkBytes: 2_000 })
    expect(block.header.height).toBeGreaterThan(4)
    expect(network.asked.some(({ protocol }) => protocol === 'finalized-range')).toBe(true)
    expect(network.penalties).toEqual([])
    await expectJoined(world, joiner, block)
  })

  it.each([5, 12, 25, 45])('goes on where it was cut off, after %i requests', async (cutAfter) => {
    const world = await createWorld()
    await world.grow(5)
    const joiner = emptyJoiner()
    const whole = await run(world, [honest], {})
    const abort = new AbortController()
    const onAsked = (count: number): void => {
      if (count === cutAfter) abort.abort()
    }
    const cut = run(world, [honest], { joiner, onAsked, signal: abort.signal })
    await expect(cut).rejects.toMatchObject({ code: 'SNAPSHOT_ABORTED' })
    await world.grow(1)
    const { block, network } = await run(world, [honest], { joiner })
    if (cutAfter > 20) expect(network.asked.length).toBeLessThan(whole.network.asked.length)
    await expectJoined(world, joiner, block)
  })

  it('goes on in a later epoch, on a chain that stands still', async () => {
    const world = await createWorld({ accounts: 100, slots: 60, epochLengthBlocks: 2 })
    await world.grow(7)
    const joiner = emptyJoiner()
    const abort = new AbortController()
    const onAsked = (count: number): void => {
      if (count === 20) abort.abort()
    }
    const cut = run(world, [honest], { joiner, onAsked, signal: abort.signal })
    await expect(cut).rejects.toMatchObject({ code: 'SNAPSHOT_ABORTED' })
    const { block } = await run(world, [honest], { joiner })
    expect(block.header.height).toBe(7)
    await expectJoined(world, joiner, block)
  })

  it('begins anew when what it stored was damaged meanwhile', async () => {
    const world = await createWorld()
    await world.grow(5)
    const joiner = emptyJoiner()
    const abort = new AbortController()
    const onAsked = (count: number): void => {
      if (count === 30) abort.abort()
    }
    await expect(run(world, [honest], { joiner, onAsked, signal: abort.signal })).rejects.toThrow(CodedError)
    // One account's flat value, under an unchanged trie.
    for await (const [key, value] of joiner.stateStore.entries({
      gte: Uint8Array.of(4),
      lt: Uint8Array.of(5),
      limit: 1,
    })) {
      await joiner.stateStore.batch([{ type: 'put', key, value: value.with(value.length - 1, 1) }])
    }
    const { block } = await run(world, [honest], { joiner })
    await expectJoined(world, joiner, block)
  })

  it('leaves a node that has a state alone', async () => {
    const world = await createWorld({ accounts: 5, slots: 2 })
    await world.grow(1)
    const stateStore = createMemoryStore()
    const executor = executorOf(world.spec, { stateStore })
    await executor.start()
    const joiner = { ...emptyJoiner(), stateStore }
    await expect(run(world, [honest], { joiner })).rejects.toMatchObject({ code: 'STATE_NOT_EMPTY' })
  })
})
