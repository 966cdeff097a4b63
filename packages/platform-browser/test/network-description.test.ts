import { describe, expect, it } from 'vitest'
import { parseNetworkDescription } from '../src/network-description.ts'

const genesisHash = `0x${'ab'.repeat(32)}`
const genesisExecution = { executionBlockHash: genesisHash, stateRoot: genesisHash }
const invalid = expect.objectContaining({ code: 'NETWORK_DESCRIPTION_INVALID' })

describe('parseNetworkDescription', () => {
  it.each([
    ['no JSON', '<html>'],
    ['no object', '7'],
    ['null', 'null'],
    ['a short hash', JSON.stringify({ chainSpec: {}, genesisHash: '0x12', bootstrap: [] })],
    ['no list of peers', JSON.stringify({ chainSpec: {}, genesisHash, bootstrap: 'x' })],
    ['a peer that is no text', JSON.stringify({ chainSpec: {}, genesisHash, bootstrap: [7] })],
    ['a STUN server that is none', JSON.stringify({ genesisHash, bootstrap: [], iceServers: ['https://x'] })],
    ['too many of them', JSON.stringify({ genesisHash, bootstrap: [], iceServers: Array(5).fill('stun:a:1') })],
    ['a server that is none', JSON.stringify({ genesisHash, bootstrap: [], rpcUrls: ['ftp://x'] })],
    ['no genesis header', JSON.stringify({ genesisHash, bootstrap: [] })],
    ['no chain spec', JSON.stringify({ genesisHash, genesisExecution, bootstrap: [] })],
    ['a bad chain spec', JSON.stringify({ chainSpec: { config: {} }, genesisHash, genesisExecution, bootstrap: [] })],
  ])('refuses %s', (_, text) => {
    expect(() => parseNetworkDescription(text)).toThrow(invalid)
  })
})
