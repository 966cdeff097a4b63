import { describe, expect, it } from 'vitest'
import { chooseBootstrapPeers, isLocalNetwork } from '../src/bootstrap-peers.ts'
import { SERVERS_MAX } from '../src/limits.ts'

const quic = '/ip4/127.0.0.1/udp/1/quic-v1/p2p/a'
const ws = '/ip4/127.0.0.1/tcp/2/ws/p2p/a'
const direct = '/ip4/127.0.0.1/udp/3/webrtc-direct/certhash/u/p2p/a'

const choice = { hasWebRtc: true, random: () => 0.5 }

describe('chooseBootstrapPeers', () => {
  it('takes WebRTC-direct first, WebSocket second, and nothing that a browser cannot dial', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'any' })).toEqual([direct, ws])
  })

  it('keeps to one transport when asked to', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'ws' })).toEqual([ws])
    expect(chooseBootstrapPeers([quic, ws, direct], { ...choice, transport: 'webrtc-direct' })).toEqual([direct])
  })

  it('spreads tabs over the servers: some of many, with all their addresses', () => {
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
    const peers = new Set(chosen.map((address) => address.split('/p2p/')[1]))
    expect(peers.size).toBe(SERVERS_MAX)
    expect(peers.has('p0')).toBe(false)
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
