/** The window of the network test: owns the RTC host, passes calls to the worker and answers back. */
import { serveRtcHost } from '../../src/rtc-host.ts'

interface Answer {
  readonly call: number
  readonly result?: unknown
  readonly error?: string
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
serveRtcHost(worker)
const pending = new Map<number, PromiseWithResolvers<unknown>>()
let lastCall = 0
worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  if (data.error === undefined) pending.get(data.call)?.resolve(data.result)
  else pending.get(data.call)?.reject(new Error(data.error))
})

Object.assign(globalThis, {
  callWorker(method: string, ...parameters: unknown[]): Promise<unknown> {
    const call = (lastCall += 1)
    const answer = Promise.withResolvers<unknown>()
    pending.set(call, answer)
    worker.postMessage({ call, method, parameters })
    return answer.promise
  },
})
