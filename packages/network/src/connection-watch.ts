/**
 * Looks after open connections: closes what is over a limit, reduces duplicates, and repairs gossip. Gossipsub
 * opens its outbound stream once per peer and never again, so a stream lost on a living connection, or with the
 * closing one of two connections, would leave a silent hole in the mesh.
 *
 * Duplicates: of the same direction the newest stays (a restarted peer's old connection is dead), but where both are of one
 * moment whoever dialed has raced two addresses and closes one itself: only what is left of it after a while is reduced; of opposite
 * directions, after a grace, the one dialed by the smaller peer id, so that both sides choose alike; but an old one that
 * the peer no longer sees, or it would not have dialed, goes at once. A relayed link is
 * no duplicate of a direct connection: it goes once there is a direct one.
 */
import type { Clock, Log, PeerId, TimerHandle, Timers } from '@cairn/ports'
import type { ConnectionView, PeerIdView, PubsubView, StreamView } from './libp2p-view.ts'
import {
  CONNECTIONS_PER_PEER_MAX,
  DUPLICATE_GRACE_MS,
  GOSSIP_MISSING_MAX_MS,
  GOSSIP_REOPEN_AFTER_MS,
  RACE_GRACE_MS,
  RELAYED_GRACE_MS,
  WATCH_INTERVAL_MS,
} from './limits.ts'

export interface ConnectionWatch {
  start(): void
  stop(): void
  onOpened(connection: ConnectionView): void
  onClosed(connection: ConnectionView): void
  /** Whether both gossip streams with the peer are open. */
  isGossiping(peer: PeerId): boolean
  /** Closes all connections with the peer in the background. */
  disconnect(peer: PeerId, why: string): void
}

export interface ConnectionWatchDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly ownPeerId: PeerId
  readonly pubsub: PubsubView
  readonly connections: () => readonly ConnectionView[]
  /** Gossip with a peer has begun, or has ended. */
  readonly onGossipChanged: () => void
  /** Why a connection may not stay; `close` is for one that may stay for a while only. */
  readonly admit: (connection: ConnectionView, close: (why: string) => void) => string | undefined
  /** Tells the peer why it has to go; `undefined`: there is nothing to tell. Never rejects. */
  readonly sayGoodbye: (connection: ConnectionView, why: string) => Promise<void> | undefined
}

export function createConnectionWatch(deps: ConnectionWatchDeps): ConnectionWatch {
  /** Peer → since when gossip is incomplete, monotonic. */
  const gossipMissingSince = new Map<PeerId, number>()
  const openedAtMs = new WeakMap<ConnectionView, number>()
  let gossiping: ReadonlySet<PeerId> = new Set()
  let timer: TimerHandle | undefined
  let running = false

  function openConnections(peer: PeerId): ConnectionView[] {
    return deps
      .connections()
      .filter((connection) => connection.status === 'open' && connection.remotePeer.toString() === peer)
  }

  function directConnections(peer: PeerId): ConnectionView[] {
    return openConnections(peer).filter((connection) => connection.limits === undefined)
  }

  function closeRelayed(peer: PeerId): void {
    if (directConnections(peer).length === 0) return
    for (const connection of openConnections(peer)) if (connection.limits !== undefined) close(connection, 'upgraded')
  }

  function close(connection: ConnectionView, why: string): void {
    deps.log.debug('closing a connection', { peer: connection.remotePeer.toString(), why })
    connection.close().catch((error: unknown) => connection.abort(error as Error))
  }

  /** Over a limit: with a word where possible. */
  function dismiss(connection: ConnectionView, why: string): void {
    const said = deps.sayGoodbye(connection, why)
    if (said === undefined) close(connection, why)
    else void said.then(() => close(connection, why))
  }

  function hasOutbound(peer: PeerId): boolean {
    return isOpen(deps.pubsub.streamsOutbound.get(peer)?.rawStream)
  }

  function isGossiping(peer: PeerId): boolean {
    return hasOutbound(peer) && isOpen(deps.pubsub.streamsInbound.get(peer)?.rawStream)
  }

  function reopenGossip(peer: PeerIdView): void {
    const connection = directConnections(peer.toString()).at(-1)
    if (connection === undefined || hasOutbound(peer.toString())) return
    // Gossipsub opens none while it remembers one, also one that ended without telling it.
    deps.pubsub.streamsOutbound.delete(peer.toString())
    deps.pubsub.onPeerConnected(peer, connection)
  }

  function settleOpposite(peer: PeerId): void {
    const open = directConnections(peer)
    const preferred = deps.ownPeerId < peer ? 'outbound' : 'inbound'
    if (!open.some((connection) => connection.direction === preferred)) return
    for (const connection of open) if (connection.direction !== preferred) close(connection, 'duplicate')
  }

  function checkGossip(peer: PeerIdView): void {
    const id = peer.toString()
    const nowMs = deps.clock.monotonicMs()
    if (isGossiping(id)) return void gossipMissingSince.delete(id)
    const sinceMs = gossipMissingSince.get(id) ?? nowMs
    gossipMissingSince.set(id, sinceMs)
    if (nowMs - sinceMs >= GOSSIP_MISSING_MAX_MS) {
      gossipMissingSince.delete(id)
      for (const connection of openConnections(id)) close(connection, 'no gossip')
    } else if (nowMs - sinceMs >= GOSSIP_REOPEN_AFTER_MS) reopenGossip(peer)
  }

  function tick(): void {
    const peers = new Map<PeerId, PeerIdView>()
    for (const connection of deps.connections()) {
      // Relayed connections carry no gossip.
      if (connection.limits === undefined) peers.set(connection.remotePeer.toString(), connection.remotePeer)
    }
    for (const id of gossipMissingSince.keys()) if (!peers.has(id)) gossipMissingSince.delete(id)
    for (const peer of peers.values()) checkGossip(peer)
    const before = gossiping
    gossiping = new Set([...peers.keys()].filter(isGossiping))
    if (gossiping.size !== before.size || ![...gossiping].every((peer) => before.has(peer))) deps.onGossipChanged()
    if (running) timer = deps.timers.after(WATCH_INTERVAL_MS, tick)
  }

  return {
    isGossiping,
    start() {
      running = true
      timer = deps.timers.after(WATCH_INTERVAL_MS, tick)
    },
    stop() {
      running = false
      timer?.cancel()
    },
    onOpened(connection) {
      const why = deps.admit(connection, (later) => dismiss(connection, later))
      if (why !== undefined) return dismiss(connection, why)
      const peer = connection.remotePeer.toString()
      if (openConnections(peer).some((other) => other.limits !== undefined) || connection.limits !== undefined) {
        deps.timers.after(RELAYED_GRACE_MS, () => closeRelayed(peer))
      }
      if (connection.limits !== undefined) return
      const nowMs = deps.clock.monotonicMs()
      openedAtMs.set(connection, nowMs)
      const older = directConnections(peer).filter((other) => other.id !== connection.id)
      const ageMs = (other: ConnectionView): number => nowMs - (openedAtMs.get(other) ?? nowMs)
      for (const other of older) {
        if (other.direction !== connection.direction) continue
        if (ageMs(other) > RACE_GRACE_MS) close(other, 'replaced')
        else {
          deps.timers.after(RACE_GRACE_MS, () => {
            if (running && connection.status === 'open') close(other, 'replaced')
          })
        }
      }
      // A peer dials only while it sees no connection: one that is older than any race of dials is dead, perhaps with its process.
      const isDead = (other: ConnectionView): boolean => ageMs(other) > DUPLICATE_GRACE_MS
      if (connection.direction === 'inbound') for (const other of older) if (isDead(other)) close(other, 'dialed anew')
      const opposite = older.filter((other) => other.direction !== connection.direction)
      for (const other of opposite.slice(0, -(CONNECTIONS_PER_PEER_MAX - 1))) close(other, 'too many')
      if (opposite.length > 0) {
        deps.timers.after(DUPLICATE_GRACE_MS, () => {
          if (running) settleOpposite(peer)
        })
      }
    },
    onClosed(connection) {
      if (running) reopenGossip(connection.remotePeer)
    },
    disconnect(peer, why) {
      for (const connection of openConnections(peer)) close(connection, why)
    },
  }
}

function isOpen(stream: StreamView | undefined): boolean {
  return stream !== undefined && stream.status === 'open'
}
