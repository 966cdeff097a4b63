/**
 * Keeps configured peers connected: one loop per peer, dialing exactly the configured addresses (never
 * what the peer store learnt), with growing, jittered pauses. libp2p's own reconnect queue is not used.
 *
 * Where more are configured than are wanted at once, the others stand by. One that has said goodbye, or cannot be reached, makes room
 * for the next of them, and comes back when its time is over and a place is free. A goodbye is answered by an exponential
 * back-off with jitter, which a connection that lasts takes back.
 */
import { CodedError } from '@cairn/primitives'
import type { Clock, PeerId, Random, TimerHandle, Timers } from '@cairn/ports'
import type { DialOutcome } from './dial-race.ts'
import type { Goodbye, GoodbyeCode } from './goodbye.ts'
import {
  CONFIGURED_PEERS_MAX,
  GOODBYE_FORGIVEN_AFTER_MS,
  RECONNECT_FACTOR,
  RECONNECT_JITTER,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  RECONNECT_RESET_MS,
  RECONNECT_YIELD_MS,
  UNREACHABLE_AFTER_DIALS,
} from './limits.ts'
import { backOffMs } from './goodbye.ts'
import { peerIdOf } from './multiaddr-text.ts'

export interface Peering {
  start(): void
  stop(): void
  /** Tell it that a connection with a peer opened, whoever dialed … */
  onConnected(peer: PeerId): void
  /** … and that the last connection to a peer closed. */
  onDisconnected(peer: PeerId): void
  /** It will close, and wants to be left alone for a while. */
  onGoodbye(peer: PeerId, goodbye: Goodbye): void
  /** The network is back: no pause is worth waiting for. What was said in a goodbye stays. */
  wake(): void
  /** This node has become another one for others: who has said goodbye is asked again at once. */
  knock(): void
  /** How it stands with each configured peer, in their order. */
  links(): readonly PeerLink[]
}

/**
 * `connected` · `dialing` · `waiting`: between two dials · `away`: has said goodbye, or could not be reached while others could ·
 * `spare`: not needed.
 */
export interface PeerLink {
  readonly peerId: PeerId
  readonly state: 'connected' | 'dialing' | 'waiting' | 'away' | 'spare'
  /** Why it does not want this node; `undefined`: it has not said so, or a later connection has lasted. */
  readonly goodbye: GoodbyeCode | undefined
  /** When it is dialed again at the earliest, wall clock, milliseconds; of one that is `away`. */
  readonly retryAtMs: number | undefined
  /** What became of the addresses that were begun before the one that connected, at the last dial. */
  readonly failures: readonly DialOutcome[]
}

export interface PeeringOptions {
  readonly peers: readonly string[]
  /** Of those that are kept connected at once; default: all. */
  readonly peersMax?: number | undefined
}

export interface PeeringDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly ownPeerId: PeerId
  readonly isConnected: (peer: PeerId) => boolean
  readonly isRefused: (peer: PeerId) => boolean
  /** By whichever address answers first. Never rejects. */
  readonly dial: (peer: PeerId, addresses: readonly string[]) => Promise<void>
  readonly failures: (peer: PeerId) => readonly DialOutcome[]
  /** Of `links`. */
  readonly onChanged: () => void
}

interface Target {
  readonly peer: PeerId
  readonly addresses: readonly string[]
  /** Wanted now. */
  active: boolean
  pauseMs: number
  /** Dials since the last connection. */
  vain: number
  connectedAtMs: number | undefined
  timer: TimerHandle | undefined
  dialing: boolean
  goodbye: GoodbyeCode | undefined
  /** In a row. */
  goodbyes: number
  /** Monotonic. */
  awayUntilMs: number
}

/** @throws CodedError `PEER_ADDRESS_INVALID` for an address without a peer id or too many peers */
export function createPeering(options: PeeringOptions, deps: PeeringDeps): Peering {
  const targets = targetsFrom(options.peers, deps.ownPeerId)
  const activeMax = options.peersMax ?? CONFIGURED_PEERS_MAX
  let running = false

  function schedule(target: Target, delayMs: number): void {
    if (!running || !target.active || target.timer !== undefined || target.dialing) return
    target.timer = deps.timers.after(delayMs, () => {
      target.timer = undefined
      void attempt(target)
    })
  }

  async function attempt(target: Target): Promise<void> {
    if (!running || !target.active || deps.isConnected(target.peer)) return
    target.dialing = true
    deps.onChanged()
    if (!deps.isRefused(target.peer)) await deps.dial(target.peer, target.addresses)
    target.dialing = false
    if (deps.isConnected(target.peer)) target.vain = 0
    else if ((target.vain += 1) >= UNREACHABLE_AFTER_DIALS && spare() !== undefined) {
      target.vain = 0
      standAside(target, backOffMs({ waitMs: 0, times: 0 }, deps.random))
    } else schedule(target, Math.max(nextPauseMs(target), target.awayUntilMs - deps.clock.monotonicMs()))
    deps.onChanged()
  }

  /** The next one that stands by and may be dialed. */
  function spare(): Target | undefined {
    const nowMs = deps.clock.monotonicMs()
    return [...targets.values()].find(({ active, awayUntilMs }) => !active && awayUntilMs <= nowMs)
  }

  function fill(): void {
    let count = [...targets.values()].filter(({ active }) => active).length
    for (let next = spare(); count < activeMax && next !== undefined; next = spare()) {
      next.active = true
      count++
      schedule(next, firstDelayMs(next))
    }
  }

  /** Makes room for others for so long, and is dialed again afterwards if there is room for it then. */
  function standAside(target: Target, forMs: number): void {
    target.awayUntilMs = deps.clock.monotonicMs() + forMs
    target.active = false
    target.timer?.cancel()
    target.timer = undefined
    fill()
    deps.timers.after(forMs, () => {
      if (!running || target.active || target.awayUntilMs > deps.clock.monotonicMs()) return
      fill()
      deps.onChanged()
    })
  }

  function nextPauseMs(target: Target): number {
    const spread = 1 + RECONNECT_JITTER * (2 * unitRandom(deps.random) - 1)
    const pauseMs = target.pauseMs * spread
    target.pauseMs = Math.min(RECONNECT_MAX_MS, target.pauseMs * RECONNECT_FACTOR)
    return pauseMs
  }

  function firstDelayMs(target: Target): number {
    return deps.ownPeerId > target.peer ? RECONNECT_YIELD_MS : 0
  }

  function linkOf(target: Target): PeerLink {
    const { peer, active, dialing, goodbye, awayUntilMs } = target
    const leftMs = awayUntilMs - deps.clock.monotonicMs()
    const isConnected = deps.isConnected(peer)
    const isAway = !isConnected && !dialing && leftMs > 0
    return {
      peerId: peer,
      state: isConnected ? 'connected' : dialing ? 'dialing' : isAway ? 'away' : active ? 'waiting' : 'spare',
      goodbye,
      // Whole seconds, so that what is asked for often says the same.
      retryAtMs: isAway ? Math.round((deps.clock.nowMs() + leftMs) / 1000) * 1000 : undefined,
      failures: deps.failures(peer),
    }
  }

  return {
    start() {
      running = true
      fill()
    },
    stop() {
      running = false
      for (const target of targets.values()) target.timer?.cancel()
    },
    onConnected(peer) {
      const target = targets.get(peer)
      if (target !== undefined) target.connectedAtMs ??= deps.clock.monotonicMs()
    },
    onDisconnected(peer) {
      const target = targets.get(peer)
      if (target === undefined) return
      const nowMs = deps.clock.monotonicMs()
      const livedMs = nowMs - (target.connectedAtMs ?? nowMs)
      target.connectedAtMs = undefined
      // A connection that is closed again at once must not be retried at full speed.
      if (livedMs >= RECONNECT_RESET_MS) target.pauseMs = RECONNECT_MIN_MS
      if (target.awayUntilMs > nowMs) return deps.onChanged()
      if (livedMs >= GOODBYE_FORGIVEN_AFTER_MS) forgive(target)
      schedule(target, nextPauseMs(target) + firstDelayMs(target))
    },
    onGoodbye(peer, { code, waitMs }) {
      const target = targets.get(peer)
      // Said once for each connection; again while it is away it says nothing new.
      if (target === undefined || target.awayUntilMs > deps.clock.monotonicMs()) return
      const livedMs = deps.clock.monotonicMs() - (target.connectedAtMs ?? deps.clock.monotonicMs())
      if (livedMs >= GOODBYE_FORGIVEN_AFTER_MS) forgive(target)
      target.goodbye = code
      standAside(target, backOffMs({ waitMs, times: target.goodbyes }, deps.random))
      target.goodbyes += 1
      deps.onChanged()
    },
    wake() {
      for (const target of targets.values()) {
        target.pauseMs = RECONNECT_MIN_MS
        target.timer?.cancel()
        target.timer = undefined
        if (!deps.isConnected(target.peer)) schedule(target, 0)
      }
    },
    knock() {
      for (const target of targets.values()) {
        target.awayUntilMs = 0
        forgive(target)
      }
      fill()
      deps.onChanged()
    },
    links: () => [...targets.values()].map(linkOf),
  }
}

function forgive(target: Target): void {
  target.goodbye = undefined
  target.goodbyes = 0
}

function targetsFrom(peers: readonly string[], ownPeerId: PeerId): ReadonlyMap<PeerId, Target> {
  const addresses = new Map<PeerId, string[]>()
  for (const address of peers) {
    const peer = peerIdOf(address)
    if (peer === undefined) throw invalidAddress(address)
    if (peer !== ownPeerId) addresses.set(peer, [...(addresses.get(peer) ?? []), address])
  }
  if (addresses.size > CONFIGURED_PEERS_MAX) throw invalidAddress(`${addresses.size} peers`)
  return new Map(
    [...addresses].map(([peer, list]) => [
      peer,
      {
        peer,
        addresses: list,
        active: false,
        pauseMs: RECONNECT_MIN_MS,
        vain: 0,
        connectedAtMs: undefined,
        timer: undefined,
        dialing: false,
        goodbye: undefined,
        goodbyes: 0,
        awayUntilMs: 0,
      },
    ]),
  )
}

/** In [0, 1). */
function unitRandom(random: Random): number {
  return (random.bytes(1)[0] ?? 0) / 256
}

function invalidAddress(address: string): CodedError {
  return new CodedError('PEER_ADDRESS_INVALID', `a peer address must end in /p2p/<peer id>: ${address}`)
}
