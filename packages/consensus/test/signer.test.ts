/** R10: the signer, its guard and the write-ahead log. */
import { evidenceFromVotes } from '@cairn/chain'
import type { Vote, VoteKind, VoteSubject } from '@cairn/chain'
import { keccak256, sha256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { ZERO_HASH, bytesFromHex, concatBytes, epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSigner } from '../src/signer.ts'
import type { Signer } from '../src/signer.ts'
import type { WalFloor } from '../src/vote-guard.ts'
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

describe('a record that was put back', () => {
  it('does not reach below what the stores hold as final', async () => {
    const finalized = { epoch: epoch(0), view: view(5) }
    const { signer } = createTestSigner([], undefined, finalized)
    expect(await signer.sign(subject('notarize', 5, HASHES[0]), 0)).toBeUndefined()
    expect(await signer.sign(subject('notarize', 6, HASHES[0]), 0)).toMatchObject({ view: 6 })
  })

  it('is given away by a signature that it does not have, and then nothing is signed', async () => {
    const { signer, records } = createTestSigner()
    await signer.sign(subject('notarize', 3, HASHES[0]), 0)
    await signer.compact({ epoch: epoch(0), view: view(1) }, [])
    const older = createTestSigner(records.slice(0, 1)).signer
    for (const each of [signer, older]) expect(each.observe(subject('notarize', 1, HASHES[1]))).toBe(true)
    expect(signer.observe(subject('notarize', 3, HASHES[0]))).toBe(true)
    expect(older.observe(subject('notarize', 3, HASHES[0]))).toBe(false)
    await expect(older.sign(subject('notarize', 9, HASHES[0]), 0)).rejects.toMatchObject({ code: 'SIGNER_REWOUND' })
    expect(older.observe(subject('notarize', 1, HASHES[1]))).toBe(false)
    expect(await signer.sign(subject('notarize', 9, HASHES[0]), 0)).toMatchObject({ view: 9 })
  })
})

describe('a crash at a write', () => {
  /** Signing, and shortening the log in between. */
  async function work(signer: Signer, emit: (vote: Vote) => void): Promise<void> {
    for (let at = 1; at <= 5; at++) {
      for (const kind of ['notarize', 'nullify', 'finalize'] as const) {
        if (kind === (at % 2 === 0 ? 'nullify' : 'finalize')) continue
        const vote = await signer.sign(subject(kind, at, HASHES[0]), 0)
        if (vote !== undefined) emit(vote)
      }
      if (at % 2 === 0) await signer.compact({ epoch: epoch(0), view: view(at - 1) }, [])
    }
  }

  it('at any of them, before or after it is durable, leads to no slashable vote by the next run', async () => {
    let crashes = 0
    for (let crashAt = 0; ; crashAt++) {
      const disk: Uint8Array[] = []
      const emitted: Vote[] = []
      let writes = 0
      const write = (apply: () => void): Promise<void> => {
        const step = writes
        writes += 2
        if (step > crashAt) throw new Error('written after the crash')
        if (step === crashAt) return Promise.reject(new Error('crash before'))
        apply()
        return step + 1 === crashAt ? Promise.reject(new Error('crash after')) : Promise.resolve()
      }
      const signer = createSigner(
        { secretKey: new Uint8Array(32), genesisHash: ZERO_HASH, recovered: recoverFromWal([]) },
        {
          bls,
          log: {
            append: (record) => write(() => void disk.push(record)),
            replace: (records) => write(() => void disk.splice(0, disk.length, ...records)),
          },
        },
      )
      const isDone = await work(signer, (vote) => emitted.push(vote)).then(
        () => true,
        () => false,
      )
      if (isDone) break
      crashes += 1
      const { signer: restarted } = createTestSigner(disk)
      for (let at = 1; at <= 6; at++) {
        for (const [kind, hash] of [
          ['finalize', HASHES[1]],
          ['nullify', ZERO_HASH],
          ['notarize', HASHES[1]],
          ['notarize', HASHES[0]],
        ] as const) {
          const vote = await restarted.sign(subject(kind, at, hash), 0).catch(() => undefined)
          if (vote !== undefined) emitted.push(vote)
        }
      }
      for (const a of emitted) for (const b of emitted) expect(evidenceFromVotes(a, b)).toBeUndefined()
    }
    // Ten votes and two shortenings, two points each.
    expect(crashes).toBe(24)
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
  finalized?: WalFloor,
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
  const signer = createSigner(finalized === undefined ? options : { ...options, finalized }, { bls, log })
  return { signer, records }
}

function subject(kind: VoteKind, at: number, hash: Hash = ZERO_HASH): VoteSubject {
  return { kind, epoch: epoch(0), view: view(at), hash: kind === 'nullify' ? ZERO_HASH : hash }
}
