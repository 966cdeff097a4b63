/** EIP-6110: logs of the chain spec's deposit contract are deposit requests, logs of any other are not. */
import { createHash } from 'node:crypto'
import { decodePayload } from '@cairn/chain'
import { hashFromBytes } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { buildBlock, signedTransaction, startExecutor, testSpec } from './executor-fixture.ts'

const emitter = `0x${'cc'.repeat(20)}` as Address
/** Logs its call data with the topic of `DepositEvent`. */
const emitterCode: Hex = `0x365f5f377f649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5365fa100`

const fields = [48, 32, 8, 96, 8].map((sizeBytes, index) => new Uint8Array(sizeBytes).fill(index + 1))

/** Of five byte strings: offsets, then length and content each, padded to words. */
function eventData(): Uint8Array {
  const bytes = new Uint8Array(576)
  const view = new DataView(bytes.buffer)
  let offset = 160
  for (const [index, field] of fields.entries()) {
    view.setUint32(32 * index + 28, offset)
    view.setUint32(offset + 28, field.length)
    bytes.set(field, offset + 32)
    offset += 32 + 32 * Math.ceil(field.length / 32)
  }
  return bytes
}

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** EIP-7685: of no requests, and of the one deposit. */
const noRequests = hashFromBytes(sha256())
const oneDeposit = hashFromBytes(sha256(sha256(Uint8Array.of(0), ...fields)))

async function requestsHash(depositContractAddress: Address): Promise<Hash> {
  const alloc = [...testSpec().alloc, { address: emitter, balance: 0n, nonce: 1, code: emitterCode, storage: [] }]
  const spec = testSpec({ depositContractAddress, alloc: alloc.sort((a, b) => (a.address < b.address ? -1 : 1)) })
  const executor = await startExecutor({ spec })
  try {
    const data: Hex = `0x${Buffer.from(eventData()).toString('hex')}`
    const transaction = await signedTransaction({ from: 0, nonce: 0, to: emitter, value: 0n, data, gas: 100_000n })
    const parentHash = executor.head().blockHash
    const { built, request } = await buildBlock(executor, { parentHash, height: 1, transactions: [transaction] })
    expect(built.transactionCount).toBe(1)
    // What is built is also what another node verifies.
    const verifier = await startExecutor({ spec })
    expect((await verifier.execute(request)).verdict).toBe('accept')
    await verifier.stop()
    const payload = decodePayload(built.payload)
    if (!payload.ok) throw new RangeError(payload.code)
    return payload.value.header.requestsHash
  } finally {
    await executor.stop()
  }
}

describe('the deposit contract', () => {
  it('is the one that the chain spec names', async () => {
    expect(await requestsHash(emitter)).toBe(oneDeposit)
  })

  it('is no other', async () => {
    expect(await requestsHash('0x00000000219ab540356cbb839cbe05303d7705fa' as Address)).toBe(noRequests)
  })
})
