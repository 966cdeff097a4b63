/** What this package reads out of a multiaddr's text; dialing is left to libp2p. */
import type { PeerId } from '@cairn/ports'

/** The last `/p2p/` component; `undefined` when there is none. */
export function peerIdOf(address: string): PeerId | undefined {
  const parts = address.split('/')
  const index = parts.lastIndexOf('p2p')
  return index < 0 ? undefined : parts[index + 1]
}

/** Most specific known transport: `quic-v1`, `webrtc-direct`, `webrtc`, `wss`, `ws`, `tcp`; else `unknown`. */
export function transportOf(address: string): string {
  const parts = address.split('/')
  if (parts.includes('p2p-circuit')) return parts.includes('webrtc') ? 'webrtc' : 'p2p-circuit'
  if (parts.includes('tls') && parts.includes('ws')) return 'wss'
  return TRANSPORTS.find((name) => parts.includes(name)) ?? 'unknown'
}

/** The address that counts for caps: the IPv4 address, or the IPv6 /64; `undefined` for names and relays. */
export function ipGroupOf(address: string): string | undefined {
  return ipPrefixOf(address, { ipv4Bytes: 4, ipv6Groups: 4 })
}

/** What one owner of many addresses has: the IPv4 /24, or the IPv6 /48; `undefined` for names and relays. */
export function ipNeighbourhoodOf(address: string): string | undefined {
  return ipPrefixOf(address, { ipv4Bytes: 3, ipv6Groups: 3 })
}

function ipPrefixOf(
  address: string,
  { ipv4Bytes, ipv6Groups }: { readonly ipv4Bytes: number; readonly ipv6Groups: number },
): string | undefined {
  const [, family, host] = address.split('/')
  if (host === undefined) return undefined
  if (family === 'ip4') return host.split('.').slice(0, ipv4Bytes).join('.')
  return family === 'ip6' ? ipv6Prefix(host, ipv6Groups) : undefined
}

const TRANSPORTS = ['quic-v1', 'webrtc-direct', 'webrtc', 'wss', 'ws', 'tcp']

function ipv6Prefix(host: string, groupCount: number): string {
  const [head = '', tail] = host.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const tailGroups = tail === '' ? [] : tail.split(':')
    while (groups.length + tailGroups.length < 8) groups.push('0')
    groups.push(...tailGroups)
  }
  return groups
    .slice(0, groupCount)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')
}
