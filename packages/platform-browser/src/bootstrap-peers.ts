/** Which of the network's addresses a tab dials, and in which order. */

/** WebRTC-direct first: it needs no certificate and is faster. A peer's addresses are begun in this order. */
const ORDER = ['/webrtc-direct/', '/tls/ws/', '/wss/', '/ws/']

/** A browser refuses the last one to a page that came encrypted, this machine's own addresses excepted. */
const WEBSOCKET_FIRST = ['/tls/ws/', '/wss/', '/ws/', '/webrtc-direct/']
const WEBSOCKET_FIRST_ENCRYPTED = ['/tls/ws/', '/wss/', '/webrtc-direct/', '/ws/']

export interface BootstrapChoice {
  readonly transport: 'any' | 'webrtc-direct' | 'ws'
  readonly hasWebRtc: boolean
  /** See `BrowserNetworkOptions`. */
  readonly prefersWebSocket?: boolean
  /** The page came over HTTPS. */
  readonly isEncrypted?: boolean
  /** In [0, 1): tabs spread over the servers. */
  readonly random: () => number
}

/**
 * All that a tab may dial, in the order in which servers are wanted: at most `SERVERS_MAX` are kept connected, the others stand by. A
 * server has room for some hundred tabs, the mesh of tabs for the rest.
 */
export function chooseBootstrapPeers(
  addresses: readonly string[],
  { transport, hasWebRtc, prefersWebSocket = false, isEncrypted = false, random }: BootstrapChoice,
): readonly string[] {
  const order = !prefersWebSocket ? ORDER : isEncrypted ? WEBSOCKET_FIRST_ENCRYPTED : WEBSOCKET_FIRST
  const rank = (address: string): number => order.findIndex((part) => address.includes(part))
  const allowed = addresses.filter((address) => {
    const isWebRtc = address.includes('/webrtc-direct/')
    return isWebRtc ? transport !== 'ws' && hasWebRtc : transport !== 'webrtc-direct' && rank(address) >= 0
  })
  const turns = new Map([...new Set(allowed.map(peerOf))].map((peer) => [peer, random()]))
  const turnOf = (address: string): number => turns.get(peerOf(address)) ?? 0
  return allowed.toSorted((a, b) => turnOf(a) - turnOf(b) || rank(a) - rank(b))
}

function peerOf(address: string): string {
  return address.split('/p2p/').at(-1) ?? address
}

/** Whether every address is of this machine or a private network, where limits per address make no sense. */
export function isLocalNetwork(addresses: readonly string[]): boolean {
  return addresses.every((address) =>
    /^\/(ip4\/(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|ip6\/::1\/|dns4?\/localhost\/)/.test(address),
  )
}
