import {
  type Block,
  type ChainStatus,
  decodeFinalizedRangeRequest,
  encodeChainStatus,
  encodeFinalizedRangeResponse,
} from '@cairn/chain'
import { epoch, height } from '@cairn/primitives'
import { type ChainReader, createMemoryStore, openChainStore } from '@cairn/storage'
import { serveFinalizedRange } from '@cairn/sync'
import { type SampleChain, createSampleChain, verifySampleFinalization } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { SYNC_NUDGE_DELAY_MS } from '../src/limits.ts'
import { type SyncDriver, type SyncDriverDeps, createSyncDriver } from '../src/sync-driver.ts'
import { type Answer, createFakeNetwork } from './fake-network.ts'
import { createFakeTime, createKeptLog } from './fake-time.ts'

const chain = createSampleChain({ length: 200 })
const other = createSampleChain({ length: 10, seed: 1 })

async function readerOf({ genesis, blocks }: SampleChain, length: number): Promise<ChainReader> {
  const options = { genesis, verifyFinalization: verifySampleFinalization }
  const store = await openChainStore(createMemoryStore(), options)
  for (const { block, certificate, execution } of blocks.slice(0, length)) {
    await store.appendFinalized(block, certificate, execution)
  }
  return store
}

const statusAt = (at: number, genesisHash = chain.genesis.hash): ChainStatus => ({
  genesisHash,
  epoch: epoch(0),
  height: height(at),
  finalization: undefined,
  oldestHeight: height(0),
})

/** Answers from a chain, whatever height it claims. */
function peerOf(reader: ChainReader, claimedHeight: number, genesisHash = chain.genesis.hash): Answer {
  return async (_, protocol, data) => {
    if (protocol === 'chain-status') return encodeChainStatus(statusAt(claimedHeight, genesisHash))
    const request = decodeFinalizedRangeRequest(data)
    if (!request.ok) throw new Error(request.code)
    return encodeFinalizedRangeResponse(await serveFinalizedRange(reader, request.value))
  }
}

function start(
  peers: Readonly<Record<string, Answer>>,
  options: { readonly pollIntervalMs?: number } = {},
  deps: Partial<SyncDriverDeps> = {},
) {
  const network = createFakeNetwork(async (peer, protocol, data) => peers[peer]?.(peer, protocol, data))
  const time = createFakeTime()
  const log = createKeptLog()
  const applied: Block[] = []
  const fatal: unknown[] = []
  const driver: SyncDriver = createSyncDriver(
    {
      genesisHash: chain.genesis.hash,
      head: { height: height(0), hash: chain.genesis.hash },
      epochLengthBlocks: 1_000,
      ...options,
    },
    {
      network,
      clock: time.clock,
      timers: time.timers,
      log,
      verifyFinalization: verifySampleFinalization,
      apply: async (blocks) => {
        for (const block of blocks) {
          applied.push(block)
          driver.onHead({ height: block.header.height, hash: block.hash })
        }
      },
      onFatal: (error) => void fatal.push(error),
      ...deps,
    },
  )
  const heights = (): readonly number[] => applied.map(({ header }) => header.height)
  return { network, time, log, applied, fatal, driver, heights }
}

const upTo = (length: number): readonly number[] => Array.from({ length }, (_, index) => index + 1)

describe('the sync driver', () => {
  it('catches up from peers present at the start, in order and once', async () => {
    const { network, driver, time, heights, log, fatal } = start({ honest: peerOf(await readerOf(chain, 200), 200) })
    network.connect('honest')
    driver.start()
    await time.advance(100)
    expect(heights()).toEqual(upTo(200))
    expect(log.lines).toContain('info caught up')
    expect(driver.progress()).toMatchObject({ isSyncing: false, claimedHeight: 200 })
    expect([fatal, network.penalties]).toEqual([[], []])
  })

  it('asks a peer that is not admitted for nothing but its status', async () => {
    const peer = peerOf(await readerOf(chain, 90), 90)
    const { network, driver, time, heights } = start({ a: peer, b: peer }, {}, { admits: async (name) => name === 'b' })
    network.connect('a', 'b')
    driver.start()
    await time.advance(60_000)
    expect(heights()).toEqual(upTo(90))
    expect(new Set(network.asked.filter(({ peer: asked }) => asked === 'a').map(({ protocol }) => protocol))).toEqual(
      new Set(['chain-status']),
    )
  })

  it('gets everything beside a peer that lies, which is penalized', async () => {
    const liars: Readonly<Record<string, Answer>> = {
      garbage: async (_, protocol) =>
        protocol === 'chain-status' ? encodeChainStatus(statusAt(5_000)) : Uint8Array.of(0xf9, 1, 2, 3),
      'empty promise': async (_, protocol) =>
        protocol === 'chain-status'
          ? encodeChainStatus(statusAt(5_000))
          : encodeFinalizedRangeResponse({ blocks: [], links: [], certificate: undefined }),
      'other chain': peerOf(await readerOf(other, 10), 5_000),
      'other genesis': peerOf(await readerOf(other, 10), 5_000, other.genesis.hash),
      'no status': async () => Uint8Array.of(1),
    }
    for (const [name, liar] of Object.entries(liars)) {
      const { network, driver, time, heights, fatal } = start({
        honest: peerOf(await readerOf(chain, 90), 90),
        liar: name === 'other chain' ? withBadSignatures(liar) : liar,
      })
      network.connect('liar', 'honest')
      driver.start()
      await time.advance(60_000)
      expect(heights(), name).toEqual(upTo(90))
      expect(network.penalties[0]?.peer, name).toBe('liar')
      expect(network.penalties.every(({ peer }) => peer === 'liar')).toBe(true)
      expect(fatal, name).toEqual([])
      await driver.stop()
    }
  })

  it('asks again after a failure, and another peer after a disconnect', async () => {
    let failures = 2
    const reader = await readerOf(chain, 70)
    const honest = peerOf(reader, 70)
    const { network, driver, time, heights } = start({
      first: async (peer, protocol, data) => {
        if (protocol === 'finalized-range' && failures-- > 0) return undefined
        return honest(peer, protocol, data)
      },
      second: honest,
    })
    driver.start()
    network.connect('first')
    await time.advance(10_000)
    expect(heights()).toEqual(upTo(70))
    expect(network.penalties).toEqual([])
    network.disconnect('first')
    network.connect('second')
    await time.advance(1_000)
    expect(network.asked.at(-1)).toEqual({ peer: 'second', protocol: 'chain-status' })
  })

  it('follows on nudges and polls', async () => {
    const reader = await readerOf(chain, 20)
    let tip = 5
    const { network, driver, time, heights } = start(
      { honest: (peer, protocol, data) => peerOf(reader, tip)(peer, protocol, data) },
      { pollIntervalMs: 1_000 },
    )
    network.connect('honest')
    driver.start()
    await time.advance(0)
    // A range goes as far as its answerer has blocks, not only as far as it claimed.
    expect(heights()).toEqual(upTo(20))
    const asked = network.asked.length
    driver.nudge('honest')
    await time.advance(SYNC_NUDGE_DELAY_MS)
    expect(network.asked).toHaveLength(asked + 1)
    tip = 20
    await time.advance(3_000)
    expect(network.asked.length).toBeGreaterThanOrEqual(asked + 4)
  })

  it('halts on a certified range that conflicts with what is final here', async () => {
    const forked = createSampleChain({ length: 10, transactionSizeBytes: 9 })
    expect(forked.genesis.hash).toBe(chain.genesis.hash)
    const { network, driver, time, fatal, applied } = start({ honest: peerOf(await readerOf(forked, 10), 10) })
    driver.start()
    driver.onHead({ height: height(2), hash: chain.blocks[1]?.block.hash ?? chain.genesis.hash })
    network.connect('honest')
    await time.advance(100)
    expect(network.asked.filter(({ protocol }) => protocol === 'finalized-range')).toHaveLength(1)
    expect(fatal).toMatchObject([{ code: 'FINALIZATION_CONFLICT', data: { block: expect.any(String) } }])
    expect(applied).toEqual([])
  })

  it('reports a failing application as fatal', async () => {
    const network = createFakeNetwork(peerOf(await readerOf(chain, 5), 5))
    const time = createFakeTime()
    const fatal: unknown[] = []
    const driver = createSyncDriver(
      {
        genesisHash: chain.genesis.hash,
        head: { height: height(0), hash: chain.genesis.hash },
        epochLengthBlocks: 1_000,
      },
      {
        network,
        clock: time.clock,
        timers: time.timers,
        log: createKeptLog(),
        verifyFinalization: verifySampleFinalization,
        apply: () => Promise.reject(new Error('disk full')),
        onFatal: (error) => void fatal.push(error),
      },
    )
    network.connect('honest')
    driver.start()
    await time.advance(10)
    expect(fatal).toEqual([new Error('disk full')])
  })

  it('asks nobody and keeps no timer that acts after stop', async () => {
    const { network, driver, time } = start({ honest: peerOf(await readerOf(chain, 5), 5) }, { pollIntervalMs: 1_000 })
    network.connect('honest')
    driver.start()
    await time.advance(100)
    driver.nudge()
    await driver.stop()
    const asked = network.asked.length
    network.connect('another')
    await time.advance(10_000)
    expect(network.asked).toHaveLength(asked)
  })
})

/** Sample chains sign for one another; this peer's certificates are nobody's. */
function withBadSignatures(answer: Answer): Answer {
  return async (peer, protocol, data) => {
    const bytes = await answer(peer, protocol, data)
    return protocol === 'finalized-range' ? bytes?.with(bytes.length - 1, 1) : bytes
  }
}
