import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answerers, createHttpPeers, lateNetwork, peersOrServers } from '../src/http-peers.ts'

describe('servers asked over HTTP', () => {
  let url = ''
  let answer = ''
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      asked.push(JSON.parse(body))
      response.end(answer)
    })
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  it('gives the bytes that a peer would give', async () => {
    answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x0a0b' })
    const servers = createHttpPeers([url])
    expect(await servers.request(url, 'account-proof', Uint8Array.of(1, 2))).toEqual(Uint8Array.of(10, 11))
    expect(asked.at(-1)).toMatchObject({ method: 'cairn_request', params: ['account-proof', '0x0102'] })
  })

  it.each([
    ['a refusal', '{"error":{"code":-32002,"message":"refused: NOT_CERTIFIED_YET"}}', 'REQUEST_REFUSED'],
    ['no JSON', '<html>', 'PROOF_MALFORMED'],
    ['no bytes', '{"result":"0x0"}', 'PROOF_MALFORMED'],
    ['no result', 'null', 'PROOF_MALFORMED'],
  ])('names %s', async (_, text, code) => {
    answer = text
    await expect(createHttpPeers([url]).request(url, 'account-proof', Uint8Array.of(1))).rejects.toMatchObject({ code })
  })

  it('asks nobody again who lied, and says when nobody is there', async () => {
    const servers = createHttpPeers([url, 'http://127.0.0.1:1'])
    servers.penalize(url, 'PROOF_INVALID')
    expect(servers.peers().map(({ peerId }) => peerId)).toEqual(['http://127.0.0.1:1'])
    await expect(servers.request('http://127.0.0.1:1', 'account-proof', Uint8Array.of(1))).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    })
  })
})

describe('peers or servers', () => {
  const answering = (name: string, peerIds: readonly string[]): Answerers => ({
    peers: () =>
      peerIds.map((peerId) => ({ peerId, direction: 'outbound', transport: name, score: 0, gossiping: false })),
    penalize: () => undefined,
    request: async () => new TextEncoder().encode(name),
  })

  it('asks servers while there is no peer, and each its own way', async () => {
    const networks: Answerers[] = []
    const either = peersOrServers(
      lateNetwork(() => networks[0]),
      answering('http', ['http://a']),
    )
    const textOf = async (peer: string): Promise<string> =>
      new TextDecoder().decode(await either.request(peer, 'account-proof', Uint8Array.of(1)))
    expect(either.peers().map(({ peerId }) => peerId)).toEqual(['http://a'])
    await expect(textOf('12D3')).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    networks.push(answering('webrtc', ['12D3']))
    expect(either.peers().map(({ peerId }) => peerId)).toEqual(['12D3'])
    expect(await textOf('12D3')).toBe('webrtc')
    expect(await textOf('http://a')).toBe('http')
  })
})
