/**
 * Keeps the configured peers connected: one loop per peer, dialing exactly the configured addresses in turn (never
 * what the peer store learnt), with growing, jittered pauses. libp2p's own reconnect queue is not used.
 */
import { CodedError } from '@cairn/primitives'
import type { Clock, Log, PeerId, Random, TimerHandle, Timers } from '@cairn/ports'
import {
  CONFIGURED_PEERS_MAX,
  RECONNECT_FACTOR,
  RECONNECT_JITTER,
  RECONNECT_MAX_MS,
  RECONNECT_MIN_MS,
  RECONNECT_RESET_MS,
  RECONNECT_YIELD_MS,
} from './limits.ts'
import { peerIdOf } from './multiaddr-text.ts'

export interface Peering {
  start(): void
  stop(): void
  /** Tell it that a connection with a peer opened, whoever dialed … */
  onConnected(peer: PeerId): void
  /** … and that the last connection to a peer closed. */
  onDisconnected(peer: PeerId): void
  /** The network is back: no pause is worth waiting for. */
  wake(): void
}

export interface PeeringDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly ownPeerId: PeerId
  readonly isConnected: (peer: PeerId) => boolean
  readonly isRefused: (peer: PeerId) => boolean
  /** Rejects when the dial fails. */
  readonly dial: (address: string) => Promise<void>
}

interface Target {
  readonly peer: PeerId
  readonly addresses: readonly string[]
  attempts: number
  pauseMs: number
  connectedAtMs: number | undefined
  timer: TimerHandle | undefined
  dialing: boolean
}

/** @throws CodedError `PEER_ADDRESS_INVALID` for an address without a peer id or too many peers */
export function createPeering(options: { readonly peers: readonly string[] }, deps: PeeringDeps): Peering {
  const targets = targetsFrom(options.peers, deps.ownPeerId)
  let running = false

  function schedule(target: Target, delayMs: number): void {
    if (!running || target.timer !== undefined || target.dialing) return
    target.timer = deps.timers.after(delayMs, () => {
      target.timer = undefined
      void attempt(target)
    })
  }

  async function attempt(target: Target): Promise<void> {
    if (!running || deps.isConnected(target.peer)) return
    target.dialing = true
    const address = target.addresses[target.attempts % target.addresses.length] as string
    target.attempts += 1
    try {
      if (!deps.isRefused(target.peer)) await deps.dial(address)
    } catch (error) {
      deps.log.debug('dial failed', { address, error })
    }
    target.dialing = false
    if (!deps.isConnected(target.peer)) schedule(target, nextPauseMs(target))
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

  return {
    start() {
      running = true
      for (const target of targets.values()) schedule(target, firstDelayMs(target))
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
      schedule(target, nextPauseMs(target) + firstDelayMs(target))
    },
    wake() {
      for (const target of targets.values()) {
        target.pauseMs = RECONNECT_MIN_MS
        target.timer?.cancel()
        target.timer = undefined
        if (!deps.isConnected(target.peer)) schedule(target, 0)
      }
    },
  }
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
        attempts: 0,
        pauseMs: RECONNECT_MIN_MS,
        connectedAtMs: undefined,
        timer: undefined,
        dialing: false,
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
