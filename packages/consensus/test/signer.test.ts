/** R10: the signer, its guard and the write-ahead log. */
import type { VoteKind, VoteSubject } from '@cairn/chain'
import { keccak256, sha256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { ZERO_HASH, bytesFromHex, concatBytes, epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSigner } from '../src/signer.ts'
import type { Signer } from '../src/signer.ts'
import { encodeCertificateRecord, encodeVoteRecord, recoverFromWal } from '../src/wal-record.ts'

const HASHES = [1, 2, 3].map((byte) => keccak256(Uint8Array.of(byte)))

/** Signs by hashing: enough to tell messages apart. */
const bls = {
  sign: (_key: Uint8Array, message: Uint8Array) => concatBytes(bytesFromHex(sha256(message)), new Uint8Array(64)),
  publicKey: () => new Uint8Array(48),
} as unknown as Bls

const subjectArbitrary: fc.Arbitrary<VoteSubject> = fc
  .record({
    kind: fc.constantFrom<VoteKind>('notarize', 'nullify', 'finalize'),
    at: fc.integer({ min: 1, max: 4 }),
    hash: fc.constantFrom(...HASHES),
  })
  .map(({ kind, at, hash }) => subject(kind, at, hash))

describe('signer', () => {
  it('refuses a second hash, and finalize with nullify in both orders', async () => {
    const { signer } = createTestSigner()
    await signer.sign(subject('notarize', 1, HASHES[0]), 0)
    await expect(signer.sign(subject('notarize', 1, HASHES[1]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
    await signer.sign(subject('nullify', 1), 0)
    await expect(signer.sign(subject('finalize', 1, HASHES[0]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
    await signer.sign(subject('finalize', 2, HASHES[0]), 0)
    await expect(signer.sign(subject('nullify', 2), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
    await expect(signer.sign(subject('finalize', 2, HASHES[1]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
  })

  it('gives the same vote again without a second record', async () => {
    const { signer, records } = createTestSigner()
    const first = await signer.sign(subject('notarize', 1, HASHES[0]), 3)
    expect(await signer.sign(subject('notarize', 1, HASHES[0]), 3)).toEqual(first)
    expect(records).toHaveLength(1)
  })

  it('has the record durable before it signs, one after the other', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { signer } = createTestSigner([], () => promise)
    let isSigned = false
    const signing = signer.sign(subject('notarize', 1, HASHES[0]), 0).then(() => (isSigned = true))
    const conflicting = signer.sign(subject('notarize', 1, HASHES[1]), 0).catch((error: unknown) => error)
    await Promise.resolve()
    expect(isSigned).toBe(false)
    resolve()
    await signing
    expect(await conflicting).toMatchObject({ code: 'SIGNER_REFUSED' })
  })

  it('signs nothing more after an append that failed', async () => {
    let isBroken = true
    const { signer } = createTestSigner([], async () => {
      if (isBroken) throw new Error('disk full')
    })
    await expect(signer.sign(subject('notarize', 1, HASHES[0]), 0)).rejects.toThrow('disk full')
    isBroken = false
    await expect(signer.sign(subject('notarize', 1, HASHES[0]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
    await expect(signer.sign(subject('notarize', 2, HASHES[0]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
  })

  it('never signs a slashable pair, over any requests and restarts', async () => {
    const step = fc.oneof(subjectArbitrary, fc.constant('restart' as const))
    const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const records: Uint8Array[] = []
      const signatures = new Map<string, string>()
      let { signer } = createTestSigner(records)
      for (const each of steps) {
        if (each === 'restart') {
          signer = createTestSigner(records).signer
          continue
        }
        const vote = await signer.sign(each, 0).catch(() => undefined)
        if (vote === undefined) continue
        const key = `${vote.kind}:${vote.view}`
        expect(signatures.get(key) ?? vote.hash).toBe(vote.hash)
        signatures.set(key, vote.hash)
        expect(signatures.has(`nullify:${vote.view}`) && signatures.has(`finalize:${vote.view}`)).toBe(false)
      }
    })
    await fc.assert(property, { seed: 7, numRuns: 200 })
  })

  it('compacts the log to a floor and what is above it, and signs nothing below', async () => {
    const { signer, records } = createTestSigner()
    for (const at of [1, 2, 3]) await signer.sign(subject('notarize', at, HASHES[0]), 0)
    await signer.compact({ epoch: epoch(0), view: view(2) }, [])
    expect(records).toHaveLength(2)
    const recovered = recoverFromWal(records)
    expect(recovered.floor).toEqual({ epoch: 0, view: 2 })
    expect(recovered.ownVotes).toEqual([subject('notarize', 3, HASHES[0])])
    const restarted = createTestSigner(records).signer
    for (const each of [signer, restarted]) {
      expect(await each.sign(subject('notarize', 2, HASHES[1]), 0)).toBeUndefined()
      await expect(each.sign(subject('notarize', 3, HASHES[1]), 0)).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
      await each.sign(subject('nullify', 3), 0)
    }
  })
})

describe('WAL records', () => {
  const certificate = {
    ...subject('notarize', 5, HASHES[0]),
    signers: Uint8Array.of(7),
    signature: new Uint8Array(96).fill(9),
  }

  it('round-trip', () => {
    const votes = [subject('notarize', 1, HASHES[0]), subject('nullify', 2), subject('finalize', 3, HASHES[1])]
    const records = [...votes.map(encodeVoteRecord), encodeCertificateRecord(certificate)]
    expect(recoverFromWal(records)).toEqual({ ownVotes: votes, certificates: [certificate], floor: undefined })
  })

  it('keep their encoding', () => {
    const encoded = [encodeVoteRecord(subject('finalize', 258, HASHES[0])), encodeCertificateRecord(certificate)]
    expect(encoded.map((record) => sha256(record).slice(0, 18))).toMatchInlineSnapshot(`
      [
        "0x067b22529e03839d",
        "0xae7cf21516239526",
      ]
    `)
  })

  it('are never passed over when damaged', () => {
    const good = encodeVoteRecord(subject('finalize', 1, HASHES[0]))
    const changed = (offset: number, byte: number): Uint8Array => {
      const record = good.slice()
      record[offset] = byte
      return record
    }
    const damaged = [
      new Uint8Array(),
      good.subarray(0, 50),
      concatBytes(good, Uint8Array.of(0)),
      changed(0, 2),
      changed(1, 9),
      changed(2, 0),
      changed(2, 4),
      changed(2, 2),
      changed(3, 0xff),
      Uint8Array.of(1, 2, 0),
      Uint8Array.of(1, 3, 0xc0),
    ]
    for (const record of damaged) {
      expect(() => recoverFromWal([good, record])).toThrow(expect.objectContaining({ code: 'WAL_CORRUPT' }))
    }
  })

  it('betray a second writer', () => {
    const records = [subject('nullify', 1), subject('finalize', 1, HASHES[0])].map(encodeVoteRecord)
    expect(() => recoverFromWal(records)).toThrow(expect.objectContaining({ code: 'WAL_CORRUPT' }))
  })
})

function createTestSigner(
  records: Uint8Array[] = [],
  beforeAppend: () => Promise<void> = async () => undefined,
): { readonly signer: Signer; readonly records: Uint8Array[] } {
  const log = {
    append: async (record: Uint8Array) => {
      await beforeAppend()
      records.push(record)
    },
    replace: async (replacement: readonly Uint8Array[]) => {
      records.splice(0, records.length, ...replacement)
    },
  }
  const options = { secretKey: new Uint8Array(32), genesisHash: ZERO_HASH, recovered: recoverFromWal(records) }
  return { signer: createSigner(options, { bls, log }), records }
}

function subject(kind: VoteKind, at: number, hash: Hash = ZERO_HASH): VoteSubject {
  return { kind, epoch: epoch(0), view: view(at), hash: kind === 'nullify' ? ZERO_HASH : hash }
}
