/**
 * Finds peers that nobody configured, and keeps some of them connected directly: tabs among themselves by WebRTC, signalled
 * over a relay. Each connected peer is asked now and then whom it knows. A dial that ends with a relayed link only
 * leaves that link in use and is tried again later; a peer that is connected is never dialed.
 */
import type { Clock, PeerId, Random, TimerHandle, Timers } from '@cairn/ports'
import {
  DHT_INTERVAL_MS,
  EXCHANGE_INTERVAL_MS,
  EXCHANGE_THIN_INTERVAL_MS,
  EXCHANGE_TIMEOUT_MS,
  MESH_DIALS_MAX,
  MESH_INTERVAL_MS,
  PENALTY,
} from './limits.ts'
import type { PeerBook } from './peer-book.ts'
import { type PeerDirectory, decodePeersResponse, encodePeersRequest } from './peer-exchange.ts'

export interface Mesh {
  start(): void
  stop(): void
  /** The network changed: all peers may be dialed again, and are asked for others. */
  wake(): void
}

export interface MeshOptions {
  readonly ownPeerId: PeerId
  /** Discovered peers to keep connected. */
  readonly target: number
  /** Kept connected by others. */
  readonly isConfigured: (peer: PeerId) => boolean
}

export interface MeshDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly book: PeerBook
  readonly directory: PeerDirectory
  /** With any open connection, relayed ones too. */
  readonly connectedPeers: () => readonly PeerId[]
  readonly isDirect: (peer: PeerId) => boolean
  readonly isRefused: (peer: PeerId) => boolean
  /** By whichever address answers first. Never rejects. */
  readonly dial: (peer: PeerId, addresses: readonly string[]) => Promise<void>
  readonly ownAddresses: () => readonly string[]
  readonly request: (
    peer: PeerId,
    protocol: 'peers',
    data: Uint8Array,
    options: { readonly timeoutMs: number },
  ) => Promise<Uint8Array>
  readonly report: (peer: PeerId, cost: number, code: string) => void
  /** A look-up beyond the own peers; fills the book. Called now and then while there are too few. Never rejects. */
  readonly lookFurther: (() => Promise<void>) | undefined
}

/** A connected peer was asked for others. */
interface Asked {
  /** Monotonic. */
  readonly atMs: number
  /** Addresses of our own that it heard then. */
  readonly told: string
  /** To the next time while the mesh is thin; longer with each answer that names nobody new. */
  pauseMs: number
}

const nextPauseMs = (pauseMs: number): number => Math.min(2 * pauseMs, EXCHANGE_INTERVAL_MS)

export function createMesh(options: MeshOptions, deps: MeshDeps): Mesh {
  const dialing = new Set<PeerId>()
  const asked = new Map<PeerId, Asked>()
  let timer: TimerHandle | undefined
  let running = false
  let isLooking = false
  let lookAtMs = 0

  function directCount(): number {
    return deps.connectedPeers().filter((peer) => deps.isDirect(peer) && !options.isConfigured(peer)).length
  }

  async function ask(peer: PeerId, addresses: readonly string[]): Promise<void> {
    let data: Uint8Array
    try {
      data = await deps.request(peer, 'peers', encodePeersRequest(addresses), { timeoutMs: EXCHANGE_TIMEOUT_MS })
    } catch {
      return
    }
    const answer = decodePeersResponse(data)
    if (!answer.ok) return deps.report(peer, PENALTY.RESPONSE_INVALID, answer.code)
    let hasNews = false
    for (const known of answer.value) hasNews = deps.book.add(known.peer, known.addresses, peer) || hasNews
    const last = asked.get(peer)
    if (last !== undefined) last.pauseMs = hasNews ? EXCHANGE_THIN_INTERVAL_MS : nextPauseMs(last.pauseMs)
  }

  function askAround(): void {
    const nowMs = deps.clock.monotonicMs()
    const addresses = deps.ownAddresses()
    const told = addresses.join()
    const connected = deps.connectedPeers()
    for (const peer of asked.keys()) if (!connected.includes(peer)) asked.delete(peer)
    const isThin = directCount() < options.target
    for (const peer of connected) {
      const last = asked.get(peer)
      const intervalMs = isThin ? (last?.pauseMs ?? 0) : EXCHANGE_INTERVAL_MS
      // New addresses of our own are news for everybody.
      if (last !== undefined && nowMs - last.atMs < intervalMs && last.told === told) continue
      asked.set(peer, { atMs: nowMs, told, pauseMs: last?.pauseMs ?? EXCHANGE_THIN_INTERVAL_MS })
      void ask(peer, addresses)
    }
  }

  async function connect(peer: PeerId, addresses: readonly string[]): Promise<void> {
    dialing.add(peer)
    await deps.dial(peer, addresses)
    dialing.delete(peer)
    if (deps.isDirect(peer)) deps.book.succeeded(peer)
    else deps.book.failed(peer)
  }

  function dialMore(): void {
    const isWanted = (peer: PeerId): boolean =>
      !dialing.has(peer) && !deps.isDirect(peer) && !options.isConfigured(peer) && !deps.isRefused(peer)
    while (dialing.size < MESH_DIALS_MAX && directCount() + dialing.size < options.target) {
      const found = deps.book.next(isWanted)
      if (found === undefined) return
      void connect(found.peer, found.addresses)
    }
  }

  function lookFurther(): void {
    const nowMs = deps.clock.monotonicMs()
    if (deps.lookFurther === undefined || isLooking || nowMs < lookAtMs || directCount() >= options.target) return
    isLooking = true
    void deps.lookFurther().finally(() => {
      isLooking = false
      lookAtMs = deps.clock.monotonicMs() + DHT_INTERVAL_MS
    })
  }

  function tick(): void {
    askAround()
    lookFurther()
    dialMore()
    if (running) timer = deps.timers.after(MESH_INTERVAL_MS, tick)
  }

  return {
    start() {
      running = true
      lookAtMs = deps.clock.monotonicMs() + DHT_INTERVAL_MS
      tick()
    },
    stop() {
      running = false
      timer?.cancel()
    },
    wake() {
      if (!running) return
      deps.book.forgive()
      asked.clear()
      timer?.cancel()
      tick()
    },
  }
}
