import { encodeBlocksByHashResponse, encodeCertificatesResponse } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import { createMemoryStore, createProposedBlocks } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { REPAIR_PEERS_MAX } from '../src/limits.ts'
import { createRepair } from '../src/repair.ts'
import { type Answer, createFakeNetwork } from './fake-network.ts'
import { sampleAt, sampleCertificate } from './sample-messages.ts'

const { block } = sampleAt(3)
const answerWith = (...numbers: readonly number[]): Uint8Array =>
  encodeBlocksByHashResponse({ blocks: numbers.map((at) => sampleAt(at).block) })

function start(answer: Answer, ...peers: readonly string[]) {
  const network = createFakeNetwork(answer)
  network.connect(...peers)
  const proposed = createProposedBlocks(createMemoryStore())
  return { network, proposed, repair: createRepair(network, proposed) }
}

describe('fetching a block', () => {
  const effect = { type: 'fetch-block', hash: block.hash, hints: ['c', 'gone'] } as const

  it('finds what this node itself proposed or voted for, without asking anybody', async () => {
    const { network, proposed, repair } = start(async () => answerWith(3), 'a')
    await proposed.put(sampleAt(2).block)
    await proposed.put(block)
    expect(await repair.fetchBlock(effect)).toEqual({ type: 'block-fetched', block, from: undefined })
    expect(network.asked).toEqual([])
  })

  it('asks hinted peers that are connected, then others, in turn', async () => {
    const { network, repair } = start(async (peer) => (peer === 'b' ? answerWith(3) : undefined), 'a', 'b', 'c')
    expect(await repair.fetchBlock(effect)).toEqual({ type: 'block-fetched', block, from: 'b' })
    expect(network.asked.map(({ peer }) => peer)).toEqual(['c', 'a', 'b'])
    expect(network.penalties).toEqual([])
  })

  it('penalizes an answer that does not decode, and goes on', async () => {
    const answers: Record<string, Uint8Array> = { c: Uint8Array.of(1, 2, 3), a: new Uint8Array(0), b: answerWith(3) }
    const { network, repair } = start(async (peer) => answers[peer], 'a', 'b', 'c')
    expect(await repair.fetchBlock(effect)).toMatchObject({ type: 'block-fetched', from: 'b' })
    expect(network.penalties.map(({ peer }) => peer)).toEqual(['c', 'a'])
  })

  it('takes another block for no answer: its hash is computed, not told', async () => {
    const { network, repair } = start(async (peer) => (peer === 'c' ? answerWith(4) : answerWith(4, 3)), 'a', 'c')
    expect(await repair.fetchBlock(effect)).toEqual({ type: 'block-fetched', block, from: 'a' })
    expect(network.penalties).toEqual([])
  })

  it('penalizes bytes that do not belong to the header, and asks the next peer at once', async () => {
    const forged = { ...block, payload: Uint8Array.of(...block.payload, 0) }
    const answers: Record<string, Uint8Array> = {
      c: encodeBlocksByHashResponse({ blocks: [forged] }),
      a: answerWith(3),
    }
    const { network, repair } = start(async (peer) => answers[peer], 'a', 'c')
    expect(await repair.fetchBlock(effect)).toEqual({ type: 'block-fetched', block, from: 'a' })
    expect(network.penalties).toEqual([{ peer: 'c', code: 'BLOCK_DATA_INVALID' }])
  })

  it('gives up after some peers, or without any', async () => {
    const crowd = Array.from({ length: 9 }, (_, index) => `peer-${index}`)
    const { network, repair } = start(async () => answerWith(), ...crowd)
    expect(await repair.fetchBlock(effect)).toEqual({ type: 'fetch-failed', hash: block.hash })
    expect(network.asked).toHaveLength(REPAIR_PEERS_MAX)
    const lonely = start(async () => answerWith(3))
    expect(await lonely.repair.fetchBlock({ ...effect, hash: ZERO_HASH })).toMatchObject({ type: 'fetch-failed' })
  })
})

describe('fetching certificates', () => {
  const effect = { type: 'fetch-certificates', epoch: epoch(0), fromView: view(2), hint: 'b' } as const
  const certificates = [sampleCertificate('notarize', 2), sampleCertificate('nullify', 3)]

  it('feeds each one in with its sender', async () => {
    const { network, repair } = start(async () => encodeCertificatesResponse({ certificates }), 'a', 'b')
    expect(await repair.fetchCertificates(effect)).toEqual(
      certificates.map((certificate) => ({ type: 'certificate', certificate, from: 'b', gossiped: false })),
    )
    expect(network.asked).toEqual([{ peer: 'b', protocol: 'certificates' }])
  })

  it('goes on after a silent and a lying peer; nobody left is nothing', async () => {
    const answers: Record<string, Uint8Array> = {
      a: Uint8Array.of(0xf8),
      c: encodeCertificatesResponse({ certificates }),
    }
    const { network, repair } = start(async (peer) => answers[peer], 'a', 'b', 'c')
    expect(await repair.fetchCertificates(effect)).toHaveLength(2)
    expect(network.asked.map(({ peer }) => peer)).toEqual(['b', 'a', 'c'])
    expect(network.penalties).toEqual([{ peer: 'a', code: expect.stringMatching(/^DECODE_/) }])
    network.disconnect('c')
    expect(await repair.fetchCertificates({ ...effect, hint: undefined })).toEqual([])
  })
})
