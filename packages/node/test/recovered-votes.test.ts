import { createSigner, encodeCertificateRecord } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import { CodedError, ZERO_HASH, epoch, view } from '@cairn/primitives'
import { createMemoryAppendLog } from '@cairn/storage'
import type { AppendLog } from '@cairn/ports'
import { describe, expect, it } from 'vitest'
import { markUsed, recoverVotes } from '../src/recovered-votes.ts'
import { createKeptLog } from './fake-time.ts'
import { sampleCertificate } from './sample-messages.ts'

const bls = { publicKey: () => new Uint8Array(48), sign: () => new Uint8Array(96) } as Partial<Bls> as Bls

function createMarker(isSet = false) {
  return { isSet: async () => isSet, set: async () => void (isSet = true) }
}

async function start(wal: AppendLog, marker: ReturnType<typeof createMarker>) {
  const votes = await recoverVotes(wal, marker, createKeptLog())
  const signer = createSigner(
    { secretKey: new Uint8Array(32), genesisHash: ZERO_HASH, recovered: votes },
    { bls, log: wal },
  )
  await markUsed(votes, signer, marker)
  return { votes, signer }
}

const vote = { kind: 'nullify', epoch: epoch(0), view: view(3), hash: ZERO_HASH } as const

describe('R10 at the start: what this key has signed', () => {
  it('is nothing at the first start of a new key, which may vote; from then on the log says that it is used', async () => {
    const wal = createMemoryAppendLog()
    const marker = createMarker()
    expect((await start(wal, marker)).votes.isAmnesiac).toBe(false)
    expect(await marker.isSet()).toBe(true)
    expect((await start(wal, marker)).votes).toMatchObject({ isAmnesiac: false, floor: { epoch: 0, view: 0 } })
  })

  it('is what the log says, also when the marker was not written yet', async () => {
    const wal = createMemoryAppendLog()
    const { signer } = await start(wal, createMarker())
    await signer.sign(vote, 0)
    const marker = createMarker()
    expect((await start(wal, marker)).votes).toMatchObject({ isAmnesiac: false, ownVotes: [vote] })
    expect(await marker.isSet()).toBe(true)
  })

  it('is unknown when the log of a used key is gone, at each start until the amnesia has ended', async () => {
    const marker = createMarker(true)
    const wal = createMemoryAppendLog()
    expect((await start(wal, marker)).votes.isAmnesiac).toBe(true)
    // Certificates are logged meanwhile; they say nothing about votes.
    await wal.append(encodeCertificateRecord(sampleCertificate('notarize', 5)))
    const { votes, signer } = await start(wal, marker)
    expect(votes).toMatchObject({ isAmnesiac: true, certificates: [{ view: 5 }] })
    await signer.compact({ epoch: epoch(1), view: view(9) }, [])
    expect((await start(wal, marker)).votes).toMatchObject({ isAmnesiac: false, floor: { epoch: 1, view: 9 } })
  })

  it('is unknown when the log is damaged, even without a marker; the log is usable again', async () => {
    const inner = createMemoryAppendLog()
    let isDamaged = true
    const wal: AppendLog = {
      ...inner,
      read: async () => {
        if (isDamaged) throw new CodedError('WAL_CORRUPT', 'damaged')
        return inner.read()
      },
      replace: async (records) => {
        isDamaged = false
        await inner.replace(records)
      },
    }
    const marker = createMarker()
    expect((await start(wal, marker)).votes.isAmnesiac).toBe(true)
    expect((await start(wal, marker)).votes.isAmnesiac).toBe(true)
  })

  it('does not hide a failing medium', async () => {
    const wal: AppendLog = {
      ...createMemoryAppendLog(),
      read: async () => {
        throw new CodedError('STORE_FAILED', 'no')
      },
    }
    await expect(recoverVotes(wal, createMarker(), createKeptLog())).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})
