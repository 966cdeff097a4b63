/** Who is connected: configured peers, discovered ones, watching, scoring, and what of it is kept over a restart. */
import type { Network, PeerId } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Admission } from './admission.ts'
import { createConnectionWatch } from './connection-watch.ts'
import { createDeadline } from './deadline.ts'
import { type Dht, openDht } from './dht.ts'
import { raceDials } from './dial-race.ts'
import { connectionTo, dial, isDirect } from './libp2p-node.ts'
import type { ConnectionView, Libp2pView, PeerIdView } from './libp2p-view.ts'
import { type Goodbye, encodeGoodbye } from './goodbye.ts'
import {
  DIAL_TIMEOUT_MS,
  GOODBYE_CLOSE_AFTER_MS,
  GOODBYE_TIMEOUT_MS,
  MESH_TARGET,
  WAKE_PING_TIMEOUT_MS,
} from './limits.ts'
import { type Mesh, createMesh } from './mesh.ts'
import { peerIdOf } from './multiaddr-text.ts'
import type { NetworkDeps, NetworkOptions } from './network-options.ts'
import { createOwnAddresses } from './own-addresses.ts'
import { usableAddresses } from './peer-addresses.ts'
import { createPeerBook } from './peer-book.ts'
import { type PeerDirectory, createPeerDirectory } from './peer-exchange.ts'
import { createPeerKeeper } from './peer-keeper.ts'
import { type Peering, createPeering } from './peering.ts'
import { type Reach, createReach } from './reach.ts'
import type { ScoreBook } from './score-book.ts'

export type Report = (peer: PeerId, cost: number, code: string) => void

export interface Links {
  readonly report: Report
  readonly isGossiping: (peer: PeerId) => boolean
  /** What peers say of themselves. */
  readonly directory: PeerDirectory
  /** Our own, as far as they are worth telling. */
  readonly ownAddresses: () => readonly string[]
  onPeersChanged(listener: () => void): () => void
  /** Remembered peers and bans; before anybody can connect. */
  load(): Promise<void>
  start(): void
  stop(): Promise<void>
  /** Dials at once what is missing, and closes what does not answer. */
  wake(): void
  onGoodbye(peer: PeerId, goodbye: Goodbye): void
  readonly peering: Pick<Peering, 'links' | 'knock'>
  onLinksChanged(listener: () => void): () => void
}

export interface LinksParts {
  readonly libp2p: Libp2pView
  readonly book: ScoreBook
  readonly admission: Admission
  readonly request: Network['request']
}

export function createLinks(options: NetworkOptions, deps: NetworkDeps, own: LinksParts): Links {
  const { libp2p, book, admission } = own
  const listeners = new Set<() => void>()
  const ownPeerId = libp2p.peerId.toString()
  const connections = (): readonly ConnectionView[] => libp2p.getConnections()
  const isConnected = (peer: PeerId): boolean => connectionTo(connections(), peer) !== undefined
  const { pubsub } = libp2p.services
  const directory = createPeerDirectory()
  const reach = createReach()
  const watch = createConnectionWatch({
    ...deps,
    ownPeerId,
    pubsub,
    connections,
    admit: (connection, close) =>
      admission.admit(connection, (code) => {
        deps.metrics.count('network_put_out_total', { code })
        close(code)
      }),
    sayGoodbye(connection, why) {
      const goodbye = admission.farewell(connection, why)
      if (goodbye === undefined) return undefined
      deps.metrics.count('network_goodbyes_total', { code: goodbye.code })
      const options = { timeoutMs: GOODBYE_TIMEOUT_MS }
      // Whether it was heard makes no difference.
      return own.request(connection.remotePeer.toString(), 'goodbye', encodeGoodbye(goodbye), options).then(
        () => undefined,
        () => undefined,
      )
    },
    onGossipChanged: () => notifyPeersChanged(),
  })
  const shared = {
    ...deps,
    ownPeerId,
    isRefused: book.isRefused,
    dial: createDialer(options, deps, { libp2p, reach }),
  }
  const linkListeners = new Set<() => void>()
  const peering = createPeering(options, {
    ...shared,
    isConnected: (peer) => isDirect(connections(), peer),
    failures: reach.failures,
    onChanged: () => {
      for (const listener of linkListeners) listener()
    },
  })
  const peers = createPeerBook({ ownPeerId, transports: options.discovery?.transports ?? [] }, deps)
  const keeper = createPeerKeeper({
    ...deps,
    memory: deps.memory,
    book,
    addressesOf: (peer) => reach.order(peer, knownAddresses(peer, options.peers, directory)),
  })

  const report: Report = (peer, cost, code) => {
    const action = book.report(peer, cost)
    deps.metrics.count('network_penalties_total', { code })
    if (action === 'keep') return
    deps.log.warn('peer disconnected for misbehaviour', { peer, code, action })
    watch.disconnect(peer, action)
  }
  const dht = createLazyDht(options, deps, libp2p)
  const ownAddresses = createOwnAddresses(libp2p, deps.clock)
  const mesh: Mesh | undefined =
    options.discovery &&
    createMesh(
      {
        ownPeerId,
        target: options.discovery.target ?? MESH_TARGET,
        isConfigured: isAmong(options.peers),
      },
      {
        ...shared,
        book: peers,
        directory,
        connectedPeers: () => [...peersOf(connections()).keys()],
        isDirect: (peer) => isDirect(connections(), peer),
        ownAddresses,
        request: own.request,
        report,
        lookFurther: dht && (() => dht.look((...found) => peers.add(...found))),
      },
    )

  function notifyPeersChanged(): void {
    deps.metrics.gauge('network_peers', peersOf(connections()).size)
    for (const listener of listeners) listener()
  }

  // libp2p's own book-keeping listens to the same events, after us: hence the delay before anyone looks.
  libp2p.addEventListener('connection:open', ({ detail }) => {
    const peer = detail.remotePeer.toString()
    watch.onOpened(detail)
    peering.onConnected(peer)
    keeper.onConnected(peer)
    deps.timers.after(0, notifyPeersChanged)
  })
  libp2p.addEventListener('connection:close', ({ detail }) => {
    const peer = detail.remotePeer.toString()
    if (!isDirect(connections(), peer)) peering.onDisconnected(peer)
    if (!isConnected(peer)) {
      keeper.onDisconnected(peer)
      directory.forget(peer)
    }
    deps.timers.after(0, () => {
      watch.onClosed(detail)
      notifyPeersChanged()
    })
  })
  return {
    isGossiping: watch.isGossiping,
    directory,
    ownAddresses,
    report,
    onPeersChanged(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    peering,
    onGoodbye(peer, goodbye) {
      deps.log.info('a peer has no place for this node', { peer, ...goodbye })
      peering.onGoodbye(peer, goodbye)
      peers.leaveAlone(peer, goodbye.waitMs)
      // Over WebRTC-direct a browser hears of the other side's closing half a minute later: it closes by itself, once it has answered.
      deps.timers.after(GOODBYE_CLOSE_AFTER_MS, () => watch.disconnect(peer, 'goodbye'))
    },
    onLinksChanged(listener) {
      linkListeners.add(listener)
      return () => void linkListeners.delete(listener)
    },
    async load() {
      for (const anchor of await keeper.load()) {
        if (options.isReachForgotten !== true) reach.restore(anchor)
        peers.add(anchor.peer, anchor.addresses, undefined)
      }
    },
    start() {
      watch.start()
      peering.start()
      mesh?.start()
      keeper.start()
    },
    async stop() {
      mesh?.stop()
      await dht?.stop()
      peering.stop()
      watch.stop()
      await keeper.stop()
    },
    wake() {
      for (const peer of peersOf(connections()).values()) void probe(libp2p, peer, deps)
      peering.wake()
      mesh?.wake()
    },
  }
}

/** Reaches a peer by the best of its addresses, and remembers which that was. */
function createDialer(
  options: NetworkOptions,
  deps: NetworkDeps,
  { libp2p, reach }: { readonly libp2p: Libp2pView; readonly reach: Reach },
): (peer: PeerId, addresses: readonly string[]) => Promise<void> {
  const timeoutMs = options.addressDialTimeoutMs ?? DIAL_TIMEOUT_MS
  return async (peer, addresses) => {
    const isAlone = addresses.length === 1
    const outcomes = await raceDials(reach.order(peer, addresses), {
      ...deps,
      staggerMs: options.dialStaggerMs,
      isConnected: () => isDirect(libp2p.getConnections(), peer),
      dial: (address, signal) => dial(libp2p, address, { timeoutMs, isAlone, signal }, deps),
    })
    reach.note(peer, outcomes)
    if (outcomes.every(({ code }) => code !== 'CONNECTED')) deps.log.debug('dial failed', { peer, outcomes })
  }
}

interface LazyDht {
  look(onFound: Parameters<Dht['walk']>[0]): Promise<void>
  stop(): Promise<void>
}

/** A tab loads the code with its first look-up. */
function createLazyDht(options: NetworkOptions, deps: NetworkDeps, libp2p: Libp2pView): LazyDht | undefined {
  const mode = options.discovery?.dht
  if (mode === undefined) return undefined
  let opened: Promise<Dht | undefined> | undefined
  return {
    async look(onFound) {
      opened ??= openDht({ ...options, mode }, { ...deps, libp2p }).catch((error: unknown) => {
        deps.log.warn('the DHT could not be started', { error })
        return undefined
      })
      const dht = await opened
      await dht?.walk((peer, addresses, teller) => {
        deps.metrics.count('network_dht_peers_total', {})
        onFound(peer, addresses, teller)
      })
    },
    stop: async () => (await opened)?.stop(),
  }
}

function isAmong(addresses: readonly string[]): (peer: PeerId) => boolean {
  const peers = new Set(addresses.map(peerIdOf))
  return (peer) => peers.has(peer)
}

/** The peer's own word; else the configured addresses that led to it. */
function knownAddresses(peer: PeerId, configured: readonly string[], directory: PeerDirectory): readonly string[] {
  const told = directory.addressesOf(peer)
  return told.length > 0 ? told : usableAddresses(configured, peer)
}

function peersOf(connections: readonly ConnectionView[]): ReadonlyMap<PeerId, PeerIdView> {
  return new Map(connections.map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
}

/** A connection of before a sleep may look open for half a minute: it answers now, or it goes. */
async function probe(libp2p: Libp2pView, peer: PeerIdView, deps: NetworkDeps): Promise<void> {
  const before = libp2p.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peer.toString())
  const error = (): CodedError => new CodedError('PING_TIMEOUT', 'no answer after a sleep or a change of networks')
  const deadline = createDeadline({ timeoutMs: WAKE_PING_TIMEOUT_MS, error }, deps)
  try {
    await libp2p.services.ping.ping(peer, { signal: deadline.signal })
  } catch (cause) {
    for (const connection of before) connection.abort(cause as Error)
  } finally {
    deadline.clear()
  }
}
