/** Which of the network's addresses a tab dials, and in which order. */

/** WebRTC-direct first: it needs no certificate and is faster. A peer's addresses are tried in this order. */
const ORDER = ['/webrtc-direct/', '/ws/', '/wss/', '/tls/ws/'] as const

export function chooseBootstrapPeers(
  addresses: readonly string[],
  transport: 'any' | 'webrtc-direct' | 'ws',
  hasWebRtc: boolean,
): readonly string[] {
  const allowed = addresses.filter((address) => {
    const isWebRtc = address.includes('/webrtc-direct/')
    return isWebRtc ? transport !== 'ws' && hasWebRtc : transport !== 'webrtc-direct' && rank(address) < ORDER.length
  })
  return allowed.toSorted((a, b) => rank(a) - rank(b))
}

/** Whether every address is of this machine or a private network, where limits per address make no sense. */
export function isLocalNetwork(addresses: readonly string[]): boolean {
  return addresses.every((address) =>
    /^\/(ip4\/(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|ip6\/::1\/|dns4?\/localhost\/)/.test(address),
  )
}

function rank(address: string): number {
  const index = ORDER.findIndex((part) => address.includes(part))
  return index < 0 ? ORDER.length : index
}
