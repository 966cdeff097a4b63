import { decodeEnvelope } from '@cairn/executor'
import { bytesFromHex, concatBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { createSenderRecovery, nativeRecovery, wasmRecovery } from '../src/sender-recovery.ts'

const to = `0x${'ab'.repeat(20)}` as const
const common = { chainId: 7007, nonce: 7, gas: 90_000n, to, value: 12n } as const
const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 2n }

/** Transactions of every type as viem signs them, and who signed. */
async function signedTransactions(): Promise<readonly { readonly raw: Uint8Array; readonly sender: string }[]> {
  const signed: { readonly raw: Uint8Array; readonly sender: string }[] = []
  for (let index = 1; index <= 8; index++) {
    const account = privateKeyToAccount(`0x${index.toString(16).padStart(64, '0')}`)
    const authorization = await account.signAuthorization({ address: to, chainId: 7007, nonce: 0 })
    const blobs = {
      blobVersionedHashes: [`0x01${'22'.repeat(31)}` as Hex],
      maxFeePerBlobGas: 3n,
      sidecars: false,
    } as const
    const raws = await Promise.all([
      account.signTransaction({ ...common, type: 'legacy', gasPrice: 5n }),
      account.signTransaction({ ...common, type: 'legacy', gasPrice: 5n, chainId: undefined } as never),
      account.signTransaction({
        ...common,
        type: 'eip2930',
        gasPrice: 5n,
        accessList: [{ address: to, storageKeys: [] }],
      }),
      account.signTransaction({ ...common, type: 'eip1559', ...fees, data: `0x${'17'.repeat(60 * index)}` }),
      account.signTransaction({ ...common, type: 'eip4844', ...fees, ...blobs } as never),
      account.signTransaction({ ...common, type: 'eip7702', ...fees, authorizationList: [authorization] }),
    ])
    for (const raw of raws) signed.push({ raw: bytesFromHex(raw), sender: account.address.toLowerCase() })
  }
  return signed
}

describe('sender recovery', () => {
  it('finds the signer of every type, natively and in WASM', async () => {
    const signed = await signedTransactions()
    const backends = [wasmRecovery, nativeRecovery()].filter((backend) => backend !== undefined)
    for (const backend of backends) {
      const senders = await createSenderRecovery(backend).recover(signed.map(({ raw }) => raw))
      expect(senders).toEqual(signed.map(({ sender }) => sender))
    }
  })

  it('has no sender for bad signatures', async () => {
    const [, , , first] = await signedTransactions()
    const raw = first?.raw as Uint8Array
    const envelope = decodeEnvelope(raw)
    expect(envelope.ok).toBe(true)
    // r is no x coordinate on the curve; r ≥ the order.
    const withR = (byte: number): Uint8Array =>
      concatBytes(raw.subarray(0, raw.length - 65), new Uint8Array(32).fill(byte), raw.subarray(raw.length - 33))
    for (const backend of [wasmRecovery, nativeRecovery()]) {
      if (backend === undefined) continue
      const senders = await createSenderRecovery(backend).recover([withR(0xff), raw.slice(0, -1), new Uint8Array(0)])
      expect(senders).toEqual([undefined, undefined, undefined])
    }
  })
})
