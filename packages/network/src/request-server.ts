/**
 * Serves request protocols. Order of checks: request rate, slots, frame, handler. Whatever happens the stream is
 * closed or reset, and no exception reaches libp2p.
 */
import { CodedError } from '@cairn/primitives'
import type { Clock, Log, Metrics, PeerId, RequestHandler, RequestProtocol, Timers } from '@cairn/ports'
import { createDeadline, raceSignal } from './deadline.ts'
import type { ConnectionView, StreamView } from './libp2p-view.ts'
import {
  PENALTY,
  RATED_PEERS_MAX,
  REFUSAL_CODE_LENGTH_MAX,
  REQUESTS_AT_ONCE_MAX,
  REQUESTS_PER_SECOND_MAX,
  REQUESTS_SERVED_MAX,
  REQUEST_BURST_MAX,
  REQUEST_HANDLE_TIMEOUT_MS,
  REQUEST_INBOUND_PATIENCE_MS,
  REQUEST_INBOUND_WAITING_MAX,
  REQUEST_READ_TIMEOUT_MS,
  RESPONSE_SIZE_MAX_BYTES,
  RESPONSE_WRITE_TIMEOUT_MS,
  requestSizeMaxBytes,
} from './limits.ts'
import { STATUS_OK, STATUS_REFUSED, STATUS_TOO_MANY, encodeFrame } from './request-frame.ts'
import type { Sha256 } from './request-frame.ts'
import { finishStream, readFrame, resetStream, sendFrame } from './request-stream.ts'
import { createSlots } from './slots.ts'
import type { Release } from './slots.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface RequestServer {
  /** Never throws; answers one request on `stream`. */
  serve(protocol: RequestProtocol, handler: RequestHandler, stream: StreamView, from: ConnectionView): Promise<void>
}

export interface RequestServerDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly sha256: Sha256
  readonly report: (peer: PeerId, cost: number, code: string) => void
}

/** What was answered, for the metric's label. */
type Outcome = 'ok' | 'refused' | 'too_many' | 'invalid' | 'failed'

export function createRequestServer(deps: RequestServerDeps): RequestServer {
  const slots = createSlots({ max: REQUESTS_AT_ONCE_MAX, waitingMax: REQUEST_INBOUND_WAITING_MAX })
  const rate = createTokenBuckets(
    { capacity: REQUEST_BURST_MAX, refillPerSecond: REQUESTS_PER_SECOND_MAX, keysMax: RATED_PEERS_MAX },
    deps,
  )
  let served = 0

  async function slotFor(protocol: RequestProtocol, peer: PeerId): Promise<Release | undefined> {
    if (served >= REQUESTS_SERVED_MAX) return undefined
    const patience = createDeadline({ timeoutMs: REQUEST_INBOUND_PATIENCE_MS, error: timeoutError }, deps)
    try {
      return await slots.acquire(`${protocol} ${peer}`, patience.signal)
    } catch {
      return undefined
    } finally {
      patience.clear()
    }
  }

  async function respond(stream: StreamView, status: number, body: Uint8Array): Promise<void> {
    const deadline = createDeadline({ timeoutMs: RESPONSE_WRITE_TIMEOUT_MS, error: timeoutError }, deps)
    try {
      await sendFrame(stream, encodeFrame(status, body, deps.sha256), deadline.signal)
    } finally {
      deadline.clear()
    }
  }

  async function readRequest(protocol: RequestProtocol, stream: StreamView): Promise<Uint8Array> {
    const deadline = createDeadline({ timeoutMs: REQUEST_READ_TIMEOUT_MS, error: timeoutError }, deps)
    const options = { sizeMaxBytes: requestSizeMaxBytes(protocol), statusMax: STATUS_OK, sha256: deps.sha256 }
    try {
      return (await readFrame(stream, options, deadline.signal)).body
    } finally {
      deadline.clear()
    }
  }

  async function answerOf(
    protocol: RequestProtocol,
    handler: RequestHandler,
    request: Uint8Array,
    peer: PeerId,
  ): Promise<Uint8Array | { readonly refused: string }> {
    const deadline = createDeadline({ timeoutMs: REQUEST_HANDLE_TIMEOUT_MS, error: timeoutError }, deps)
    try {
      const answer = await raceSignal(handler(request, peer), deadline.signal)
      if (!(answer instanceof Uint8Array) || answer.length <= RESPONSE_SIZE_MAX_BYTES[protocol]) return answer
      deps.log.error('response over the protocol limit', { protocol, sizeBytes: answer.length })
    } catch (error) {
      deps.log.error('request handler failed', { protocol, error })
    } finally {
      deadline.clear()
    }
    return { refused: 'INTERNAL_ERROR' }
  }

  async function serveWithSlot(
    protocol: RequestProtocol,
    handler: RequestHandler,
    stream: StreamView,
    peer: PeerId,
  ): Promise<Outcome> {
    let request: Uint8Array
    try {
      request = await readRequest(protocol, stream)
    } catch (error) {
      // A request cut short is a peer that went away; a wrong one is misbehaviour.
      const code = error instanceof CodedError ? error.code : 'STREAM_FAILED'
      if (code.startsWith('FRAME_') && code !== 'FRAME_TRUNCATED') deps.report(peer, PENALTY.REQUEST_INVALID, code)
      resetStream(stream, code)
      return 'invalid'
    }
    const answer = await answerOf(protocol, handler, request, peer)
    if (answer instanceof Uint8Array) {
      await respond(stream, STATUS_OK, answer)
      return 'ok'
    }
    await respond(stream, STATUS_REFUSED, new TextEncoder().encode(refusalCode(answer.refused)))
    return 'refused'
  }

  return {
    async serve(protocol, handler, stream, from) {
      const peer = from.remotePeer.toString()
      let outcome: Outcome = 'failed'
      let release: Release | undefined
      try {
        const tooFast = !rate.take(peer)
        if (tooFast) deps.report(peer, PENALTY.TOO_MANY_REQUESTS, 'TOO_MANY_REQUESTS')
        else release = await slotFor(protocol, peer)
        if (release === undefined) {
          outcome = 'too_many'
          await respond(stream, STATUS_TOO_MANY, new Uint8Array(0))
        } else {
          served += 1
          outcome = await serveWithSlot(protocol, handler, stream, peer)
        }
      } catch (error) {
        deps.log.debug('request not answered', { protocol, peer, error })
        resetStream(stream, 'request not answered')
      } finally {
        if (release !== undefined) served -= 1
        release?.()
        finishStream(stream, deps)
        deps.metrics.count('network_requests_served_total', { protocol, outcome })
      }
    },
  }
}

function refusalCode(code: string): string {
  return code.replaceAll(/[^A-Z0-9_]/g, '_').slice(0, REFUSAL_CODE_LENGTH_MAX) || 'REFUSED'
}

function timeoutError(): CodedError {
  return new CodedError('REQUEST_TIMEOUT', 'the peer was too slow')
}
