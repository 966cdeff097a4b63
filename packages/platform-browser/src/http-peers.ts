/**
 * Servers that are asked over HTTP what peers are asked otherwise (`cairn_request` of their JSON-RPC): the first proved answer
 * does not wait for libp2p's code, a dial and a handshake. What they say is verified like any peer's answer, so a server is
 * trusted with nothing but hearing which account is asked for.
 */
import { RESPONSE_MAX_BYTES } from '@cairn/chain'
import type { Network, PeerId, PeerSummary, RequestOptions } from '@cairn/ports'
import { CodedError, hexFromBytes, tryBytesFromHex } from '@cairn/primitives'
import { fetchBytes } from './fetch-bytes.ts'
import { HTTP_PROOF_TIMEOUT_MS } from './limits.ts'

/** What a proof is asked of. */
export type Answerers = Pick<Network, 'peers' | 'request' | 'penalize'>

/** `urls`: the servers' JSON-RPC, which stand in the place of peer ids. One that lies is not asked again. */
export function createHttpPeers(urls: readonly string[]): Answerers {
  const asked = new Set(urls)
  return {
    peers: () => [...asked].map(summaryOf),
    penalize: (url) => void asked.delete(url),
    request: (url, protocol, data, { timeoutMs = HTTP_PROOF_TIMEOUT_MS } = {}) =>
      callServer(url, [protocol, hexFromBytes(data)], Math.min(timeoutMs, HTTP_PROOF_TIMEOUT_MS)),
  }
}

/** The network's peers; while there are none, the servers. */
export function peersOrServers(network: Answerers, servers: Answerers): Answerers {
  const isServer = (peer: PeerId): boolean => peer.startsWith('http')
  const of = (peer: PeerId): Answerers => (isServer(peer) ? servers : network)
  return {
    peers: () => (network.peers().length > 0 ? network : servers).peers(),
    penalize: (peer, code) => of(peer).penalize(peer, code),
    request: (peer, protocol, data, options?: RequestOptions) => of(peer).request(peer, protocol, data, options),
  }
}

/** Of nobody, until it is there. */
export function lateNetwork(network: () => Answerers | undefined): Answerers {
  return {
    peers: () => network()?.peers() ?? [],
    penalize: (peer, code) => network()?.penalize(peer, code),
    request: async (peer, ...request) => {
      const connected = network()
      if (connected === undefined) throw new CodedError('PEER_UNREACHABLE', 'no connection to the peer')
      return connected.request(peer, ...request)
    },
  }
}

function summaryOf(url: string): PeerSummary {
  return { peerId: url, direction: 'outbound', transport: 'http', score: 0, gossiping: false }
}

/** @throws CodedError `PEER_UNREACHABLE`, `REQUEST_REFUSED`, `PROOF_MALFORMED` */
async function callServer(url: string, params: readonly string[], timeoutMs: number): Promise<Uint8Array> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'cairn_request', params })
  // Of this type a request to another origin needs no question beforehand.
  const headers = { 'content-type': 'text/plain' }
  const signal = AbortSignal.timeout(timeoutMs)
  const request = { method: 'POST', body, headers, signal }
  // Hex doubles the answer; an answer that breaks off is none.
  const answer = await fetchBytes(url, 3 * RESPONSE_MAX_BYTES, 'PEER_UNREACHABLE', request).catch((cause: unknown) => {
    throw cause instanceof CodedError ? cause : new CodedError('PEER_UNREACHABLE', `${url} broke off.`, { cause })
  })
  const { result, error } = readResponse(answer)
  if (error !== undefined) throw new CodedError('REQUEST_REFUSED', 'The server refused the request.')
  const bytes = typeof result === 'string' ? tryBytesFromHex(result) : undefined
  if (bytes === undefined) throw new CodedError('PROOF_MALFORMED', 'The server’s answer is malformed.')
  return bytes
}

function readResponse(answer: Uint8Array): { readonly result?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(answer))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
