import { expect, test } from 'vitest'
import { decodeGoodbye, encodeGoodbye, isGoodbyeCode } from '../src/goodbye.ts'
import { GOODBYE_MAX_BYTES, GOODBYE_WAIT_MAX_MS, PUT_OUT_KEPT_MAX, PUT_OUT_MS } from '../src/limits.ts'
import { createPutOut } from '../src/put-out.ts'
import { createFakeTime } from './fake-time.ts'

test('a goodbye says why and for how long; what a hostile one asks for is cut, and what is unknown stays unknown', () => {
  const said = { code: 'LIMIT_REACHED', waitMs: 60_000 } as const
  const bytes = encodeGoodbye(said)
  expect([...bytes]).toEqual([0xc2, 1, 60])
  expect(decodeGoodbye(bytes)).toMatchObject({ ok: true, value: said })
  const endless = encodeGoodbye({ code: 'PREFIX_LIMIT_REACHED', waitMs: Number.MAX_SAFE_INTEGER })
  expect(decodeGoodbye(endless)).toMatchObject({ ok: true, value: { waitMs: GOODBYE_WAIT_MAX_MS } })
  expect(decodeGoodbye(Uint8Array.of(0xc2, 99, 60))).toMatchObject({ ok: true, value: { code: 'OTHER' } })
  for (const bad of [[], [0xc0], [0xc1, 1], [0xc3, 1, 60, 1], Array.from({ length: GOODBYE_MAX_BYTES + 1 }, () => 0)]) {
    expect(decodeGoodbye(Uint8Array.from(bad)).ok).toBe(false)
  }
  expect(isGoodbyeCode('PEER_REFUSED')).toBe(false)
})

test('who was put out is known for a minute, by peer id and by address, and the oldest are forgotten first', async () => {
  const time = createFakeTime()
  const putOut = createPutOut({ localNetwork: false }, time)
  putOut.note('A', '/ip4/1.2.3.4/tcp/1')
  expect(putOut.isOut('A', '/ip4/9.9.9.9/tcp/1')).toBe(true)
  expect(putOut.isOut('B', '/ip4/1.2.3.4/tcp/7')).toBe(true)
  expect(putOut.isOut('B', '/ip4/1.2.3.5/tcp/1')).toBe(false)
  await time.advance(PUT_OUT_MS)
  expect(putOut.isOut('A', '/ip4/1.2.3.4/tcp/1')).toBe(false)
  putOut.note('OLD', '')
  for (let index = 0; index < PUT_OUT_KEPT_MAX; index++) putOut.note(`P${index}`, '')
  expect(putOut.isOut('OLD', '')).toBe(false)
  expect(putOut.isOut('P0', '')).toBe(true)
  const local = createPutOut({ localNetwork: true }, time)
  local.note('A', '/ip4/127.0.0.1/tcp/1')
  expect(local.isOut('B', '/ip4/127.0.0.1/tcp/1')).toBe(false)
})
