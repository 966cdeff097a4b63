import {
  decodeChainStatus,
  decodeSnapshotChunkResponse,
  encodeBlocksByHashResponse,
  encodeChainStatus,
  encodeSnapshotChunkResponse,
  encodeSnapshotCodesResponse,
  genesisBlock,
} from '@cairn/chain'
import type { Block, SnapshotRange } from '@cairn/chain'
import type { KeyValueStore, RequestProtocol } from '@cairn/ports'
import { createMemoryStore, foundChainStore, openChainStore, openEpochStore } from '@cairn/storage'
import { CodedError, epoch } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import type { Checkpoint } from '../src/checkpoint.ts'
import { createEpochKeys, createFinalizationVerifier } from '../src/epoch-keys.ts'
import { executeRequestFor } from '../src/execute-request.ts'
import { routeRequests } from '../src/request-routes.ts'
import { runSnapshotSync } from '../src/snapshot-driver.ts'
import { createFakeNetwork } from './fake-network.ts'
import type { FakeNetwork } from './fake-network.ts'
import { createFakeTime, createKeptLog } from './fake-time.ts'
import { certificateOf, createWorld, executorOf, worldBls } from './snapshot-world.ts'
import type { World } from './snapshot-world.ts'

type Said = Uint8Array | { readonly refused: string } | undefined
/** How a peer answers, given what an honest one would say. */
type Manner = (protocol: RequestProtocol, truth: Said) => Said

const honest: Manner = (_protocol, truth) => truth
const NOT_AVAILABLE = { refused: 'NOT_AVAILABLE' }

/** One manner for each thing that can be lied about. */
const lies: Readonly<Record<string, Manner>> = {
  'a wrong value': onChunk((range) => ({ ...range, items: range.items.map(bitFlipped) })),
  'a leaf left out': onChunk((range) => ({ ...range, items: range.items.toSpliced(range.items.length >> 1, 1) })),
  'the last leaf left out': onChunk((range) => ({ ...range, items: range.items.slice(0, -1) })),
  'no proof': onChunk((range) => ({ ...range, proof: [] })),
  nothing: onChunk(() => ({ items: [], proof: [] })),
  'no ranges': (protocol, truth) =>
    protocol === 'snapshot-chunk' ? encodeSnapshotChunkResponse({ ranges: [] }) : truth,
  garbage: (protocol, truth) => (protocol === 'snapshot-chunk' ? Uint8Array.of(1, 2, 3) : truth),
  'a foreign code': (protocol, truth) =>
    protocol === 'snapshot-codes' ? encodeSnapshotCodesResponse({ codes: [Uint8Array.of(1, 2, 3)] }) : truth,
  'another chain': (protocol, truth) => (protocol === 'chain-status' ? restated(truth, { genesisHash: HASH }) : truth),
  'a forged certificate': (protocol, truth) => {
    if (protocol !== 'chain-status') return truth
    return restated(truth, (status) => ({
      finalization: status.finalization && { ...status.finalization, signature: new Uint8Array(96) },
    }))
  },
  'a block without its data': (protocol, truth) => {
    if (protocol !== 'blocks-by-hash') return truth
    return encodeBlocksByHashResponse({ blocks: [] })
  },
  silence: (protocol, truth) => (protocol.startsWith('snapshot') ? undefined : truth),
}
const HASH = `0x${'12'.repeat(32)}` as Hash

function onChunk(change: (range: SnapshotRange) => SnapshotRange): Manner {
  return (protocol, truth) => {
    if (protocol !== 'snapshot-chunk' || !(truth instanceof Uint8Array)) return truth
    const decoded = decodeSnapshotChunkResponse(truth)
    return decoded.ok ? encodeSnapshotChunkResponse({ ranges: decoded.value.ranges.map(change) }) : truth
  }
}

function bitFlipped<Item extends SnapshotRange['items'][number]>(item: Item, index: number): Item {
  const last = item.value.length - 1
  return index === 0 ? { ...item, value: item.value.with(last, (item.value[last] as number) ^ 1) } : item
}

type Status = Extract<ReturnType<typeof decodeChainStatus>, { ok: true }>['value']

function restated(truth: Said, change: Partial<Status> | ((status: Status) => Partial<Status>)): Said {
  if (!(truth instanceof Uint8Array)) return truth
  const status = decodeChainStatus(truth)
  if (!status.ok) return truth
  return encodeChainStatus({ ...status.value, ...(typeof change === 'function' ? change(status.value) : change) })
}

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
}

/** To the end, in virtual time. */
async function run(world: World, manners: readonly Manner[], options: RunOptions = {}): Promise<Run> {
  const { stateStore, chainStore } = options.joiner ?? emptyJoiner()
  const time = createFakeTime()
  let count = 0
  const network = createFakeNetwork(async (peer, protocol, data) => {
    await options.onAsked?.(++count)
    const truth = protocol === 'chain-status' ? world.status() : await world.answer(protocol, data)
    const said = (manners[Number(peer.slice(1))] as Manner)(protocol, truth)
    if (said === undefined || said instanceof Uint8Array) return said
    throw new CodedError('REQUEST_REFUSED', 'refused', { data: { code: said.refused } })
  })
  network.connect(...manners.map((_, index) => `p${index}`))
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
    const other = run(world, [honest], { checkpoint: { ...checkpoint, hash: HASH } })
    await expect(other).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
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

  it('gives up with a code when only liars are left, or nobody serves', async () => {
    const world = await createWorld({ accounts: 50, slots: 20 })
    await world.grow(2)
    const wrong = lies['a wrong value'] as Manner
    await expect(run(world, [wrong, wrong])).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
    const refusing: Manner = (protocol, truth) => (protocol.startsWith('snapshot') ? NOT_AVAILABLE : truth)
    await expect(run(world, [refusing, refusing])).rejects.toMatchObject({ code: 'SNAPSHOT_STALLED' })
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
