/**
 * The window's half of WebRTC for a worker: `RTCPeerConnection` does not exist in workers, but an `RTCDataChannel`
 * can be transferred to a dedicated worker in the very task that created it (later it cannot). So the window owns
 * the connections, every channel goes to the worker at once, and traffic flows there while the window is busy.
 */
import { createRtcBudget } from './rtc-budget.ts'
import type { FromRtcHost, ToRtcHost } from './rtc-messages.ts'

export interface RtcHost {
  /** Closes all connections and the port. */
  close(): void
}

/** Serves the shim at the other end of `port`, until the port closes with its worker. Call in a window. */
export function startRtcHost(port: MessagePort): RtcHost {
  const connections = new Map<number, RTCPeerConnection>()
  const certificates = new Map<number, RTCCertificate>()
  const watched = new WeakSet<RTCDtlsTransport>()
  const budget = createRtcBudget(() => performance.now())
  const send = (message: FromRtcHost, transfer: Transferable[] = []): void => port.postMessage(message, transfer)

  function create(message: ToRtcHost & { readonly type: 'create' }): void {
    const { connection } = message
    const own = message.certificates.flatMap((call) => certificates.get(call) ?? [])
    for (const call of message.certificates) certificates.delete(call)
    const peerConnection = open({ ...message.configuration, certificates: own })
    if (peerConnection === undefined) return send({ type: 'state', connection, connectionState: 'failed' })
    connections.set(connection, peerConnection)
    peerConnection.addEventListener('icecandidate', ({ candidate }) =>
      send({ type: 'candidate', connection, candidate: candidate?.toJSON() }),
    )
    peerConnection.addEventListener('datachannel', ({ channel }) =>
      send({ type: 'remote-channel', connection, real: channel }, [channel]),
    )
    peerConnection.addEventListener('connectionstatechange', () => {
      send({ type: 'state', connection, connectionState: peerConnection.connectionState })
      if (peerConnection.connectionState === 'failed') drop(connection)
    })
  }

  /** `undefined`: the budget is spent, or the browser refuses (Chromium does at some 500, closed ones included). */
  function open(configuration: RTCConfiguration): RTCPeerConnection | undefined {
    if (!budget.take(connections.size)) return undefined
    try {
      return new RTCPeerConnection(configuration)
    } catch {
      return undefined
    }
  }

  function createChannel(message: ToRtcHost & { readonly type: 'create-channel' }): void {
    const { connection, channel } = message
    try {
      const real = required(connections.get(connection)).createDataChannel(message.label, message.init)
      send({ type: 'channel', connection, channel, real }, [real])
    } catch (error) {
      send({ type: 'channel-failed', connection, channel, message: String(error) })
    }
  }

  async function call(message: ToRtcHost & { readonly type: 'call' }): Promise<void> {
    const peerConnection = required(connections.get(message.connection))
    const description = await invoke(peerConnection, message)
    watchTransport(message.connection, peerConnection)
    send({ type: 'result', call: message.call, description, localDescription: plain(peerConnection.localDescription) })
  }

  /** Browsers do not change a connection's state when the other side closes it; its transport's state says so at once. */
  function watchTransport(connection: number, peerConnection: RTCPeerConnection): void {
    const transport = peerConnection.sctp?.transport
    if (transport === undefined || watched.has(transport)) return
    watched.add(transport)
    transport.addEventListener('statechange', () => {
      if (transport.state !== 'closed' || !connections.has(connection)) return
      send({ type: 'state', connection, connectionState: 'closed' })
      drop(connection)
    })
  }

  async function generateCertificate(message: ToRtcHost & { readonly type: 'generate-certificate' }): Promise<void> {
    certificates.set(message.call, await RTCPeerConnection.generateCertificate(message.algorithm))
    send({ type: 'result', call: message.call, description: undefined, localDescription: undefined })
  }

  function drop(connection: number): void {
    connections.get(connection)?.close()
    connections.delete(connection)
  }

  function answer(call: number, work: Promise<void>): void {
    work.catch((error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      send({ type: 'error', call, name, message })
    })
  }

  port.addEventListener('message', ({ data }: MessageEvent<ToRtcHost>) => {
    if (data.type === 'create') create(data)
    else if (data.type === 'create-channel') createChannel(data)
    else if (data.type === 'call') answer(data.call, call(data))
    else if (data.type === 'generate-certificate') answer(data.call, generateCertificate(data))
    else drop(data.connection)
  })

  function close(): void {
    globalThis.removeEventListener('pagehide', close)
    globalThis.document.removeEventListener('freeze', onFreeze)
    for (const connection of connections.keys()) drop(connection)
    port.close()
  }
  port.addEventListener('close', close)
  // A frozen page answers nobody: peers are told now, and the worker when it runs again.
  const onFreeze = (): void => {
    for (const connection of connections.keys()) {
      send({ type: 'state', connection, connectionState: 'closed' })
      drop(connection)
    }
  }
  globalThis.document.addEventListener('freeze', onFreeze)
  // Peers notice a closed connection at once, a vanished one after half a minute.
  globalThis.addEventListener('pagehide', close)
  port.start()
  return { close }
}

async function invoke(
  peerConnection: RTCPeerConnection,
  { method, argument }: ToRtcHost & { readonly type: 'call' },
): Promise<RTCSessionDescriptionInit | undefined> {
  if (method === 'createOffer') return plain(await peerConnection.createOffer())
  if (method === 'createAnswer') return plain(await peerConnection.createAnswer())
  if (method === 'addIceCandidate') await peerConnection.addIceCandidate(argument as RTCIceCandidateInit)
  else if (method === 'setLocalDescription')
    await peerConnection.setLocalDescription(argument as RTCSessionDescriptionInit)
  else await peerConnection.setRemoteDescription(argument as RTCSessionDescriptionInit)
  return undefined
}

/** Descriptions are platform objects, which cannot be posted. */
function plain(
  description: RTCSessionDescription | RTCSessionDescriptionInit | null,
): RTCSessionDescriptionInit | undefined {
  if (description === null) return undefined
  return { type: description.type, ...(description.sdp === undefined ? {} : { sdp: description.sdp }) }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no such connection')
  return value
}
