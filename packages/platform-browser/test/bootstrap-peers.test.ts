import { describe, expect, it } from 'vitest'
import { chooseBootstrapPeers, isLocalNetwork } from '../src/bootstrap-peers.ts'

const quic = '/ip4/127.0.0.1/udp/1/quic-v1/p2p/a'
const ws = '/ip4/127.0.0.1/tcp/2/ws/p2p/a'
const direct = '/ip4/127.0.0.1/udp/3/webrtc-direct/certhash/u/p2p/a'

const choice = { hasWebRtc: true, random: () => 0.5 }

describe('chooseBootstrapPeers', () => {
  it('takes WebRTC-direct first, WebSocket second, and nothing that a browser cannot dial', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'any' })).toEqual([direct, ws])
  })

  it('takes WebSocket first where that is preferred, but what an encrypted page may not dial last', () => {
    const secure = '/dns4/a.example/tcp/443/tls/ws/p2p/a'
    const light = { ...choice, transport: 'any', prefersWebSocket: true } as const
    expect(chooseBootstrapPeers([direct, ws, secure], light)).toEqual([secure, ws, direct])
    expect(chooseBootstrapPeers([ws, direct, secure], { ...light, isEncrypted: true })).toEqual([secure, direct, ws])
  })

  it('keeps to one transport when asked to', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'ws' })).toEqual([ws])
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'webrtc-direct' })).toEqual([direct])
  })

  it('spreads tabs over the servers: each has an order of its own, and a server’s addresses stay together', () => {
    const many = Array.from({ length: 30 }, (_, index) => [
      `/ip4/192.0.2.1/tcp/${index}/ws/p2p/p${index}`,
      `${direct}${index}`,
    ])
    let draws = 0
    const chosen = chooseBootstrapPeers(many.flat(), {
      ...choice,
      transport: 'any',
      random: () => 1 - (draws += 1) / 100,
    })
    const peers = chosen.map((address) => address.split('/p2p/')[1])
    expect(peers[0]).toBe('a29')
    expect(peers.at(-1)).toBe('p0')
    expect(chosen).toHaveLength(2 * many.length)
    for (const peer of peers) expect(peers.lastIndexOf(peer) - peers.indexOf(peer)).toBeLessThan(2)
  })

  it('does without WebRTC where the browser has none', () => {
    expect(chooseBootstrapPeers([direct, ws], { ...choice, transport: 'any', hasWebRtc: false })).toEqual([ws])
    expect(chooseBootstrapPeers([direct, ws], { ...choice, transport: 'webrtc-direct', hasWebRtc: false })).toEqual([])
  })
})

describe('isLocalNetwork', () => {
  it('is one only if every address is local', () => {
    expect(isLocalNetwork([ws, direct, '/ip4/192.168.1.4/tcp/2/ws/p2p/b'])).toBe(true)
    expect(isLocalNetwork([ws, '/ip4/192.0.2.1/tcp/2/ws/p2p/b'])).toBe(false)
    expect(isLocalNetwork(['/dns4/localhost.example/tcp/2/ws/p2p/b'])).toBe(false)
  })
})
