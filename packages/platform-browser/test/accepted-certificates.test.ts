import type { Certificate } from '@cairn/chain'
import { ACCEPT, type Hash, type Verdict, epoch, ignore, reject, view } from '@cairn/primitives'
import { expect, test } from 'vitest'
import { rememberAccepted } from '../src/accepted-certificates.ts'
import { ACCEPTED_CERTIFICATES_KEPT_MAX } from '../src/limits.ts'

const certificate = (of: number, signatureByte = 1): Certificate => ({
  kind: 'finalize',
  epoch: epoch(0),
  view: view(of),
  hash: `0x${'12'.repeat(32)}` as Hash,
  signers: Uint8Array.of(7),
  signature: new Uint8Array(96).fill(signatureByte),
})

function setup(verdict: Verdict) {
  const verified: Certificate[] = []
  const verify = rememberAccepted((one) => {
    verified.push(one)
    return verdict
  })
  return { verified, verify }
}

test('the same bytes are verified once', () => {
  const { verified, verify } = setup(ACCEPT)
  for (let times = 0; times < 3; times++) expect(verify({ ...certificate(5) })).toEqual(ACCEPT)
  expect(verified).toHaveLength(1)
})

test('another signature or other signers for the same block are verified on their own', () => {
  const { verified, verify } = setup(ACCEPT)
  verify(certificate(5))
  verify(certificate(5, 2))
  verify({ ...certificate(5), signers: Uint8Array.of(15) })
  expect(verified).toHaveLength(3)
})

test.each([reject('CERTIFICATE_BAD_SIGNATURE'), ignore('CERTIFICATE_EPOCH_UNKNOWN')])(
  'what is not accepted is judged anew: $verdict',
  (verdict) => {
    const { verified, verify } = setup(verdict)
    expect(verify(certificate(5))).toEqual(verdict)
    expect(verify(certificate(5))).toEqual(verdict)
    expect(verified).toHaveLength(2)
  },
)

test('a few are kept', () => {
  const { verified, verify } = setup(ACCEPT)
  for (let of = 0; of <= ACCEPTED_CERTIFICATES_KEPT_MAX; of++) verify(certificate(of))
  verify(certificate(0))
  expect(verified).toHaveLength(ACCEPTED_CERTIFICATES_KEPT_MAX + 2)
})
