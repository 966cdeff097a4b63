/** A tab's network in its worker, driven by the test through the window. */
import type { WakeableNetwork } from '@cairn/network'
import type { Log, Timers } from '@cairn/ports'
import { createBrowserNetwork } from '../../src/network-browser.ts'
import type { BrowserNetworkOptions } from '../../src/network-browser.ts'

const received: string[] = []
let network: WakeableNetwork | undefined

const timers: Timers = {
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}
const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

const methods = {
  async start(rtcPort: MessagePort, peers: readonly string[], genesisHash: string): Promise<string> {
    const { generateIdentity } = await import('@cairn/network')
    const identity = await generateIdentity()
    const options = {
      genesisHash,
      identity,
      peers,
      localNetwork: true,
      isMeshed: true,
    } as unknown as BrowserNetworkOptions
    network = await createBrowserNetwork(options, {
      clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
      timers,
      random: { bytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)) },
      log,
      metrics: { count: nothing, gauge: nothing, observe: nothing },
      rtcPort,
    })
    network.onTopic('votes', (data) => {
      const text = new TextDecoder().decode(data)
      received.push(text)
      if (text === 'ping') void network?.publish('votes', new TextEncoder().encode('pong'))
      return { verdict: 'accept' }
    })
    network.onRequest('blocks-by-hash', (data) => Promise.resolve(data.toReversed()))
    await network.start()
    return network.peerId
  },
  peers: (): unknown => network?.peers(),
  addresses: (): unknown => network?.addresses(),
  wake: (): unknown => network?.wake(),
  publish: (text: string): unknown => network?.publish('votes', new TextEncoder().encode(text)),
  received: (): readonly string[] => received,
  async request(peer: string, sizeBytes: number): Promise<number> {
    const request = new Uint8Array(4)
    new DataView(request.buffer).setUint32(0, sizeBytes)
    const response = await network?.request(peer, 'blocks-by-hash', request)
    return response?.reduce((sum, byte) => sum + byte, 0) ?? -1
  },
  async echo(peer: string, bytes: readonly number[]): Promise<readonly number[] | undefined> {
    const answer = await network?.request(peer, 'blocks-by-hash', new Uint8Array(bytes))
    return answer && [...answer]
  },
  stop: (): unknown => network?.stop(),
}

globalThis.addEventListener('message', ({ data }: MessageEvent) => {
  if (!(data?.method in methods)) return
  const method = methods[data.method as keyof typeof methods] as (...parameters: unknown[]) => unknown
  Promise.resolve()
    .then(() => method(...data.parameters))
    .then(
      (result) => postMessage({ call: data.call, result }),
      (error: unknown) => postMessage({ call: data.call, error: String(error) }),
    )
})
