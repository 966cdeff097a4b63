/** A worker in a real Chromium talks to a Node process over WebRTC-direct and over WebSocket. */
import type { Network, PeerSummary } from '@cairn/ports'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  GENESIS_HASH,
  callWorker,
  executablePath,
  startNetworkPages,
  startServer,
  until,
} from './chromium/network-page.ts'
import type { NetworkPages } from './chromium/network-page.ts'

const running: Network[] = []
let pages: NetworkPages

beforeAll(async () => {
  if (executablePath !== undefined) pages = await startNetworkPages()
}, 120_000)

beforeEach(({ skip }) => skip(executablePath === undefined, 'no Chromium (CAIRN_CHROMIUM)'))

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()))
})

afterAll(() => pages?.close())

/** Runs in the page: says so, then computes for two seconds. */
function blockWindow(): void {
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => SynchronousRequest }
  const request = new XMLHttpRequest()
  request.open('GET', '/blocked', false)
  request.send()
  const endMs = performance.now() + 2_000
  while (performance.now() < endMs);
}

interface SynchronousRequest {
  open(method: string, url: string, asynchronous: boolean): void
  send(): void
}

test.each([
  ['webrtc-direct', '/webrtc-direct/'],
  ['ws', '/ws/'],
])(
  'over %s: gossip both ways, requests both ways, large responses, a busy window, and a closed tab is noticed',
  async (transport, part) => {
    const { node, received } = await startServer()
    running.push(node)
    const page = await pages.open()
    const addresses = node.addresses().filter((address) => address.includes(part))
    const tab = await callWorker<string>(page, 'start', addresses, GENESIS_HASH)
    const peersOfTab = (): Promise<readonly PeerSummary[]> => callWorker(page, 'peers')
    await until(async () => (await peersOfTab())[0]?.gossiping === true && node.peers()[0]?.gossiping === true)
    expect((await peersOfTab())[0]).toMatchObject({ peerId: node.peerId, transport, direction: 'outbound' })

    await until(async () => (await callWorker<number>(page, 'publish', 'from the tab')) > 0)
    await until(() => received.includes('from the tab'))
    await until(async () => (await node.publish('votes', new TextEncoder().encode('from the server'))) > 0)
    await until(async () => (await callWorker<string[]>(page, 'received')).includes('from the server'))

    for (const sizeBytes of [0, 1000, 2_000_000]) {
      expect(await callWorker(page, 'request', node.peerId, sizeBytes)).toBe(sizeBytes)
    }
    expect(await node.request(tab, 'blocks-by-hash', new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([3, 2, 1]))

    // Gossip goes on while the window is blocked; only new streams need the window.
    let windowIsFree = false
    const nextBlock = new Promise<void>((resolve) => pages.onBlocked(resolve))
    const blocked = page.evaluate(blockWindow).then(() => (windowIsFree = true))
    await nextBlock
    await node.publish('votes', new TextEncoder().encode('ping'))
    await until(() => received.includes('pong'))
    expect(windowIsFree).toBe(false)
    await blocked
    await page.context().close()
    await until(() => node.peers().length === 0)
  },
  60_000,
)

/** In the window, before the page's own script: as in a browser where ICE with libp2p's credentials leads nowhere. */
const WITHOUT_ICE = `{
  const Real = RTCPeerConnection
  globalThis.opened = []
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(configuration)
      globalThis.opened.push(this)
    }
    setRemoteDescription({ type, sdp }) {
      return super.setRemoteDescription({ type, sdp: sdp.replace(/a=candidate:[^\\n]*\\n/g, '') })
    }
  }
}`

/** Runs in the page: how many peer connections there were, and how many of them are not closed. */
function countConnections(): readonly [number, number] {
  const { opened } = globalThis as unknown as { readonly opened: readonly { readonly connectionState: string }[] }
  return [opened.length, opened.filter(({ connectionState }) => connectionState !== 'closed').length]
}

test('where WebRTC-direct leads nowhere WebSocket takes over, and no peer connection is left', async () => {
  const { node } = await startServer()
  running.push(node)
  const page = await pages.open(WITHOUT_ICE)
  const addresses = ['/webrtc-direct/', '/ws/'].flatMap((part) => node.addresses().filter((one) => one.includes(part)))
  await callWorker<string>(page, 'start', addresses, GENESIS_HASH)
  const transports = async (): Promise<readonly string[]> =>
    (await callWorker<readonly PeerSummary[]>(page, 'peers')).map(({ transport }) => transport)
  await until(async () => (await transports()).includes('ws'))
  await until(async () => (await page.evaluate(countConnections))[1] === 0)
  const [before] = await page.evaluate(countConnections)
  expect(before).toBeGreaterThan(0)
  expect(node.peers()).toHaveLength(1)
  await page.context().close()
}, 60_000)
