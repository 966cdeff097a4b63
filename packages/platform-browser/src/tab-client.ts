/**
 * The window's side of the node in a tab: starts its worker, keeps the peer connections that only a window may own,
 * and hands out snapshots.
 */
import { type Remote, proxy, transfer, wrap } from 'comlink'
import type { Hash } from '@cairn/primitives'
import { startRtcHost } from './rtc-host.ts'
import type { BalanceAnswer, TabSnapshot } from './tab-snapshot.ts'
import { initialSnapshot } from './snapshot-publisher.ts'

export interface TabNodeOptions {
  /** Address of the chain spec and the first peers. */
  readonly networkUrl: string
  /** The chain's genesis must have this hash; `undefined`: the server's is shown and taken. */
  readonly pinnedGenesis: Hash | undefined
  /** `any`: WebRTC-direct first, WebSocket second. */
  readonly transport: 'any' | 'webrtc-direct' | 'ws'
}

/** What the worker offers the window, over comlink. */
export interface TabNodeApi {
  /** Resolves at once; what happens is in the snapshots. */
  start(options: TabNodeOptions, rtcPort: MessagePort | undefined, onSnapshot: (snapshot: TabSnapshot) => void): void
  balance(address: string): Promise<BalanceAnswer>
}

export interface TabNodeClient {
  /** The latest; the same object until the next. */
  snapshot(): TabSnapshot
  /** Called on each new snapshot; returns the unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Asks a peer for the account's balance with its proof, and checks it. Never rejects. */
  balance(address: string): Promise<BalanceAnswer>
}

/** Starts the node. It lives as long as the page. */
export function startTabNode(options: TabNodeOptions): TabNodeClient {
  let snapshot = initialSnapshot
  const listeners = new Set<() => void>()
  const show = (next: TabSnapshot): void => {
    snapshot = next
    for (const listener of listeners) listener()
  }
  const worker = new Worker(new URL('./node-worker.ts', import.meta.url), { type: 'module', name: 'cairn-node' })
  const fail = (message: string): void =>
    show({ ...snapshot, phase: 'failed', failure: { code: 'WORKER_FAILED', message, height: undefined } })
  worker.addEventListener('error', (event) =>
    fail(`The node’s worker stopped: ${event.message || 'it could not be loaded'}.`),
  )
  const api: Remote<TabNodeApi> = wrap<TabNodeApi>(worker)
  const rtcPort = openRtcPort()
  api
    .start(options, rtcPort && transfer(rtcPort, [rtcPort]), proxy(show))
    .catch((error: unknown) => fail(String(error)))

  return {
    snapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    balance: (address) =>
      api.balance(address).catch((error: unknown) => refusedBalance('WORKER_FAILED', String(error))),
  }
}

/** The worker's way to peer connections; `undefined` in a browser without WebRTC. */
function openRtcPort(): MessagePort | undefined {
  if (!('RTCPeerConnection' in globalThis)) return undefined
  const { port1, port2 } = new MessageChannel()
  startRtcHost(port1)
  return port2
}

function refusedBalance(code: string, message: string): BalanceAnswer {
  return { refused: { code, message } }
}
