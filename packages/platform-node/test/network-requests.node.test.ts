import { createHash } from 'node:crypto'
import { generateIdentity, peerIdFromIdentity } from '@cairn/network'
import type { Network, RequestHandler } from '@cairn/ports'
import { quic } from '@chainsafe/libp2p-quic'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { createTestNode, until } from './network-nodes.ts'

const PROTOCOL = '/cairn/abababab/req/blocks-by-hash/1'
const running: { stop(): Promise<void> | void }[] = []

afterEach(async () => {
  for (const node of running.splice(0)) await node.stop()
})

/** A client connected to a server whose `blocks-by-hash` handler is `handler`. */
async function startPair(handler: RequestHandler): Promise<{ readonly client: Network; readonly server: Network }> {
  const server = await createTestNode()
  server.onRequest('blocks-by-hash', handler)
  await server.start()
  const client = await createTestNode({ peers: server.addresses() })
  await client.start()
  running.push(server, client)
  await until(() => client.peers().length === 1 && server.peers().length === 1)
  return { client, server }
}

/** A client of ours, connected to a bare libp2p node that answers with whatever `answer` does to the stream. */
async function startAgainstRawServer(
  answer: (stream: { send(data: Uint8Array): boolean; close(): Promise<void>; abort(error: Error): void }) => void,
): Promise<{ readonly client: Network; readonly raw: Libp2p }> {
  const raw = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] }, transports: [quic()] })
  await raw.handle(PROTOCOL, (stream) => {
    stream.addEventListener('message', () => answer(stream), { once: true })
  })
  const client = await createTestNode({ peers: raw.getMultiaddrs().map((address) => address.toString()) })
  await client.start()
  running.push(client, raw)
  await until(() => client.peers().length === 1)
  return { client, raw }
}

function header(status: number, lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(37)
  bytes[0] = status
  new DataView(bytes.buffer).setUint32(1, lengthBytes)
  return bytes
}

const scoreOf = (node: Network): number => node.peers()[0]?.score ?? 0

test('a request is answered whole, from empty to the largest response', async () => {
  const { client, server } = await startPair((data, from) => {
    expect(from).toBe(client.peerId)
    return Promise.resolve(new Uint8Array(new DataView(data.buffer, data.byteOffset).getUint32(0)).fill(7))
  })
  for (const sizeBytes of [0, 1, 4096, 1_000_000, 4 * 1024 * 1024]) {
    const request = new Uint8Array(4)
    new DataView(request.buffer).setUint32(0, sizeBytes)
    const response = await client.request(server.peerId, 'blocks-by-hash', request)
    expect(response.length).toBe(sizeBytes)
    expect(response.every((byte) => byte === 7)).toBe(true)
  }
})

test('refusals, failing handlers and oversized answers are codes', async () => {
  const answers: Parameters<typeof startPair>[0][] = [
    () => Promise.resolve({ refused: 'NOT_FOUND' }),
    () => Promise.reject(new Error('bug')),
    () => Promise.resolve(new Uint8Array(4 * 1024 * 1024 + 1)),
  ]
  const { client, server } = await startPair((data, from) => (answers[data[0] ?? 0] as RequestHandler)(data, from))
  const codes = []
  for (const index of answers.keys()) {
    const error = await client.request(server.peerId, 'blocks-by-hash', new Uint8Array([index])).catch((one) => one)
    codes.push([error.code, error.data.code])
  }
  expect(codes).toEqual([
    ['REQUEST_REFUSED', 'NOT_FOUND'],
    ['REQUEST_REFUSED', 'INTERNAL_ERROR'],
    ['REQUEST_REFUSED', 'INTERNAL_ERROR'],
  ])
  await expect(client.request(server.peerId, 'certificates', new Uint8Array(0))).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    data: { code: 'UNSUPPORTED_PROTOCOL' },
  })
})

test('deadline, abort by the caller, unknown peer, oversized request', async () => {
  const { client, server } = await startPair(() => new Promise(() => {}))
  const started = performance.now()
  await expect(
    client.request(server.peerId, 'blocks-by-hash', new Uint8Array(0), { timeoutMs: 100 }),
  ).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
  expect(performance.now() - started).toBeLessThan(2_000)
  const controller = new AbortController()
  const aborted = client.request(server.peerId, 'blocks-by-hash', new Uint8Array(0), { signal: controller.signal })
  controller.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'REQUEST_ABORTED' })
  await expect(client.request('12D3KooWUnknown', 'blocks-by-hash', new Uint8Array(0))).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  })
  await expect(client.request(server.peerId, 'blocks-by-hash', new Uint8Array(65_537))).rejects.toMatchObject({
    code: 'REQUEST_TOO_LARGE',
  })
})

test('at most two requests of one peer run at once, and all twenty are answered', async () => {
  let atOnce = 0
  let most = 0
  const { client, server } = await startPair(async (data) => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await new Promise((resolve) => setImmediate(resolve))
    atOnce -= 1
    return data
  })
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, index) => client.request(server.peerId, 'blocks-by-hash', new Uint8Array([index]))),
  )
  expect(responses.map((one) => one[0])).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBeLessThanOrEqual(2)
})

test('a handler that is set after the start answers and hears too', async () => {
  const { client, server } = await startPair((data) => Promise.resolve(data))
  await expect(client.request(server.peerId, 'certificates', new Uint8Array(1))).rejects.toThrow()
  const heard: number[] = []
  server.onRequest('certificates', (data) => Promise.resolve(data))
  server.onTopic('votes', (data) => {
    heard.push(data[0] ?? -1)
    return { verdict: 'accept' }
  })
  client.onTopic('votes', () => ({ verdict: 'accept' }))
  expect(await client.request(server.peerId, 'certificates', Uint8Array.of(4))).toEqual(Uint8Array.of(4))
  // Subscriptions take a moment to travel.
  await until(() => {
    void client.publish('votes', Uint8Array.of(9))
    return heard.length > 0
  })
  expect(heard[0]).toBe(9)
})

test('a peer that ignores the limit of two is told so', async () => {
  const server = await createTestNode()
  server.onRequest('blocks-by-hash', () => new Promise(() => {}))
  await server.start()
  const raw = await createLibp2p({ transports: [quic()] })
  running.push(server, raw)
  const connection = await raw.dial(server.addresses().map((address) => multiaddr(address)))
  const emptyRequest = header(0, 0)
  emptyRequest.set(createHash('sha256').digest(), 5)
  const statuses: number[] = []
  for (let index = 0; index < 5; index++) {
    const stream = await connection.newStream(PROTOCOL)
    stream.addEventListener('message', (event) => statuses.push(event.data.subarray()[0] ?? -1))
    stream.send(emptyRequest)
  }
  await until(() => statuses.length === 3)
  expect(statuses).toEqual([2, 2, 2])
})

test('garbage instead of a request costs the sender its connection', async () => {
  const server = await createTestNode()
  server.onRequest('blocks-by-hash', (data) => Promise.resolve(data))
  await server.start()
  const raw = await createLibp2p({ transports: [quic()] })
  running.push(server, raw)
  const connection = await raw.dial(server.addresses().map((address) => multiaddr(address)))
  const garbage = [header(9, 0), header(0, 65_537), header(0, 4).fill(1, 5)]
  for (const bytes of garbage) {
    const stream = await connection.newStream(PROTOCOL).catch(() => undefined)
    stream?.send(new Uint8Array([...bytes, 1, 2, 3, 4]))
  }
  await until(() => server.peers().length === 0)
})

test.each([
  [
    'an end in the middle',
    (stream: RawStream): void => void (stream.send(header(0, 100)), stream.close()),
    'FRAME_TRUNCATED',
  ],
  [
    'a length over the limit',
    (stream: RawStream): void => void stream.send(header(0, 0xff_ff_ff_ff)),
    'FRAME_TOO_LARGE',
  ],
  ['an unknown status', (stream: RawStream): void => void stream.send(header(77, 0)), 'FRAME_STATUS'],
  ['a wrong hash', (stream: RawStream): void => void stream.send(header(0, 0)), 'FRAME_HASH'],
  ['bytes after the frame', (stream: RawStream): void => void stream.send(new Uint8Array(40)), 'FRAME_TRAILING_BYTES'],
] as const)('a response with %s is RESPONSE_INVALID and lowers the score', async (_name, answer, reason) => {
  const { client, raw } = await startAgainstRawServer(answer)
  await expect(client.request(raw.peerId.toString(), 'blocks-by-hash', new Uint8Array(0))).rejects.toMatchObject({
    code: 'RESPONSE_INVALID',
    data: { reason },
  })
  expect(scoreOf(client)).toBeLessThan(0)
})

interface RawStream {
  send(data: Uint8Array): boolean
  close(): Promise<void>
  abort(error: Error): void
}

test('a remote abort in the middle of a response is an error, never a short answer', async () => {
  const { client, raw } = await startAgainstRawServer((stream) => {
    stream.send(header(0, 100_000))
    stream.send(new Uint8Array(1000))
    setImmediate(() => stream.abort(new Error('gone')))
  })
  const error = await client
    .request(raw.peerId.toString(), 'blocks-by-hash', new Uint8Array(0))
    .catch((one: { code: string }) => one)
  expect(['RESPONSE_INVALID', 'PEER_UNREACHABLE']).toContain((error as { code: string }).code)
})

test('a peer that dies during a request makes it fail soon', async () => {
  const { client, server } = await startPair(() => new Promise(() => {}))
  const pending = client.request(server.peerId, 'blocks-by-hash', new Uint8Array(0)).catch((error) => error.code)
  await server.stop()
  expect(['PEER_UNREACHABLE', 'RESPONSE_INVALID']).toContain(await pending)
})

test('an identity names its peer', async () => {
  const identity = await generateIdentity()
  const node = await createTestNode({ identity })
  expect(peerIdFromIdentity(identity)).toBe(node.peerId)
  expect(() => peerIdFromIdentity(new Uint8Array([1, 2, 3]))).toThrow(
    expect.objectContaining({ code: 'IDENTITY_INVALID' }),
  )
})
