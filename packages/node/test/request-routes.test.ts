import {
  type AccountProofRequest,
  decodeAccountProofResponse,
  decodeBlocksByHashResponse,
  decodeCertificatesResponse,
  decodeChainStatus,
  decodeFinalizedRangeResponse,
  encodeAccountProofRequest,
  encodeBlocksByHashRequest,
  encodeCertificatesRequest,
  encodeChainStatusRequest,
  encodeFinalizedRangeRequest,
  RESPONSE_MAX_BYTES,
  createValidatorSet,
  encodeEpochEndsRequest,
} from '@cairn/chain'
import type { ChainSpec, EpochState, ValidatorSet } from '@cairn/chain'
import type { AccountProof, RequestProtocol } from '@cairn/ports'
import { type Decoded, ZERO_ADDRESS, ZERO_HASH, decodeRlp, epoch, height, view } from '@cairn/primitives'
import { createMemoryStore, openChainStore } from '@cairn/storage'
import { createSampleChain, sampleAddress, verifySampleFinalization } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { BLOCKS_ANSWER_MAX_BYTES } from '../src/limits.ts'
import { type RequestRoutesDeps, routeRequests } from '../src/request-routes.ts'
import { createFakeNetwork } from './fake-network.ts'
import { RICH, createSampleExecutor } from './sample-executor.ts'
import { sampleAt, sampleCertificate, sampleChain } from './sample-messages.ts'

interface Shape {
  readonly chain?: typeof sampleChain
  readonly length?: number
  /** Every n-th block has a certificate of its own. */
  readonly certifiedEvery?: number
  readonly stateHeight?: number
  readonly consensus?: RequestRoutesDeps['consensus']
  /** Of epochs of this length, all but the last of which are over. */
  readonly epochLengthBlocks?: number
}

const MEMBER = { publicKey: new Uint8Array(48).fill(1), weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' }

async function start(shape: Shape = {}) {
  const { chain = sampleChain, length = 9, certifiedEvery = 3, stateHeight = length, consensus } = shape
  const network = createFakeNetwork()
  const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
  const store = await openChainStore(createMemoryStore(), options)
  for (const { block, certificate, execution } of chain.blocks.slice(0, length)) {
    const own = block.header.height % certifiedEvery === 0 ? certificate : undefined
    await store.appendFinalized(block, own, execution)
  }
  const executor = createSampleExecutor(chain)
  executor.rewind(stateHeight)
  executor.proof = async (address, slots): Promise<AccountProof> => ({
    address,
    account: RICH,
    accountProof: [Uint8Array.of(1)],
    storageProof: slots.map((slot) => ({ slot, value: ZERO_HASH, proof: [] })),
  })
  const { epochLengthBlocks = 1_000 } = shape
  const setOf = (of: number): ValidatorSet => createValidatorSet(epoch(of), [MEMBER], ZERO_HASH)
  const epochs = {
    current: () => ({ validators: setOf(Math.floor(length / epochLengthBlocks)) }) as EpochState,
    validators: async (of: number) => setOf(of),
  }
  const spec = { epochLengthBlocks } as ChainSpec
  routeRequests({ network, chain: store, epochs, spec, executor, consensus })
  const ask = async <Value>(
    protocol: RequestProtocol,
    data: Uint8Array,
    decode: (bytes: Uint8Array) => Decoded<Value>,
  ): Promise<Value | { readonly refused: string }> => {
    const answer = await network.serve(protocol, data)
    if (!(answer instanceof Uint8Array)) return answer
    const decoded = decode(answer)
    if (!decoded.ok) throw new Error(`the answer does not decode: ${decoded.code}`)
    return decoded.value
  }
  return { network, executor, ask }
}

const hashAt = (at: number) => sampleAt(at).block.hash

describe('every protocol', () => {
  it('refuses what does not decode', async () => {
    const { network } = await start()
    const protocols = ['blocks-by-hash', 'certificates', 'finalized-range', 'chain-status', 'account-proof'] as const
    for (const protocol of protocols) {
      for (const data of [new Uint8Array(0), Uint8Array.of(0xf8, 1), new Uint8Array(5_000)]) {
        expect(await network.serve(protocol, data), protocol).toEqual({ refused: expect.stringMatching(/^DECODE_/) })
      }
    }
  })
})

describe('blocks-by-hash', () => {
  const ask = (
    started: Awaited<ReturnType<typeof start>>,
    hashes: Parameters<typeof encodeBlocksByHashRequest>[0]['hashes'],
  ) => started.ask('blocks-by-hash', encodeBlocksByHashRequest({ hashes }), decodeBlocksByHashResponse)

  it('gives stored blocks and those of open views, in order, without what is unknown', async () => {
    const open = sampleAt(12).block
    const consensus = { block: (hash: string) => (hash === open.hash ? open : undefined), certificatesFrom: () => [] }
    const started = await start({ consensus })
    const answer = await ask(started, [hashAt(2), ZERO_HASH, open.hash, hashAt(1)])
    expect(answer).toEqual({ blocks: [sampleAt(2).block, open, sampleAt(1).block] })
  })

  it('stays below its size, and always gives the first block', async () => {
    const chain = createSampleChain({ length: 4, transactionSizeBytes: BLOCKS_ANSWER_MAX_BYTES / 2 - 5_000 })
    const started = await start({ chain, length: 4 })
    const answer = await ask(
      started,
      chain.blocks.map(({ block }) => block.hash),
    )
    expect(answer).toEqual({ blocks: chain.blocks.slice(0, 2).map(({ block }) => block) })
  })
})

describe('certificates', () => {
  const request = encodeCertificatesRequest({ epoch: epoch(0), fromView: view(5) })

  it('come from the rules, and a follower has none', async () => {
    const certificates = [sampleCertificate('notarize', 5)]
    const asked: number[] = []
    const consensus = {
      block: () => undefined,
      certificatesFrom: (_: number, from: number) => {
        asked.push(from)
        return certificates
      },
    }
    const validator = await start({ consensus })
    expect(await validator.ask('certificates', request, decodeCertificatesResponse)).toEqual({ certificates })
    expect(asked).toEqual([5])
    const follower = await start()
    expect(await follower.ask('certificates', request, decodeCertificatesResponse)).toEqual({ certificates: [] })
  })

  it('of an epoch that is over are the one that ended it', async () => {
    const { ask } = await start({ epochLengthBlocks: 3 })
    for (const of of [0, 1, 2]) {
      const old = encodeCertificatesRequest({ epoch: epoch(of), fromView: view(1) })
      expect(await ask('certificates', old, decodeCertificatesResponse)).toEqual({
        certificates: [sampleAt((of + 1) * 3).certificate],
      })
    }
  })
})

describe('epoch-ends', () => {
  const heights = async (shape: Shape, from: number): Promise<readonly number[]> => {
    const { network } = await start(shape)
    const answer = await network.serve('epoch-ends', encodeEpochEndsRequest({ fromEpoch: epoch(from) }))
    if (!(answer instanceof Uint8Array)) throw new Error('refused')
    // The sample chain's headers name no sets, so that the checked decoder would refuse them.
    const ends = decodeRlp(answer, RESPONSE_MAX_BYTES, (item) => {
      const list = item.list()
      const found = list.listOf(64, (end) => {
        const fields = end.list()
        const header = fields.list()
        header.uint()
        header.uint()
        header.uint()
        header.uint()
        return header.uint()
      })
      return found
    })
    return ends.ok ? ends.value : [-1]
  }

  it('lead from epoch to epoch, up to the one that goes on', async () => {
    expect(await heights({ epochLengthBlocks: 3 }, 0)).toEqual([3, 6, 9])
    expect(await heights({ epochLengthBlocks: 3 }, 2)).toEqual([9])
    expect(await heights({ epochLengthBlocks: 3 }, 3)).toEqual([])
    expect(await heights({ epochLengthBlocks: 3 }, 1_000_000)).toEqual([])
    expect(await heights({}, 0)).toEqual([])
  })

  it('stop where an end has no certificate of its own', async () => {
    expect(await heights({ epochLengthBlocks: 3, certifiedEvery: 9 }, 0)).toEqual([])
    expect(await heights({ epochLengthBlocks: 3, certifiedEvery: 9 }, 2)).toEqual([9])
  })
})

describe('finalized-range and chain-status', () => {
  it('serve up to the newest block with a certificate of its own', async () => {
    const { ask } = await start({ length: 11 })
    const range = await ask(
      'finalized-range',
      encodeFinalizedRangeRequest({ fromHeight: height(5), countMax: 64 }),
      decodeFinalizedRangeResponse,
    )
    const blocks = sampleChain.blocks.slice(4, 9).map(({ block }) => block)
    expect(range).toEqual({ blocks, links: [], certificate: sampleAt(9).certificate })
    expect(await ask('chain-status', encodeChainStatusRequest(), decodeChainStatus)).toEqual({
      genesisHash: sampleChain.genesis.hash,
      epoch: 0,
      height: 9,
      finalization: sampleAt(9).certificate,
      oldestHeight: 0,
    })
  })

  it('say so when there is only genesis', async () => {
    const { ask } = await start({ length: 0 })
    const request = encodeFinalizedRangeRequest({ fromHeight: height(1), countMax: 64 })
    expect(await ask('finalized-range', request, decodeFinalizedRangeResponse)).toEqual({
      blocks: [],
      links: [],
      certificate: undefined,
    })
    const status = await ask('chain-status', encodeChainStatusRequest(), decodeChainStatus)
    expect(status).toMatchObject({ height: 0, finalization: undefined })
  })
})

describe('account-proof', () => {
  const request = (change: Partial<AccountProofRequest> = {}): Uint8Array =>
    encodeAccountProofRequest({ height: undefined, address: sampleAddress(1), slots: [ZERO_HASH], ...change })

  it('comes with the headers from the state’s block to the certified one', async () => {
    const { ask } = await start({ stateHeight: 7 })
    const answer = await ask('account-proof', request(), decodeAccountProofResponse)
    expect(answer).toMatchObject({
      headers: [7, 8, 9].map((at) => sampleAt(at).block.header),
      finalization: sampleAt(9).certificate,
      address: sampleAddress(1),
      account: RICH,
      accountProof: [Uint8Array.of(1)],
      storageProof: [{ slot: ZERO_HASH, value: ZERO_HASH, proof: [] }],
    })
  })

  it('is of genesis without a certificate', async () => {
    const { ask } = await start({ length: 0 })
    const answer = await ask('account-proof', request({ slots: [] }), decodeAccountProofResponse)
    expect(answer).toMatchObject({ headers: [sampleChain.genesis.header], finalization: undefined })
  })

  it('is refused for a state that is not the head’s, or not certified', async () => {
    const { network } = await start()
    expect(await network.serve('account-proof', request({ height: height(3) }))).toEqual({
      refused: 'STATE_NOT_AVAILABLE',
    })
    expect(await network.serve('account-proof', request({ height: height(9) }))).toBeInstanceOf(Uint8Array)
    const uncertified = await start({ length: 10 })
    expect(await uncertified.network.serve('account-proof', request())).toEqual({ refused: 'NOT_CERTIFIED_YET' })
  })

  it('is refused when a block is committed while it is made', async () => {
    const { network, executor } = await start({ stateHeight: 8 })
    const prove = executor.proof
    executor.proof = async (address, slots) => {
      const proof = await prove(address, slots)
      executor.rewind(9)
      return proof
    }
    expect(await network.serve('account-proof', request())).toEqual({ refused: 'STATE_MOVED_ON' })
  })
})
