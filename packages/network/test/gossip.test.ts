import { sha256 as sha256Hash } from '@cairn/crypto'
import { bytesFromHex, reject } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { Log, Metrics, Topic, TopicHandler } from '@cairn/ports'
import { expect, test } from 'vitest'
import { createGossipEnvelopes, openEnvelope } from '../src/gossip-envelope.ts'
import { createGossipJudge } from '../src/gossip-judge.ts'
import { messageId } from '../src/gossip-settings.ts'
import { PENDING_MESSAGES_PER_PEER_MAX, TOPIC_SIZE_MAX_BYTES } from '../src/limits.ts'
import { requestProtocolName, topicName } from '../src/topics.ts'
import { createFakeTime } from './fake-time.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => bytesFromHex(sha256Hash(bytes))
const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
const metrics: Metrics = { count: nothing, gauge: nothing, observe: nothing }

function setupJudge(handler: TopicHandler) {
  const reports: [string, string][] = []
  const handlers = new Map<Topic, TopicHandler>([['votes', handler]])
  const report = (peer: string, _cost: number, code: string): void => void reports.push([peer, code])
  return { reports, judge: createGossipJudge({ handlers, log, metrics, report }) }
}

test('names carry the chain', () => {
  const genesisHash = `0x${'12345678'.repeat(8)}` as Hash
  expect(topicName(genesisHash, 'votes')).toBe('/cairn/12345678/votes/1')
  expect(requestProtocolName(genesisHash, 'finalized-range')).toBe('/cairn/12345678/req/finalized-range/1')
})

test('message ids depend on topic and data', () => {
  const ids = [
    { topic: 'a', data: new Uint8Array([98]) },
    { topic: 'ab', data: new Uint8Array([]) },
    { topic: 'a', data: new Uint8Array([99]) },
  ].map((message) => messageId(message, sha256).join())
  expect(new Set(ids).size).toBe(3)
})

test('the same data is sealed with a rising count per topic, and starts again when all have forgotten it', async () => {
  const time = createFakeTime()
  const envelopes = createGossipEnvelopes({ ...time, sha256 })
  const data = new Uint8Array([1, 2])
  expect([0, 1, 2].map(() => envelopes.seal('votes', data)[0])).toEqual([0, 1, 2])
  expect(envelopes.seal('status', data)[0]).toBe(0)
  expect(openEnvelope(envelopes.seal('votes', data))).toEqual(data)
  await time.advance(300_000)
  expect(envelopes.seal('votes', data)[0]).toBe(0)
})

test('sizes are checked before the handler: empty and one byte too large are rejected and reported', async () => {
  const seen: number[] = []
  const { judge, reports } = setupJudge((data) => {
    seen.push(data.length)
    return { verdict: 'accept' }
  })
  const maxBytes = TOPIC_SIZE_MAX_BYTES.votes
  expect(await judge('votes', new Uint8Array(maxBytes + 1), 'p')).toBe('accept')
  expect(await judge('votes', new Uint8Array(maxBytes + 2), 'p')).toBe('reject')
  expect(await judge('votes', new Uint8Array(1), 'p')).toBe('reject')
  expect(await judge('status', new Uint8Array(9), 'p')).toBe('ignore')
  expect(seen).toEqual([maxBytes])
  expect(reports).toEqual([
    ['p', 'MESSAGE_TOO_LARGE'],
    ['p', 'MESSAGE_EMPTY'],
  ])
})

test('rejections are reported, exceptions are our own fault', async () => {
  let answer = (): Verdict => reject('BAD')
  const { judge, reports } = setupJudge(() => answer())
  expect(await judge('votes', new Uint8Array(9), 'p')).toBe('reject')
  answer = () => {
    throw new Error('bug')
  }
  expect(await judge('votes', new Uint8Array(9), 'p')).toBe('ignore')
  expect(reports).toEqual([['p', 'BAD']])
})

test('a peer can occupy only so many pending validations', async () => {
  const { judge } = setupJudge(() => new Promise(() => {}))
  for (let count = 0; count < PENDING_MESSAGES_PER_PEER_MAX; count++) void judge('votes', new Uint8Array(9), 'p')
  expect(await judge('votes', new Uint8Array(9), 'p')).toBe('ignore')
})
