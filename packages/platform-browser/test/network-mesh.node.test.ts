/** Tabs find each other over a relay, connect by WebRTC, and go on among themselves when it is gone. */
import { generateIdentity } from '@cairn/network'
import type { Network, PeerSummary } from '@cairn/ports'
import type { Page } from 'playwright-core'
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
const opened: Page[] = []
let pages: NetworkPages

beforeAll(async () => {
  if (executablePath !== undefined) pages = await startNetworkPages()
}, 120_000)

beforeEach(({ skip }) => skip(executablePath === undefined, 'no Chromium (CAIRN_CHROMIUM)'))

afterEach(async () => {
  await Promise.all(opened.splice(0).map((page) => page.context().close()))
  await Promise.all(running.splice(0).map((node) => node.stop()))
})

afterAll(() => pages?.close())

async function startTab(
  addresses: readonly string[],
  initScript?: string,
): Promise<{ readonly page: Page; readonly peerId: string }> {
  const page = await pages.open(initScript)
  opened.push(page)
  return { page, peerId: await callWorker<string>(page, 'start', addresses, GENESIS_HASH) }
}

const peersOf = (page: Page): Promise<readonly PeerSummary[]> => callWorker(page, 'peers')

const gossipsWith = async (page: Page, peer: string): Promise<boolean> =>
  (await peersOf(page)).some(
    ({ peerId, gossiping, transport }) => peerId === peer && gossiping && transport === 'webrtc',
  )

test('two tabs that know one server connect with each other, and exchange gossip and blocks when the server is gone', async () => {
  const identity = await generateIdentity()
  const { node } = await startServer({ identity, isWebSocketOnly: true })
  running.push(node)
  const a = await startTab(node.addresses())
  const b = await startTab(node.addresses())
  await until(async () => (await gossipsWith(a.page, b.peerId)) && (await gossipsWith(b.page, a.peerId)), 40_000)
  await node.stop()
  await until(async () => (await peersOf(a.page)).length === 1 && (await peersOf(b.page)).length === 1)
  expect(await callWorker(a.page, 'publish', 'among tabs')).toBe(1)
  await until(async () => (await callWorker<string[]>(b.page, 'received')).includes('among tabs'))
  expect(await callWorker(b.page, 'echo', a.peerId, [1, 2, 3])).toEqual([3, 2, 1])
}, 90_000)

test('tabs come back to a relay that was restarted, and a new tab finds all of them there', async () => {
  const identity = await generateIdentity()
  const first = await startServer({ identity, isWebSocketOnly: true })
  running.push(first.node)
  const overWebSocket = first.node.addresses().filter((address) => address.includes('/ws/'))
  const wsPort = Number(overWebSocket[0]?.split('/')[4])
  const a = await startTab(overWebSocket)
  const b = await startTab(overWebSocket)
  await until(async () => (await gossipsWith(a.page, b.peerId)) && (await gossipsWith(b.page, a.peerId)), 40_000)
  await first.node.stop()
  await until(async () => (await peersOf(a.page)).length === 1)
  const second = await startServer({ identity, wsPort, isWebSocketOnly: true })
  running.push(second.node)
  await until(() => second.node.peers().filter(({ gossiping }) => gossiping).length === 2, 30_000)
  const c = await startTab(overWebSocket)
  await until(async () => (await gossipsWith(c.page, a.peerId)) && (await gossipsWith(c.page, b.peerId)), 40_000)
}, 150_000)

test('where WebRTC between tabs fails, the relayed link stays and serves requests', async () => {
  const { node } = await startServer({ isWebSocketOnly: true })
  running.push(node)
  const overWebSocket = node.addresses().filter((address) => address.includes('/ws/'))
  const a = await startTab(overWebSocket)
  const b = await startTab(overWebSocket, 'globalThis.RTCPeerConnection = function () { throw new Error("none") }')
  const isRelayed = async (page: Page, peer: string): Promise<boolean> =>
    (await peersOf(page)).some(({ peerId, transport }) => peerId === peer && transport === 'p2p-circuit')
  await until(async () => (await isRelayed(a.page, b.peerId)) && (await isRelayed(b.page, a.peerId)), 40_000)
  expect(await callWorker(b.page, 'echo', a.peerId, [1, 2, 3])).toEqual([3, 2, 1])
  expect(await callWorker(a.page, 'echo', b.peerId, [4, 5])).toEqual([5, 4])
}, 90_000)

test('a closed tab is gone for the others at once; living connections outlast a change of networks', async () => {
  const { node } = await startServer({ isWebSocketOnly: true })
  running.push(node)
  const a = await startTab(node.addresses())
  const b = await startTab(node.addresses())
  await until(async () => (await gossipsWith(a.page, b.peerId)) && (await gossipsWith(b.page, a.peerId)), 40_000)
  await callWorker(a.page, 'wake')
  expect(await gossipsWith(a.page, b.peerId)).toBe(true)
  await b.page.context().close()
  // By the keep-alive alone it would take ten seconds.
  await until(async () => !(await peersOf(a.page)).some(({ peerId }) => peerId === b.peerId), 5_000)
}, 90_000)
