import { describe, expect, it } from 'vitest'
import { chooseBootstrapPeers, isLocalNetwork } from '../src/bootstrap-peers.ts'

const quic = '/ip4/127.0.0.1/udp/1/quic-v1/p2p/a'
const ws = '/ip4/127.0.0.1/tcp/2/ws/p2p/a'
const direct = '/ip4/127.0.0.1/udp/3/webrtc-direct/certhash/u/p2p/a'

describe('chooseBootstrapPeers', () => {
  it('takes WebRTC-direct first, WebSocket second, and nothing that a browser cannot dial', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], 'any', true)).toEqual([direct, ws])
  })

  it('keeps to one transport when asked to', () => {
    expect(chooseBootstrapPeers([quic, ws, direct], 'ws', true)).toEqual([ws])
    expect(chooseBootstrapPeers([quic, ws, direct], 'webrtc-direct', true)).toEqual([direct])
  })

  it('does without WebRTC where the browser has none', () => {
    expect(chooseBootstrapPeers([direct, ws], 'any', false)).toEqual([ws])
    expect(chooseBootstrapPeers([direct, ws], 'webrtc-direct', false)).toEqual([])
  })
})

describe('isLocalNetwork', () => {
  it('is one only if every address is local', () => {
    expect(isLocalNetwork([ws, direct, '/ip4/192.168.1.4/tcp/2/ws/p2p/b'])).toBe(true)
    expect(isLocalNetwork([ws, '/ip4/192.0.2.1/tcp/2/ws/p2p/b'])).toBe(false)
    expect(isLocalNetwork(['/dns4/localhost.example/tcp/2/ws/p2p/b'])).toBe(false)
  })
})
