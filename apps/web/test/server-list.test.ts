import { describe, expect, it } from 'vitest'
import { describeServer } from '../src/panels/server-texts.ts'

const server = {
  peerId: 'P',
  state: 'connected',
  goodbye: undefined,
  retryAtMs: undefined,
  failures: [],
} as const

describe('describeServer', () => {
  it('says why a better way was not taken, and nothing while all is well', () => {
    expect(describeServer(server, 'webrtc-direct')).toBeUndefined()
    const failures = [{ transport: 'webrtc-direct', code: 'OVERTAKEN', afterMs: 2_040 }] as const
    expect(describeServer({ ...server, failures }, 'ws')).toBe(
      'WebRTC direct: not connected within 2.0 s; WebSocket in use.',
    )
  })

  it('says why a server is not there, and when it is asked again', () => {
    const retryAtMs = new Date(2026, 0, 1, 14, 5, 9).getTime()
    expect(describeServer({ ...server, state: 'away', goodbye: 'LIMIT_REACHED', retryAtMs }, undefined)).toBe(
      'Server full: it keeps its places for validators. Asked again at 14:05:09.',
    )
    const failures = [
      { transport: 'webrtc-direct', code: 'ICE_FAILED', afterMs: 500 },
      { transport: 'ws', code: 'REFUSED', afterMs: 20 },
    ] as const
    expect(describeServer({ ...server, state: 'waiting', failures }, undefined)).toBe(
      'WebRTC direct: ICE failed after 0.5 s; WebSocket: closed by the server, or not to be opened, after 0.0 s.',
    )
    expect(describeServer({ ...server, state: 'spare' }, undefined)).toBeUndefined()
  })
})
