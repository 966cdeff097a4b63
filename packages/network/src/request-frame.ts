/**
 * The one frame of all request protocols, both ways: `status u8 ‖ length u32 big-endian ‖ sha256(body) 32 ‖ body`.
 * A stream carries one frame each way. QUIC shows a remote abort as a clean end of stream, so only length and
 * hash say that a frame is complete; bytes after it make it invalid.
 */
import { equalBytes } from '@cairn/primitives'

/** A request, or a good response. */
export const STATUS_OK = 0
/** The body is a refusal code: 1–64 of `A–Z 0–9 _`. */
export const STATUS_REFUSED = 1
/** Too many at once or too fast; empty body. */
export const STATUS_TOO_MANY = 2

/** Bytes before the body. */
export const FRAME_HEADER_BYTES = 37

export type Sha256 = (bytes: Uint8Array) => Uint8Array

export type FrameProgress =
  | { readonly state: 'incomplete' }
  | { readonly state: 'complete'; readonly status: number; readonly body: Uint8Array }
  | { readonly state: 'invalid'; readonly code: FrameErrorCode }

export type FrameErrorCode = 'FRAME_STATUS' | 'FRAME_TOO_LARGE' | 'FRAME_HASH' | 'FRAME_TRAILING_BYTES'

export interface FrameDecoder {
  /** Feed chunks in order until the state is not `incomplete`; further calls repeat the result. Chunks are copied. */
  push(chunk: Uint8Array): FrameProgress
}

export function encodeFrame(status: number, body: Uint8Array, sha256: Sha256): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length)
  frame[0] = status
  new DataView(frame.buffer).setUint32(1, body.length)
  frame.set(sha256(body), 5)
  frame.set(body, FRAME_HEADER_BYTES)
  return frame
}

/** Buffers no more than has arrived, doubled; the length is checked before the body. */
export function createFrameDecoder(options: {
  readonly sizeMaxBytes: number
  readonly statusMax: number
  readonly sha256: Sha256
}): FrameDecoder {
  const header = new Uint8Array(FRAME_HEADER_BYTES)
  let headerLength = 0
  let body = new Uint8Array(0)
  let bodyLength = 0
  let expectedLength = 0
  let result: FrameProgress = { state: 'incomplete' }

  function acceptHeader(): FrameErrorCode | undefined {
    expectedLength = new DataView(header.buffer).getUint32(1)
    if ((header[0] ?? 0) > options.statusMax) return 'FRAME_STATUS'
    return expectedLength > options.sizeMaxBytes ? 'FRAME_TOO_LARGE' : undefined
  }

  function append(part: Uint8Array): void {
    const neededLength = bodyLength + part.length
    if (neededLength > body.length) {
      const grown = new Uint8Array(Math.min(expectedLength, Math.max(neededLength, 2 * body.length, 4096)))
      grown.set(body.subarray(0, bodyLength))
      body = grown
    }
    body.set(part, bodyLength)
    bodyLength = neededLength
  }

  function advance(chunk: Uint8Array): FrameProgress {
    const headerPart = chunk.subarray(0, FRAME_HEADER_BYTES - headerLength)
    if (headerLength < FRAME_HEADER_BYTES) {
      header.set(headerPart, headerLength)
      headerLength += headerPart.length
      if (headerLength < FRAME_HEADER_BYTES) return { state: 'incomplete' }
      const code = acceptHeader()
      if (code !== undefined) return { state: 'invalid', code }
    }
    const bodyPart = chunk.subarray(headerPart.length)
    if (bodyPart.length > expectedLength - bodyLength) return { state: 'invalid', code: 'FRAME_TRAILING_BYTES' }
    append(bodyPart)
    if (bodyLength < expectedLength) return { state: 'incomplete' }
    const whole = body.subarray(0, bodyLength)
    if (!equalBytes(options.sha256(whole), header.subarray(5))) return { state: 'invalid', code: 'FRAME_HASH' }
    return { state: 'complete', status: header[0] ?? 0, body: whole }
  }

  return {
    push(chunk) {
      if (result.state === 'incomplete') result = advance(chunk)
      return result
    },
  }
}
