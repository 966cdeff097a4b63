/**
 * The worker's half of WebRTC: a class that looks like `RTCPeerConnection` as far as `@libp2p/webrtc` looks, and
 * asks the window's host for everything. Install it before libp2p is imported.
 */
import { DeferredDataChannel } from './rtc-channel.ts'
import type { FromRtcHost, RtcArgument, RtcMethod, ToRtcHost } from './rtc-messages.ts'

/** Puts the shim on `globalThis`. `port` leads to `startRtcHost` in the window. */
export function installRtcShim(port: MessagePort): void {
  const link = createHostLink(port)
  class RTCPeerConnectionShim extends PeerConnectionShim {
    constructor(configuration: RTCConfiguration = {}) {
      super(link, configuration)
    }

    static generateCertificate(algorithm: AlgorithmIdentifier): Promise<CertificateToken> {
      return link.generateCertificate(algorithm)
    }
  }
  Object.assign(globalThis, {
    RTCPeerConnection: RTCPeerConnectionShim,
    RTCSessionDescription: SessionDescription,
    RTCIceCandidate: IceCandidate,
  })
}

/** What a signalling peer sent, on its way to the window: plain data. */
class SessionDescription {
  readonly type: RTCSdpType
  readonly sdp: string | undefined

  constructor({ type, sdp }: RTCSessionDescriptionInit) {
    this.type = type
    this.sdp = sdp
  }
}

class IceCandidate {
  readonly #init: RTCIceCandidateInit

  constructor(init: RTCIceCandidateInit) {
    this.#init = init
  }

  get candidate(): string {
    return this.#init.candidate ?? ''
  }

  toJSON(): RTCIceCandidateInit {
    return this.#init
  }
}

/** Stands for an `RTCCertificate`, which stays in the window. */
interface CertificateToken {
  readonly call: number
}

interface HostLink {
  send(message: ToRtcHost): void
  call(connection: number, method: RtcMethod, argument?: RtcArgument): Promise<HostResult>
  generateCertificate(algorithm: AlgorithmIdentifier): Promise<CertificateToken>
  /** A new connection number; events of it go to `shim` until it is closed. */
  register(shim: PeerConnectionShim): number
  unregister(connection: number): void
  nextNumber(): number
}

type HostResult = FromRtcHost & { readonly type: 'result' }

function createHostLink(port: MessagePort): HostLink {
  const shims = new Map<number, PeerConnectionShim>()
  const calls = new Map<number, PromiseWithResolvers<HostResult>>()
  let lastNumber = 0
  const nextNumber = (): number => (lastNumber += 1)
  const send = (message: ToRtcHost): void => port.postMessage(message)

  function ask(call: number, message: ToRtcHost): Promise<HostResult> {
    const pending = Promise.withResolvers<HostResult>()
    calls.set(call, pending)
    send(message)
    return pending.promise
  }

  port.addEventListener('message', ({ data }: MessageEvent<FromRtcHost>) => {
    if (data.type === 'result') calls.get(data.call)?.resolve(data)
    else if (data.type === 'error') calls.get(data.call)?.reject(new DOMException(data.message, data.name))
    else shims.get(data.connection)?.onHostMessage(data)
    if (data.type === 'result' || data.type === 'error') calls.delete(data.call)
  })
  port.start()

  return {
    send,
    nextNumber,
    register(shim) {
      const connection = nextNumber()
      shims.set(connection, shim)
      return connection
    },
    unregister: (connection) => void shims.delete(connection),
    call(connection, method, argument) {
      const call = nextNumber()
      return ask(call, { type: 'call', call, connection, method, argument })
    },
    async generateCertificate(algorithm) {
      const call = nextNumber()
      await ask(call, { type: 'generate-certificate', call, algorithm })
      return { call }
    },
  }
}

/** Messages about one connection. */
type ConnectionMessage = Exclude<FromRtcHost, { readonly type: 'result' | 'error' }>

class PeerConnectionShim extends EventTarget {
  connectionState: RTCPeerConnectionState = 'new'
  localDescription: RTCSessionDescriptionInit | null = null
  ondatachannel: ((event: Event) => void) | null = null
  onicecandidate: ((event: Event) => void) | null = null
  onconnectionstatechange: ((event: Event) => void) | null = null
  readonly #link: HostLink
  readonly #connection: number
  /** Channels whose real one is on its way. */
  readonly #awaited = new Map<number, DeferredDataChannel>()
  /** Channels that have not opened yet: whoever waits for one hears when there will be no way. */
  readonly #unopened = new Set<DeferredDataChannel>()

  constructor(link: HostLink, { certificates = [], ...configuration }: RTCConfiguration) {
    super()
    this.#link = link
    this.#connection = link.register(this)
    const tokens = certificates as unknown as readonly CertificateToken[]
    link.send({
      type: 'create',
      connection: this.#connection,
      configuration,
      certificates: tokens.map((token) => token.call),
    })
  }

  createDataChannel(label: string, init: RTCDataChannelInit = {}): DeferredDataChannel {
    const channel = this.#link.nextNumber()
    const deferred = new DeferredDataChannel(label)
    this.#awaited.set(channel, deferred)
    this.#unopened.add(deferred)
    const forget = (): void => void this.#unopened.delete(deferred)
    for (const type of ['open', 'close']) deferred.addEventListener(type, forget, { once: true })
    this.#link.send({ type: 'create-channel', connection: this.#connection, channel, label, init })
    return deferred
  }

  async createOffer(): Promise<RTCSessionDescriptionInit | undefined> {
    return this.#call('createOffer')
  }

  async createAnswer(): Promise<RTCSessionDescriptionInit | undefined> {
    return this.#call('createAnswer')
  }

  async setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#call('setLocalDescription', description)
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#call('setRemoteDescription', description)
  }

  async addIceCandidate(candidate: IceCandidate): Promise<void> {
    await this.#call('addIceCandidate', candidate.toJSON())
  }

  /** As in browsers, the closing side gets no event. */
  close(): void {
    if (this.connectionState === 'closed') return
    this.connectionState = 'closed'
    this.#link.send({ type: 'close', connection: this.#connection })
    this.#forget()
  }

  onHostMessage(message: ConnectionMessage): void {
    if (message.type === 'remote-channel') {
      this.#dispatch(Object.assign(new Event('datachannel'), { channel: message.real }))
    } else if (message.type === 'state') {
      this.connectionState = message.connectionState
      this.#dispatch(new Event('connectionstatechange'))
      // Browsers tell those who wait for a channel nothing when ICE fails: they would wait until their own time is up.
      if (message.connectionState === 'failed') for (const channel of this.#unopened) channel.refuse()
    } else if (message.type === 'candidate') {
      const candidate = message.candidate === undefined ? null : new IceCandidate(message.candidate)
      this.#dispatch(Object.assign(new Event('icecandidate'), { candidate }))
    } else {
      const deferred = this.#awaited.get(message.channel)
      this.#awaited.delete(message.channel)
      if (message.type === 'channel') deferred?.attach(message.real)
      else deferred?.fail()
    }
  }

  async #call(method: RtcMethod, argument?: RtcArgument): Promise<RTCSessionDescriptionInit | undefined> {
    const result = await this.#link.call(this.#connection, method, argument)
    this.localDescription = result.localDescription ?? null
    return result.description
  }

  #forget(): void {
    this.#link.unregister(this.#connection)
    for (const deferred of this.#awaited.values()) deferred.fail()
    this.#awaited.clear()
  }

  #dispatch(event: Event): void {
    this.dispatchEvent(event)
    const handler = this[`on${event.type}` as 'ondatachannel']
    handler?.(event)
  }
}
