/**
 * Frames over libp2p 3's event streams. Traps met there: a remote abort on QUIC looks like a clean end, so `end`
 * before a whole frame is an error; `onDrain()` lies, so the `drain` event is awaited; a stream stays open until
 * both sides close it, so `finishStream` resets it after a while.
 */
import { CodedError } from '@cairn/primitives'
import type { Timers } from '@cairn/ports'
import type { StreamView } from './libp2p-view.ts'
import { STREAM_CHUNK_BYTES, STREAM_CLOSE_TIMEOUT_MS } from './limits.ts'
import { createFrameDecoder } from './request-frame.ts'
import type { FrameErrorCode, Sha256 } from './request-frame.ts'

export interface Frame {
  readonly status: number
  readonly body: Uint8Array
}

/** Reads one frame. @throws CodedError a `FrameErrorCode` or `FRAME_TRUNCATED`; the signal's reason */
export function readFrame(
  stream: StreamView,
  options: { readonly sizeMaxBytes: number; readonly statusMax: number; readonly sha256: Sha256 },
  signal: AbortSignal,
): Promise<Frame> {
  const decoder = createFrameDecoder(options)
  return new Promise((resolve, reject) => {
    const settle = (result: Frame | CodedError | undefined): void => {
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('end', onEnd)
      stream.removeEventListener('close', onEnd)
      signal.removeEventListener('abort', onAbort)
      if (result === undefined) reject(signal.reason)
      else if (result instanceof CodedError) reject(result)
      else resolve(result)
    }
    const onMessage = (event: { readonly data?: { subarray(): Uint8Array } }): void => {
      const progress = decoder.push(event.data?.subarray() ?? new Uint8Array(0))
      if (progress.state === 'complete') settle(progress)
      else if (progress.state === 'invalid') settle(frameError(progress.code))
    }
    const onEnd = (): void => settle(frameError('FRAME_TRUNCATED'))
    const onAbort = (): void => settle(undefined)
    if (signal.aborted) return onAbort()
    if (stream.readableEnded) return onEnd()
    stream.addEventListener('message', onMessage)
    stream.addEventListener('end', onEnd)
    stream.addEventListener('close', onEnd)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Hands all bytes to the transport, no faster than it takes them. @throws the signal's reason; Error when the stream closes */
export async function sendFrame(stream: StreamView, frame: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let offset = 0; offset < frame.length; offset += STREAM_CHUNK_BYTES) {
    signal.throwIfAborted()
    if (!stream.send(frame.subarray(offset, offset + STREAM_CHUNK_BYTES))) await drained(stream, signal)
  }
}

/** Closes our side in the background and resets the stream if the other side does not follow. */
export function finishStream(stream: StreamView, deps: { readonly timers: Timers }): void {
  const timer = deps.timers.after(STREAM_CLOSE_TIMEOUT_MS, () => resetStream(stream, 'not closed in time'))
  stream.addEventListener('close', () => timer.cancel())
  if (stream.status !== 'open') timer.cancel()
  stream.close().catch(() => resetStream(stream, 'close failed'))
}

/** Safe on a stream in any state. */
export function resetStream(stream: StreamView, why: string): void {
  stream.abort(new Error(why))
}

function drained(stream: StreamView, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      signal.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = (): void => settle()
    const onClose = (): void => settle(new Error('stream closed while sending'))
    const onAbort = (): void => settle(signal.reason)
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
    if (stream.status !== 'open') onClose()
  })
}

function frameError(code: FrameErrorCode | 'FRAME_TRUNCATED'): CodedError {
  return new CodedError(code, 'the peer broke the frame format')
}
