import {
  type ChainSpec,
  type ConsensusHeader,
  type EpochEnd,
  createValidatorSet,
  encodeEpochEndsResponse,
  hashHeader,
} from '@cairn/chain'
import { ZERO_ADDRESS, ZERO_HASH, epoch, height } from '@cairn/primitives'
import type { ChainReader } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { createCheckpointGuard } from '../src/checkpoint.ts'
import { createFakeNetwork } from './fake-network.ts'
import { sampleAt, sampleCertificate } from './sample-messages.ts'

const spec = { epochLengthBlocks: 5 } as ChainSpec
const nextValidators = createValidatorSet(
  epoch(2),
  [{ publicKey: new Uint8Array(48).fill(1), weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' }],
  ZERO_HASH,
)

function endWith(timeMs: number): EpochEnd {
  const header: ConsensusHeader = {
    ...sampleAt(3).block.header,
    epoch: epoch(1),
    height: height(10),
    timeMs,
    nextValidatorSetHash: nextValidators.hash,
  }
  const finalization = { ...sampleCertificate('finalize', 9), epoch: epoch(1), hash: hashHeader(header) }
  return { header, finalization, nextValidators }
}

const trusted = endWith(1)
const checkpoint = { epoch: epoch(1), hash: hashHeader(trusted.header) }
const statusAt = (at: number) => ({
  genesisHash: ZERO_HASH,
  epoch: epoch(0),
  height: height(at),
  finalization: undefined,
  oldestHeight: height(0),
})

function guardWith(ends: readonly EpochEnd[] | undefined) {
  const network = createFakeNetwork(async () =>
    ends === undefined ? Uint8Array.of(1) : encodeEpochEndsResponse({ ends }),
  )
  network.connect('a')
  return { network, guard: createCheckpointGuard(checkpoint, spec, network) }
}

describe('a checkpoint', () => {
  it('admits a peer that shows it, with one request, and asks nobody once it is passed', async () => {
    const { network, guard } = guardWith([trusted])
    expect(await guard.admits('a', statusAt(30), height(0))).toBe(true)
    expect(network.asked).toEqual([{ peer: 'a', protocol: 'epoch-ends' }])
    expect(await guard.admits('a', statusAt(30), height(10))).toBe(true)
    expect(network.asked).toHaveLength(1)
    expect(network.penalties).toEqual([])
  })

  it('keeps a peer out that shows another block, nothing, or rubbish', async () => {
    for (const ends of [[endWith(2)], [], undefined]) {
      const { network, guard } = guardWith(ends)
      expect(await guard.admits('a', statusAt(30), height(9))).toBe(false)
      expect(network.penalties).toEqual([{ peer: 'a', code: 'CHECKPOINT_CONTRADICTED' }])
    }
  })

  it('asks a peer that showed another block only once, and takes it amiss only once', async () => {
    const { network, guard } = guardWith([endWith(2)])
    for (let time = 0; time < 3; time++) expect(await guard.admits('a', statusAt(30), height(9))).toBe(false)
    expect([network.asked, network.penalties]).toMatchObject([[{ peer: 'a' }], [{ peer: 'a' }]])
  })

  it('has no use for a peer that is not there yet, and no blame', async () => {
    const { network, guard } = guardWith([trusted])
    expect(await guard.admits('a', statusAt(9), height(0))).toBe(false)
    expect([network.asked, network.penalties]).toEqual([[], []])
  })

  it('refuses any other block at its height, wherever it comes from', () => {
    const { guard } = guardWith([])
    const blockAt = (at: number, hash = ZERO_HASH) => ({ header: { ...trusted.header, height: height(at) }, hash })
    guard.assertBlock(blockAt(9))
    guard.assertBlock(blockAt(11))
    guard.assertBlock(blockAt(10, checkpoint.hash))
    expect(() => guard.assertBlock(blockAt(10))).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH' }))
  })

  it('refuses a stored chain that went another way', async () => {
    const { guard } = guardWith([])
    const chainOf = (head: number, hash = ZERO_HASH): ChainReader =>
      ({
        head: () => ({ height: height(head) }),
        blockByHeight: async () => ({ header: trusted.header, hash }),
      }) as unknown as ChainReader
    await guard.assertChain(chainOf(9))
    await guard.assertChain(chainOf(20, checkpoint.hash))
    await expect(guard.assertChain(chainOf(10))).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' })
  })

  it('is not needed', async () => {
    const network = createFakeNetwork()
    const guard = createCheckpointGuard(undefined, spec, network)
    expect(await guard.admits('a', statusAt(30), height(0))).toBe(true)
    guard.assertBlock({ header: trusted.header, hash: ZERO_HASH })
    expect(network.asked).toEqual([])
  })
})
