import { CodedError } from '@cairn/primitives'
import { expect, test } from 'vitest'
import { raceDials } from '../src/dial-race.ts'
import type { DialOutcome } from '../src/dial-race.ts'
import { DIAL_STAGGER_MS, TRANSPORT_DOUBT_AFTER } from '../src/limits.ts'
import { createReach } from '../src/reach.ts'
import { createFakeTime } from './fake-time.ts'

const RTC = '/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/u/p2p/S'
const WS = '/ip4/1.2.3.4/tcp/1/ws/p2p/S'
const QUIC = '/ip4/1.2.3.4/udp/2/quic-v1/p2p/S'
const RELAYED = '/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit/webrtc/p2p/S'

/** What becomes of an address, and after how long. */
interface Fate {
  readonly afterMs: number
  readonly error?: unknown
  /** Does not listen to its signal, as QUIC. */
  readonly isDeaf?: boolean
}

function setup(fates: Readonly<Record<string, Fate>>) {
  const time = createFakeTime()
  const startMs = time.clock.monotonicMs()
  const begun: (readonly [string, number])[] = []
  const open = new Set<string>()
  const state = { connected: false }
  const race = (addresses: readonly string[], staggerMs?: number): Promise<readonly DialOutcome[]> =>
    raceDials(addresses, {
      ...time,
      staggerMs,
      isConnected: () => state.connected,
      dial: (address, signal) => {
        begun.push([address, time.clock.monotonicMs() - startMs])
        const { afterMs, error, isDeaf = false } = fates[address] ?? { afterMs: 60_000 }
        const { promise, resolve, reject } = Promise.withResolvers<{ abort(): void }>()
        if (!isDeaf) signal.addEventListener('abort', () => reject(signal.reason))
        time.timers.after(afterMs, () => {
          if (error !== undefined) return reject(error)
          if (signal.aborted && !isDeaf) return
          open.add(address)
          resolve({ abort: () => void open.delete(address) })
        })
        return promise
      },
    })
  return { time, begun, open, state, race }
}

const timeout = new CodedError('DIAL_TIMEOUT', 'no connection in time')

test('an address that answers before the stagger is the only one that is begun', async () => {
  const { time, begun, open, race } = setup({ [RTC]: { afterMs: DIAL_STAGGER_MS - 1 } })
  const racing = race([RTC, WS])
  await time.advance(10_000)
  expect(await racing).toEqual([{ transport: 'webrtc-direct', code: 'CONNECTED', afterMs: DIAL_STAGGER_MS - 1 }])
  expect(begun).toEqual([[RTC, 0]])
  expect([...open]).toEqual([RTC])
})

test('where the next one is dear, the stagger is longer', async () => {
  const { time, begun, race } = setup({ [WS]: { afterMs: 3 * DIAL_STAGGER_MS } })
  const racing = race([WS, RTC], 4 * DIAL_STAGGER_MS)
  await time.advance(10_000)
  expect((await racing).map(({ code }) => code)).toEqual(['CONNECTED'])
  expect(begun).toEqual([[WS, 0]])
})

test('one that stays silent costs the stagger, is aborted once another answers, and is told of', async () => {
  const { time, begun, open, race } = setup({ [WS]: { afterMs: 100 } })
  const racing = race([RTC, WS])
  await time.advance(DIAL_STAGGER_MS + 100)
  expect(await racing).toEqual([
    { transport: 'webrtc-direct', code: 'OVERTAKEN', afterMs: DIAL_STAGGER_MS + 100 },
    { transport: 'ws', code: 'CONNECTED', afterMs: 100 },
  ])
  expect(begun).toEqual([
    [RTC, 0],
    [WS, DIAL_STAGGER_MS],
  ])
  expect([...open]).toEqual([WS])
})

test('one that fails early makes way at once; each failure has its code', async () => {
  const { time, begun, race } = setup({
    [RTC]: { afterMs: 50, error: { type: 'error' } },
    [WS]: { afterMs: 50, error: new Error('closed') },
    [QUIC]: { afterMs: 6_000, error: timeout },
  })
  const racing = race([RTC, WS, QUIC])
  await time.advance(10_000)
  expect((await racing).map(({ transport, code }) => `${transport} ${code}`)).toEqual([
    'webrtc-direct ICE_FAILED',
    'ws REFUSED',
    'quic-v1 NO_ANSWER',
  ])
  expect(begun.map(([, atMs]) => atMs)).toEqual([0, 50, 100])
})

test('of two that come in one moment, or of one that does not listen to its signal, one is left', async () => {
  const { time, open, race } = setup({
    [QUIC]: { afterMs: DIAL_STAGGER_MS + 100, isDeaf: true },
    [WS]: { afterMs: 100, isDeaf: true },
  })
  const racing = race([QUIC, WS])
  await time.advance(10_000)
  const codes = (await racing).map(({ code }) => code)
  expect(codes.toSorted()).toEqual(['CONNECTED', 'OVERTAKEN'])
  expect(open.size).toBe(1)
})

test('nothing more is begun once the peer has connected by itself; relays come after all others have failed', async () => {
  const first = setup({})
  const racing = first.race([RTC, WS])
  first.state.connected = true
  await first.time.advance(DIAL_STAGGER_MS)
  expect(first.begun).toEqual([[RTC, 0]])
  await first.time.advance(60_000)
  await racing
  const second = setup({ [WS]: { afterMs: 3_000, error: timeout }, [RELAYED]: { afterMs: 10 } })
  const relayed = second.race([RELAYED, WS])
  await second.time.advance(4_000)
  expect(second.begun).toEqual([
    [WS, 0],
    [RELAYED, 3_000],
  ])
  expect((await relayed).at(-1)).toMatchObject({ transport: 'webrtc', code: 'CONNECTED' })
})

const overtaken: readonly DialOutcome[] = [
  { transport: 'webrtc-direct', code: 'OVERTAKEN', afterMs: 600 },
  { transport: 'ws', code: 'CONNECTED', afterMs: 100 },
]

test('the next dial begins with what worked, and a transport that never does comes last with peers not met yet', () => {
  const reach = createReach()
  reach.note('S', overtaken)
  expect(reach.order('S', [RTC, WS])).toEqual([WS, RTC])
  expect(reach.failures('S')).toEqual([overtaken[0]])
  expect(reach.order('T', [RTC, WS])).toEqual([RTC, WS])
  for (let times = 1; times < TRANSPORT_DOUBT_AFTER; times++) reach.note(`S${times}`, overtaken)
  expect(reach.order('T', [RTC, WS])).toEqual([WS, RTC])
  reach.note('U', [{ transport: 'webrtc-direct', code: 'CONNECTED', afterMs: 200 }])
  expect(reach.order('T', [RTC, WS])).toEqual([RTC, WS])
  expect(reach.failures('U')).toEqual([])
})

test('where it works with others, a transport that was overtaken once is begun first again; one that failed is not', () => {
  const reach = createReach()
  reach.note('U', [{ transport: 'webrtc-direct', code: 'CONNECTED', afterMs: 200 }])
  reach.note('S', overtaken)
  expect(reach.order('S', [RTC, WS])).toEqual([RTC, WS])
  for (let times = 1; times < TRANSPORT_DOUBT_AFTER; times++) reach.note('S', overtaken)
  expect(reach.order('S', [RTC, WS])).toEqual([WS, RTC])
  // Overtaken by what was begun before it: nothing to tell.
  reach.note('U', [
    { transport: 'webrtc-direct', code: 'CONNECTED', afterMs: 600 },
    { transport: 'ws', code: 'OVERTAKEN', afterMs: 100 },
  ])
  expect(reach.failures('U')).toEqual([])
  reach.note('V', [{ transport: 'webrtc-direct', code: 'ICE_FAILED', afterMs: 200 }, overtaken[1] as DialOutcome])
  expect(reach.order('V', [RTC, WS])).toEqual([WS, RTC])
})

test('anchors say over a restart what worked', () => {
  const reach = createReach()
  for (const peer of ['S', 'U', 'V']) reach.restore({ peer, addresses: [WS, RTC] })
  expect(reach.order('S', [RTC, WS])).toEqual([WS, RTC])
  expect(reach.order('T', [RTC, WS])).toEqual([WS, RTC])
})
