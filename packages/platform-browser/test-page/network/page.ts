/** The window of the network test: owns the RTC host, passes calls to the worker and answers back. */
import { startRtcHost } from '../../src/rtc-host.ts'

interface Answer {
  readonly call: number
  readonly result?: unknown
  readonly error?: string
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
const { port1, port2 } = new MessageChannel()
startRtcHost(port1)
const pending = new Map<number, PromiseWithResolvers<unknown>>()
let lastCall = 0
worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
  if (data.error === undefined) pending.get(data.call)?.resolve(data.result)
  else pending.get(data.call)?.reject(new Error(data.error))
})

Object.assign(globalThis, {
  /** `start` is called once: it takes the worker's end of the link along. */
  callWorker(method: string, ...parameters: unknown[]): Promise<unknown> {
    const call = (lastCall += 1)
    const answer = Promise.withResolvers<unknown>()
    pending.set(call, answer)
    if (method === 'start') worker.postMessage({ call, method, parameters: [port2, ...parameters] }, [port2])
    else worker.postMessage({ call, method, parameters })
    return answer.promise
  },
})
