/** Every wire type: round trip, encoding pinned by hash, one encoding per value, no exception for any bytes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, encodeRlp, epoch, hexFromBytes, height, rlpUint, view } from '@cairn/primitives'
import type { Decoded, RlpInput } from '@cairn/primitives'
import * as chain from '../src/index.ts'
import {
  addressOf,
  childOf,
  hashOf,
  sampleBlock,
  sampleCertificate,
  sampleHeader,
  sampleProposal,
  sampleValidators,
  sampleVote,
} from './fixtures.ts'

interface Case<T> {
  readonly value: T
  readonly encode: (value: T) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Decoded<T>
  /** keccak256 of the encoding: a change here is a change of the protocol. */
  readonly pin: string
}

const child = childOf(sampleBlock)
const finalization = sampleCertificate('finalize', { hash: child.hash, view: child.header.view })
const node = new Uint8Array(40).fill(1)

const define = <T>(pin: string, value: T, encode: Case<T>['encode'], decode: Case<T>['decode']): Case<unknown> =>
  ({ value, encode, decode, pin }) as Case<unknown>

const cases: Readonly<Record<string, Case<unknown>>> = {
  header: define(
    '0x7ac6cd8a5b2d493b7c3c2382ec7f90d260416c435e88df57b80a90e029b34853',
    sampleHeader,
    chain.encodeHeader,
    chain.decodeHeader,
  ),
  block: define(
    '0x1cd80b1f4ac13f268afc095d1fe21dde25fe73ae900f45cf8547b098044e02ad',
    sampleBlock,
    chain.encodeBlock,
    chain.decodeBlock,
  ),
  vote: define(
    '0x4ddd9ddadb1d9b32ef1bf913257885ddf91510256d7daf3664fd8c08c90e9223',
    sampleVote('finalize'),
    chain.encodeVote,
    chain.decodeVote,
  ),
  'nullify vote': define(
    '0xbdad38effcd7bb84281a23e6670e59a98d1973477740daa5ce50f74d569393fc',
    sampleVote('nullify'),
    chain.encodeVote,
    chain.decodeVote,
  ),
  leaving: define(
    '0xb787772e3b525f2e0024fedc6640621216657f33be0a2acec7f7dd519673d386',
    {
      epoch: epoch(Number.MAX_SAFE_INTEGER),
      view: view(Number.MAX_SAFE_INTEGER),
      validator: 1023,
      signature: new Uint8Array(96).fill(7),
    },
    chain.encodeLeaving,
    chain.decodeLeaving,
  ),
  announcement: define(
    '0xf8e42b366d2dbf173578194c0fb99c13ff50d329dd066f35404696e336e329f0',
    {
      epoch: epoch(Number.MAX_SAFE_INTEGER),
      view: view(Number.MAX_SAFE_INTEGER),
      validator: 1023,
      peerId: '12D3KooW'.padEnd(128, 'x'),
      signature: new Uint8Array(96).fill(7),
    },
    chain.encodeAnnouncement,
    chain.decodeAnnouncement,
  ),
  certificate: define(
    '0xc11ff673f09629e993d9450b18d62d259a96fd9bbe2873bc0110808671c937c4',
    sampleCertificate('notarize'),
    chain.encodeCertificate,
    chain.decodeCertificate,
  ),
  'entry proof': define(
    '0x01f80b6ed90e3891da8a99a0ebda58f497f13c56e32a9d36109e1de63a90b5f1',
    sampleProposal.entryProof,
    chain.encodeEntryProof,
    chain.decodeEntryProof,
  ),
  proposal: define(
    '0xf33cdf6228a892c890522b12e40a01dde3a6ae354d84c3a44aed582c50bbf1b3',
    sampleProposal,
    chain.encodeProposal,
    chain.decodeProposal,
  ),
  status: define(
    '0x68f096dc51a3ea92ef7c4206a14849299060f9a8e148e4ebb2d58420d916e51b',
    {
      epoch: epoch(2),
      finalization: sampleCertificate('finalize'),
      entryProof: sampleProposal.entryProof,
      votes: [sampleVote('notarize'), sampleVote('finalize')],
    },
    chain.encodeStatus,
    chain.decodeStatus,
  ),
  'vote evidence': define(
    '0x04b729b6fd49bf0eb201adf17bb96ba38440a6bead3efa1a27703a43584b21e5',
    { type: 'votes', first: sampleVote('nullify'), second: sampleVote('finalize') },
    chain.encodeEvidence,
    chain.decodeEvidence,
  ),
  'certificate evidence': define(
    '0x4ce9509ef4cc17a3d557daa1b97ffba94e5205187842209379bde8060129a57e',
    {
      type: 'certificates',
      first: sampleCertificate('notarize', { hash: hashOf(1) }),
      second: sampleCertificate('notarize', { hash: hashOf(2) }),
    },
    chain.encodeEvidence,
    chain.decodeEvidence,
  ),
  'evidence list': define(
    '0x21f19a6cd5374b54a3c91dd6637b767ef05f96c74807e87e1f8b84708899f07d',
    [{ type: 'votes', first: sampleVote('nullify'), second: sampleVote('finalize') }],
    chain.encodeEvidenceList,
    chain.decodeEvidenceList,
  ),
  'validator set': define(
    '0xed19f7c34befd3a74d1336df30838f2d25f6c1cfd8d8d93297661ac7b531ec91',
    chain.createValidatorSet(epoch(2), sampleValidators([1n, 300n, (1n << 64n) - 1n]), ZERO_HASH),
    chain.encodeValidatorSet,
    chain.decodeValidatorSet,
  ),
  'blocks-by-hash request': define(
    '0xa2b56477b670a553742747cefa98464feea40b94cf7cecea4663c2149eb4bdea',
    { hashes: [hashOf(1), hashOf(2)] },
    chain.encodeBlocksByHashRequest,
    chain.decodeBlocksByHashRequest,
  ),
  'blocks-by-hash response': define(
    '0xd43d6a30e470125bd6d1e398621f4c425e3a9ee16d464a24a73eafb2a4d8c59f',
    { blocks: [child, sampleBlock] },
    chain.encodeBlocksByHashResponse,
    chain.decodeBlocksByHashResponse,
  ),
  'certificates request': define(
    '0x2c0c2af5a19a3d680b8a7a71ade2f39bece37dfa51ebd1644e0d4de092e06741',
    { epoch: epoch(2), fromView: view(300) },
    chain.encodeCertificatesRequest,
    chain.decodeCertificatesRequest,
  ),
  'certificates response': define(
    '0xe5954b1fde449d170027ec04e94310882a4a3cb15ce20e7d296cc88e5222420b',
    { certificates: [sampleCertificate('notarize'), sampleCertificate('nullify')] },
    chain.encodeCertificatesResponse,
    chain.decodeCertificatesResponse,
  ),
  'finalized-range request': define(
    '0x2ffa7012b4f1adfd9c6eac9d6b42841c59b93d937a15b98ee226f3a6b7140310',
    { fromHeight: height(1000), countMax: 128 },
    chain.encodeFinalizedRangeRequest,
    chain.decodeFinalizedRangeRequest,
  ),
  'finalized-range response': define(
    '0x2a899bccb1b7f653b7df1d085f32fd19251072341cb240b254ee5d95a1dad8d6',
    { blocks: [sampleBlock], links: [child.header], certificate: finalization },
    chain.encodeFinalizedRangeResponse,
    chain.decodeFinalizedRangeResponse,
  ),
  'chain-status request': define(
    '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    {},
    chain.encodeChainStatusRequest,
    chain.decodeChainStatusRequest,
  ),
  'chain-status response': define(
    '0x0694833e5c3389c56c15eb5bb610f89c43797ed0e3d8b6b5564b26018a7cea8c',
    { genesisHash: hashOf(1), epoch: epoch(2), height: height(206), finalization, oldestHeight: height(5) },
    chain.encodeChainStatus,
    chain.decodeChainStatus,
  ),
  'account-proof request': define(
    '0x5d9e6b14de51d2e89336059c7a66196a80265e859fa8b4c38a03afabe4e58126',
    { height: height(205), address: addressOf(1), slots: [hashOf(1)] },
    chain.encodeAccountProofRequest,
    chain.decodeAccountProofRequest,
  ),
  'account-proof response': define(
    '0x84209fccbd384b9737e9769c3bde893d8aa8dff5571032dc893d17a5478b79b0',
    {
      headers: [sampleBlock.header, child.header],
      finalization,
      address: addressOf(1),
      account: { nonce: 7n, balance: 10n ** 18n, codeHash: hashOf(2), storageRoot: hashOf(3) },
      accountProof: [node],
      storageProof: [{ slot: hashOf(1), value: hashOf(2), proof: [node, node] }],
    },
    chain.encodeAccountProofResponse,
    chain.decodeAccountProofResponse,
  ),
}

describe.each(Object.entries(cases))('%s', (_name, { value, encode, decode, pin }) => {
  const bytes = encode(value)

  it('round trips, and its encoding is pinned', () => {
    expect(decode(bytes)).toEqual({ ok: true, value })
    expect(keccak256(bytes)).toBe(pin)
  })

  it('has one encoding: whatever decodes encodes back to the same bytes', () => {
    const mutation = fc.record({
      offset: fc.nat(Math.min(bytes.length - 1, 600)),
      byte: fc.integer({ min: 0, max: 255 }),
      change: fc.constantFrom('set', 'insert', 'remove', 'cut'),
    })
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let mutated = [...bytes]
        for (const { offset, byte, change } of mutations) {
          if (change === 'set') mutated[offset] = byte
          else if (change === 'insert') mutated.splice(offset, 0, byte)
          else if (change === 'remove') mutated.splice(offset, 1)
          else mutated = mutated.slice(0, offset)
        }
        const input = Uint8Array.from(mutated)
        const decoded = decode(input)
        const again = decoded.ok ? encode(decoded.value) : input
        expect(hexFromBytes(again)).toBe(hexFromBytes(input))
      }),
      { numRuns: 300, seed: 1 },
    )
  })

  it('refuses random bytes with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (input) => {
        const decoded = decode(input)
        const outcome = decoded.ok ? hexFromBytes(encode(decoded.value)) : decoded.code
        // The small requests are so short that random bytes find them.
        expect(outcome).toMatch(decoded.ok ? hexFromBytes(input) : /^DECODE_/)
      }),
      { numRuns: 200, seed: 2 },
    )
  })
})

const codeOf = (decoded: Decoded<unknown>): string => (decoded.ok ? 'ok' : decoded.code)

describe('rules beyond RLP', () => {
  const subject = (kind: number, hash: Uint8Array, viewNumber = 9): RlpInput[] => [
    rlpUint(kind),
    rlpUint(2),
    rlpUint(viewNumber),
    hash,
  ]
  const vote = (...head: RlpInput[]): Uint8Array => encodeRlp([...head, rlpUint(1), new Uint8Array(96)])
  const zero = new Uint8Array(32)
  const some = new Uint8Array(32).fill(1)

  it('a nullify vote has the zero hash, others never; view 0 has no votes', () => {
    expect(codeOf(chain.decodeVote(vote(...subject(1, zero))))).toBe('DECODE_WRONG_HASH')
    expect(codeOf(chain.decodeVote(vote(...subject(2, some))))).toBe('DECODE_WRONG_HASH')
    expect(codeOf(chain.decodeVote(vote(...subject(3, some))))).toBe('ok')
    expect(codeOf(chain.decodeVote(vote(...subject(0, some))))).toBe('DECODE_WRONG_KIND')
    expect(codeOf(chain.decodeVote(vote(...subject(4, some))))).toBe('DECODE_WRONG_KIND')
    expect(codeOf(chain.decodeVote(vote(...subject(1, some, 0))))).toBe('DECODE_WRONG_VIEW')
  })

  it('an entry proof has no gap, no other epoch, no nullified base', () => {
    const code = (proof: chain.EntryProof): string => codeOf(chain.decodeEntryProof(chain.encodeEntryProof(proof)))
    const nullified = (at: number, ofEpoch = 2): chain.Certificate =>
      sampleCertificate('nullify', { view: view(at), epoch: epoch(ofEpoch) })
    expect(code({ base: undefined, nullifications: [nullified(1), nullified(2)] })).toBe('ok')
    expect(code({ base: undefined, nullifications: [nullified(2)] })).toBe('DECODE_PROOF_GAP')
    expect(code({ base: undefined, nullifications: [nullified(1), nullified(3)] })).toBe('DECODE_PROOF_GAP')
    expect(code({ base: undefined, nullifications: [nullified(1), nullified(2, 3)] })).toBe('DECODE_PROOF_GAP')
    expect(code({ base: sampleCertificate('finalize'), nullifications: [nullified(8)] })).toBe('ok')
    expect(code({ base: sampleCertificate('finalize'), nullifications: [nullified(9)] })).toBe('DECODE_PROOF_GAP')
    expect(code({ base: nullified(7), nullifications: [] })).toBe('DECODE_WRONG_KIND')
    expect(code({ base: undefined, nullifications: [sampleCertificate('notarize', { view: view(1) })] })).toBe(
      'DECODE_WRONG_KIND',
    )
  })

  it('a proposal carries the vote for its own block and view', () => {
    const code = (changes: Partial<chain.Proposal>): string =>
      codeOf(chain.decodeProposal(chain.encodeProposal({ ...sampleProposal, ...changes })))
    expect(code({})).toBe('ok')
    expect(code({ vote: sampleVote('finalize') })).toBe('DECODE_WRONG_VOTE')
    expect(code({ vote: sampleVote('notarize', { view: view(10) }) })).toBe('DECODE_WRONG_VOTE')
    expect(code({ vote: sampleVote('notarize', { hash: hashOf(9) }) })).toBe('DECODE_WRONG_VOTE')
    expect(code({ view: view(10) })).toBe('DECODE_WRONG_VOTE')
  })

  it('a finalized range is linked and ends in what the certificate names', () => {
    const code = (response: chain.FinalizedRangeResponse): string =>
      codeOf(chain.decodeFinalizedRangeResponse(chain.encodeFinalizedRangeResponse(response)))
    expect(code({ blocks: [], links: [], certificate: undefined })).toBe('ok')
    expect(code({ blocks: [sampleBlock], links: [], certificate: undefined })).toBe('DECODE_NOT_LINKED')
    expect(code({ blocks: [], links: [], certificate: finalization })).toBe('DECODE_NOT_LINKED')
    expect(code({ blocks: [child, sampleBlock], links: [], certificate: finalization })).toBe('DECODE_NOT_LINKED')
    expect(code({ blocks: [child, child], links: [], certificate: finalization })).toBe('DECODE_NOT_LINKED')
    expect(code({ blocks: [child], links: [], certificate: { ...finalization, kind: 'notarize' } })).toBe(
      'DECODE_WRONG_KIND',
    )
    expect(code({ blocks: [child], links: [], certificate: { ...finalization, epoch: epoch(3) } })).toBe(
      'DECODE_NOT_LINKED',
    )
  })

  it('counts and sizes are bounded', () => {
    const hashes = Array.from({ length: 17 }, (_, index) => hashOf(index))
    expect(codeOf(chain.decodeBlocksByHashRequest(chain.encodeBlocksByHashRequest({ hashes })))).toBe(
      'DECODE_TOO_MANY_ITEMS',
    )
    expect(codeOf(chain.decodeBlocksByHashRequest(chain.encodeBlocksByHashRequest({ hashes: [] })))).toBe(
      'DECODE_EMPTY',
    )
    const slots = Array.from({ length: 33 }, (_, index) => hashOf(index))
    const request = { height: undefined, address: addressOf(1), slots }
    expect(codeOf(chain.decodeAccountProofRequest(chain.encodeAccountProofRequest(request)))).toBe(
      'DECODE_TOO_MANY_ITEMS',
    )
    expect(codeOf(chain.decodeVote(new Uint8Array(chain.VOTE_MAX_BYTES + 1)))).toBe('DECODE_TOO_LARGE')
    for (const countMax of [0, 129]) {
      const bytes = chain.encodeFinalizedRangeRequest({ fromHeight: height(1), countMax })
      expect(codeOf(chain.decodeFinalizedRangeRequest(bytes))).toBe('DECODE_TOO_MANY_ITEMS')
    }
  })

  it('the longest vote and certificate fit their limits', () => {
    const large = { epoch: epoch(Number.MAX_SAFE_INTEGER), view: view(Number.MAX_SAFE_INTEGER) }
    const vote = sampleVote('finalize', { ...large, validator: 1023 })
    expect(chain.decodeVote(chain.encodeVote(vote)).ok).toBe(true)
    const certificate = sampleCertificate('finalize', { ...large, signers: new Uint8Array(128).fill(255) })
    expect(chain.decodeCertificate(chain.encodeCertificate(certificate)).ok).toBe(true)
    const header = { ...sampleHeader, ...large, timeMs: Number.MAX_SAFE_INTEGER, chainId: Number.MAX_SAFE_INTEGER }
    expect(chain.decodeHeader(chain.encodeHeader(header)).ok).toBe(true)
  })
})
