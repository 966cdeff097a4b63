/**
 * Own requests: two at once per protocol and peer, paced below what peers allow, one deadline over everything
 * (waiting, opening the stream, sending, receiving). Retries belong to the caller, who may choose another peer.
 */
import { CodedError } from '@cairn/primitives'
import type { Clock, Metrics, PeerId, RequestOptions, RequestProtocol, Timers } from '@cairn/ports'
import { createDeadline, raceSignal } from './deadline.ts'
import type { ConnectionView, StreamView } from './libp2p-view.ts'
import {
  OUTBOUND_REQUESTS_PER_SECOND_MAX,
  OUTBOUND_REQUEST_BURST_MAX,
  PENALTY,
  RATED_PEERS_MAX,
  REFUSAL_CODE_LENGTH_MAX,
  REQUESTS_AT_ONCE_MAX,
  REQUEST_OUTBOUND_WAITING_MAX,
  REQUEST_TIMEOUT_MS,
  RESPONSE_SIZE_MAX_BYTES,
  requestSizeMaxBytes,
} from './limits.ts'
import { STATUS_OK, STATUS_TOO_MANY, encodeFrame } from './request-frame.ts'
import type { Sha256 } from './request-frame.ts'
import { finishStream, readFrame, resetStream, sendFrame } from './request-stream.ts'
import type { Frame } from './request-stream.ts'
import { createSlots } from './slots.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface RequestClient {
  /** See the port `Network.request`. */
  request(peer: PeerId, protocol: RequestProtocol, data: Uint8Array, options?: RequestOptions): Promise<Uint8Array>
}

export interface RequestClientDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly metrics: Metrics
  readonly sha256: Sha256
  readonly protocolName: (protocol: RequestProtocol) => string
  /** The best open connection. */
  readonly connectionTo: (peer: PeerId) => ConnectionView | undefined
  readonly report: (peer: PeerId, cost: number, code: string) => void
}

export function createRequestClient(deps: RequestClientDeps): RequestClient {
  const slots = createSlots({ max: REQUESTS_AT_ONCE_MAX, waitingMax: REQUEST_OUTBOUND_WAITING_MAX })
  const pace = createTokenBuckets(
    {
      capacity: OUTBOUND_REQUEST_BURST_MAX,
      refillPerSecond: OUTBOUND_REQUESTS_PER_SECOND_MAX,
      keysMax: RATED_PEERS_MAX,
    },
    deps,
  )

  async function keepPace(peer: PeerId, signal: AbortSignal): Promise<void> {
    while (!pace.take(peer)) {
      const delayMs = pace.delayMs(peer)
      await raceSignal(new Promise<void>((resolve) => void deps.timers.after(delayMs, resolve)), signal)
    }
  }

  async function openStream(peer: PeerId, protocol: RequestProtocol, signal: AbortSignal): Promise<StreamView> {
    const connection = deps.connectionTo(peer)
    if (connection === undefined) throw unreachable(peer)
    try {
      // QUIC's newStream ignores its signal once the peer's stream limit is reached, hence the race.
      const opening = connection.newStream(deps.protocolName(protocol), { signal, runOnLimitedConnection: true })
      return await raceSignal(opening, signal, (late) => resetStream(late, 'opened too late'))
    } catch (error) {
      signal.throwIfAborted()
      if ((error as Error).name === 'UnsupportedProtocolError') throw refused('UNSUPPORTED_PROTOCOL')
      throw unreachable(peer, error)
    }
  }

  async function exchange(
    stream: StreamView,
    protocol: RequestProtocol,
    data: Uint8Array,
    signal: AbortSignal,
  ): Promise<Frame> {
    // Reading starts first: a refusal may come before the whole request is sent.
    const options = { sizeMaxBytes: RESPONSE_SIZE_MAX_BYTES[protocol], statusMax: STATUS_TOO_MANY, sha256: deps.sha256 }
    const response = readFrame(stream, options, signal)
    const sent = sendFrame(stream, encodeFrame(STATUS_OK, data, deps.sha256), signal)
    return Promise.race([response, sent.then(() => response)])
  }

  /** Turns whatever the exchange threw into the port's codes, and scores the peer. */
  function failure(peer: PeerId, connectionOpen: boolean, error: unknown): CodedError {
    const code = error instanceof CodedError ? error.code : 'STREAM_FAILED'
    if (code === 'REQUEST_TIMEOUT') deps.report(peer, PENALTY.REQUEST_TIMEOUT, code)
    if (code.startsWith('REQUEST_') || code === 'PEER_UNREACHABLE') return error as CodedError
    if (!connectionOpen || code === 'STREAM_FAILED') return unreachable(peer, error)
    deps.report(peer, code === 'FRAME_TRUNCATED' ? PENALTY.RESPONSE_TRUNCATED : PENALTY.RESPONSE_INVALID, code)
    return new CodedError('RESPONSE_INVALID', 'the response is not a whole, correct frame', {
      data: { peer, reason: code },
      cause: error,
    })
  }

  async function requestWithSlot(
    peer: PeerId,
    protocol: RequestProtocol,
    data: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    await keepPace(peer, signal)
    const stream = await openStream(peer, protocol, signal)
    let frame: Frame
    try {
      frame = await exchange(stream, protocol, data, signal)
    } catch (error) {
      resetStream(stream, 'request failed')
      throw failure(peer, deps.connectionTo(peer) !== undefined, error)
    } finally {
      finishStream(stream, deps)
    }
    if (frame.status === STATUS_OK) return frame.body
    if (frame.status === STATUS_TOO_MANY) throw tooMany('the peer answers no more requests now')
    throw refused(refusalText(frame.body))
  }

  return {
    async request(peer, protocol, data, options = {}) {
      const sizeMaxBytes = requestSizeMaxBytes(protocol)
      if (data.length > sizeMaxBytes) throw new CodedError('REQUEST_TOO_LARGE', `request over ${sizeMaxBytes} bytes`)
      const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS
      const deadline = createDeadline(
        { timeoutMs, error: () => timedOut(peer, timeoutMs), outer: options.signal },
        deps,
      )
      let outcome = 'ok'
      try {
        const release = await slots.acquire(`${protocol} ${peer}`, deadline.signal)
        if (release === undefined) throw tooMany('too many own requests wait for this peer')
        try {
          return await requestWithSlot(peer, protocol, data, deadline.signal)
        } finally {
          release()
        }
      } catch (error) {
        outcome = error instanceof CodedError ? error.code.toLowerCase() : 'failed'
        throw error
      } finally {
        deadline.clear()
        deps.metrics.count('network_requests_total', { protocol, outcome })
      }
    },
  }
}

function refusalText(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, REFUSAL_CODE_LENGTH_MAX))
  return /^[A-Z0-9_]+$/.test(text) ? text : 'UNREADABLE_CODE'
}

function refused(code: string): CodedError {
  return new CodedError('REQUEST_REFUSED', `the peer refused: ${code}`, { data: { code } })
}

function tooMany(message: string): CodedError {
  return new CodedError('TOO_MANY_REQUESTS', message)
}

function timedOut(peer: PeerId, timeoutMs: number): CodedError {
  return new CodedError('REQUEST_TIMEOUT', 'no complete response in time', { data: { peer, timeoutMs } })
}

function unreachable(peer: PeerId, cause?: unknown): CodedError {
  return new CodedError('PEER_UNREACHABLE', 'no connection to the peer', { data: { peer }, cause })
}
