import { checkBlockData, encodeFinalizedRangeResponse } from '@cairn/chain'
import type { Block } from '@cairn/chain'
import { ZERO_HASH, height } from '@cairn/primitives'
import { createSync, serveFinalizedRange } from '@cairn/sync'
import type { Sync, SyncEffect } from '@cairn/sync'
import { createSampleChain, verifySampleFinalization } from '@cairn/testing/contracts'
import type { SampleBlock } from '@cairn/testing/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drive, honestPeer, lies, lyingPeer, readerOf, statusOf } from './sample-peers.ts'

const chain = createSampleChain({ length: 200 })
const other = createSampleChain({ length: 200, seed: 1 })
/** The same genesis, but another history, as only a broken quorum makes. */
const forked = createSampleChain({ length: 200, transactionSizeBytes: 3 })
const blockAt = (at: number): Block => (chain.blocks[at - 1] as SampleBlock).block
const inTurn = (): number => 0

function createMachine(at = 0): Sync {
  const hash = at === 0 ? chain.genesis.hash : blockAt(at).hash
  return createSync(
    { genesisHash: chain.genesis.hash, head: { height: height(at), hash }, epochLengthBlocks: 1_000 },
    { verifyFinalization: verifySampleFinalization, checkBlockData },
  )
}

async function rangeFrom(from: number, length = 200): Promise<Uint8Array> {
  const reader = readerOf(chain, length, 1)
  return encodeFinalizedRangeResponse(await serveFinalizedRange(reader, { fromHeight: height(from), countMax: 64 }))
}

function requestsOf(effects: readonly SyncEffect[]): readonly object[] {
  return effects.filter((effect) => effect.type === 'request')
}

describe('createSync', () => {
  it('fetches, hands out in order and says once that it is done', async () => {
    const outcome = await drive(chain, 0, [honestPeer('a', chain, 200, 1)], inTurn)
    expect(outcome.applied).toEqual(chain.blocks.map((each) => each.block))
    expect(outcome).toMatchObject({ done: 1, penalties: [], conflict: undefined })
    expect(outcome.requests.get('a')).toBe(4)
  })

  it('does nothing when nobody has more', async () => {
    const outcome = await drive(chain, 200, [honestPeer('a', chain, 200, 1)], inTurn)
    expect(outcome).toMatchObject({ done: 0, applied: [], requests: new Map() })
  })

  it('takes blocks without a certificate near them, by the headers up to the next one', async () => {
    const outcome = await drive(chain, 0, [honestPeer('a', chain, 200, 200)], inTurn)
    expect(outcome.applied).toEqual(chain.blocks.map((each) => each.block))
    expect(outcome).toMatchObject({ done: 1, penalties: [], conflict: undefined })
  })

  it('asks for nothing of the next epoch before the end of this one is applied', async () => {
    const head = { height: height(0), hash: chain.genesis.hash }
    const options = { genesisHash: chain.genesis.hash, head, epochLengthBlocks: 64 }
    const sync = createSync(options, { verifyFinalization: verifySampleFinalization, checkBlockData })
    sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 200) }, 0)
    const effects = sync.handle({ type: 'response', requestId: 1, data: await rangeFrom(1) }, 0)
    expect(effects.map(({ type }) => type)).toEqual(['apply'])
    expect(sync.progress().isSyncing).toBe(true)
    const applied = { height: height(64), hash: blockAt(64).hash }
    expect(sync.handle({ type: 'head', head: applied }, 0)).toMatchObject([{ type: 'request', fromHeight: 65 }])
  })

  it('asks peers in turn', async () => {
    const peers = ['a', 'b', 'c'].map((name) => honestPeer(name, chain, 200, 1))
    const outcome = await drive(chain, 0, peers, inTurn)
    expect([...outcome.requests.values()].sort((a, b) => a - b)).toEqual([1, 1, 2])
  })

  it('does not ask whom has pruned what is needed', () => {
    const sync = createMachine()
    const status = { ...statusOf(chain, 100), oldestHeight: height(2) }
    expect(sync.handle({ type: 'peer-status', peer: 'a', status }, 0)).toEqual([])
    expect(sync.progress()).toEqual({ isSyncing: false, claimedHeight: 100 })
  })

  it('keeps one request under way and at most two ranges ahead of the head', async () => {
    const sync = createMachine()
    expect(sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 200) }, 0)).toEqual([
      { type: 'request', requestId: 1, peer: 'a', fromHeight: 1, countMax: 64 },
    ])
    expect(sync.handle({ type: 'peer-status', peer: 'b', status: statusOf(chain, 200) }, 0)).toEqual([])
    const second = sync.handle({ type: 'response', requestId: 1, data: await rangeFrom(1) }, 0)
    expect(second.map((effect) => effect.type)).toEqual(['apply', 'request'])
    expect(second[1]).toMatchObject({ peer: 'b', fromHeight: 65 })
    const third = sync.handle({ type: 'response', requestId: 2, data: await rangeFrom(65) }, 0)
    expect(third.map((effect) => effect.type)).toEqual(['apply'])
    expect(sync.handle({ type: 'head', head: { height: height(40), hash: blockAt(40).hash } }, 0)).toEqual([])
    const fourth = sync.handle({ type: 'head', head: { height: height(64), hash: blockAt(64).hash } }, 0)
    expect(fourth).toMatchObject([{ type: 'request', fromHeight: 129 }])
    expect(sync.progress()).toEqual({ isSyncing: true, claimedHeight: 200 })
  })

  it('uses the rest of a range when consensus went on meanwhile, and ignores what is outdated', async () => {
    const sync = createMachine()
    sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 64) }, 0)
    sync.handle({ type: 'head', head: { height: height(10), hash: blockAt(10).hash } }, 0)
    const [apply] = sync.handle({ type: 'response', requestId: 1, data: await rangeFrom(1) }, 0)
    expect(apply).toMatchObject({ type: 'apply', blocks: chain.blocks.slice(10, 64).map((each) => each.block) })

    const late = createMachine()
    late.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 64) }, 0)
    late.handle({ type: 'head', head: { height: height(64), hash: blockAt(64).hash } }, 0)
    expect(late.handle({ type: 'response', requestId: 1, data: await rangeFrom(1) }, 0)).toEqual([
      { type: 'done', height: 64 },
    ])
  })

  it('ignores answers that nobody waits for', async () => {
    const sync = createMachine()
    expect(sync.handle({ type: 'response', requestId: 7, data: await rangeFrom(1) }, 0)).toEqual([])
    expect(sync.handle({ type: 'request-failed', requestId: 7 }, 0)).toEqual([])
  })

  it('backs off from a peer that fails, longer each time, wants a new claim at times, and starts anew after a success', async () => {
    const sync = createMachine()
    let effects = sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 200) }, 0)
    const waitsMs: number[] = []
    const claimsLost: string[] = []
    let nowMs = 0
    for (let requestId = 1; requestId <= 10; requestId++) {
      effects = sync.handle({ type: 'request-failed', requestId }, nowMs)
      if (requestId % 5 === 0) {
        claimsLost.push(...effects.map((effect) => effect.type))
        effects = sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 200) }, nowMs)
      }
      const [timer] = effects
      if (timer?.type !== 'set-timer') throw new Error('no timer')
      waitsMs.push(timer.atMs - nowMs)
      expect(sync.handle({ type: 'tick' }, timer.atMs - 1)).toEqual([timer])
      nowMs = timer.atMs
      expect(requestsOf(sync.handle({ type: 'tick' }, nowMs)).length).toBe(1)
    }
    expect(claimsLost).toEqual(['done', 'done'])
    expect(waitsMs).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    sync.handle({ type: 'response', requestId: 11, data: await rangeFrom(1) }, nowMs)
    expect(sync.handle({ type: 'request-failed', requestId: 12 }, nowMs)).toEqual([
      { type: 'set-timer', atMs: nowMs + 250 },
    ])
  })

  it('forgets a peer that went away, and ends where nobody else has more', () => {
    const sync = createMachine()
    sync.handle({ type: 'peer-status', peer: 'a', status: statusOf(chain, 200) }, 0)
    sync.handle({ type: 'peer-gone', peer: 'a' }, 0)
    expect(sync.handle({ type: 'request-failed', requestId: 1 }, 0)).toEqual([{ type: 'done', height: 0 }])
  })

  it('keeps away from another chain', () => {
    const status = { ...statusOf(chain, 200), genesisHash: ZERO_HASH }
    expect(createMachine().handle({ type: 'peer-status', peer: 'a', status }, 0)).toEqual([
      { type: 'penalize', peer: 'a', code: 'SYNC_WRONG_CHAIN' },
    ])
  })

  it('remembers a bounded number of peers', () => {
    const sync = createMachine()
    for (let index = 0; index < 300; index++) {
      sync.handle({ type: 'peer-status', peer: `p${index}`, status: statusOf(chain, index) }, 0)
    }
    expect(sync.progress().claimedHeight).toBe(255)
  })

  it('halts with the evidence on a verified finalization of another history', async () => {
    const outcome = await drive(chain, 10, [honestPeer('a', forked, 200, 1)], inTurn)
    expect(outcome.conflict).toMatchObject({
      type: 'conflict',
      height: 11,
      block: { hash: forked.blocks[10]?.block.hash },
    })
    expect(outcome.applied).toEqual([])
  })
})

describe('createSync among liars', () => {
  const expectedCodes = {
    empty: 'SYNC_EMPTY_RANGE',
    garbage: 'SYNC_MALFORMED',
    silent: undefined,
    'wrong-start': 'SYNC_WRONG_RANGE',
    'other-chain': 'SYNC_NOT_LINKED',
    'bad-certificate': 'SYNC_BAD_CERTIFICATE',
    'no-certificate': 'SYNC_MALFORMED',
    'bad-data': 'SYNC_BAD_BLOCK_DATA',
    gap: 'SYNC_MALFORMED',
    cut: 'SYNC_MALFORMED',
  } as const

  it.each(lies)('loses one request to a peer that lies: %s', async (lie) => {
    const peers = [lyingPeer('liar', lie, chain, other), honestPeer('honest', chain, 200, 1)]
    const outcome = await drive(chain, 0, peers, inTurn)
    expect(outcome.applied).toEqual(chain.blocks.map((each) => each.block))
    const code = expectedCodes[lie]
    expect(outcome.penalties).toEqual(code === undefined ? [] : [{ peer: 'liar', code }])
    // Who only says nothing may have a bad line, and is asked some more times.
    expect(outcome.requests.get('liar')).toBe(lie === 'silent' ? 5 : 1)
    expect(outcome.done).toBe(1)
  })

  it('reaches the end of the chain and applies nothing else, whoever lies and in whatever order things happen', async () => {
    const liar = fc.constantFrom(...lies)
    await fc.assert(
      fc.asyncProperty(
        fc.array(liar, { maxLength: 6 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat({ max: 199 }),
        fc.integer({ min: 0, max: 6 }),
        fc.infiniteStream(fc.nat()),
        async (told, certifiedEvery, start, place, stream) => {
          const peers = told.map((lie, index) => lyingPeer(`liar-${index}`, lie, chain, other))
          const length = chain.blocks.length
          const behind = honestPeer('behind', chain, Math.min(length, start + 20), 1)
          peers.splice(place, 0, honestPeer('honest', chain, length, certifiedEvery), behind)
          const choose = (countMax: number): number => stream.next().value % countMax
          const outcome = await drive(chain, start, peers, choose)
          const end = Math.max(start, behind.claimedHeight, length - (length % certifiedEvery))
          expect(outcome.applied.map((block) => block.hash)).toEqual(
            chain.blocks.slice(start, end).map((each) => each.block.hash),
          )
          expect(outcome.penalties.every(({ peer }) => peer.startsWith('liar'))).toBe(true)
          const counts = told.map((lie, index) => [lie, outcome.requests.get(`liar-${index}`) ?? 0] as const)
          expect(counts.filter(([lie, count]) => count > (lie === 'silent' ? 5 : 1))).toEqual([])
          expect(outcome.done).toBeLessThanOrEqual(1)
        },
      ),
      { seed: 5, numRuns: 30 },
    )
  })
})
