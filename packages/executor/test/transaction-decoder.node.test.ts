import type { SenderRecovery } from '@cairn/ports'
import { bytesFromHex, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Address, Hex } from '@cairn/primitives'
import { parseTransaction, recoverTransactionAddress, toHex } from 'viem'
import type { TransactionSerialized } from 'viem'
import { describe, expect, it } from 'vitest'
import { decodeEnvelope } from '../src/index.ts'
import { CHAIN_ID, addressOf, signedTransaction, startExecutor, testAccount } from './executor-fixture.ts'

const to = `0x${'ab'.repeat(20)}` as const
const account = testAccount(0)

/** An independent implementation, and a count of what it was asked. */
function viemRecovery(): SenderRecovery & { readonly asked: () => number } {
  let asked = 0
  return {
    asked: () => asked,
    recover: async (raw) => {
      asked += raw.length
      return Promise.all(
        raw.map(async (bytes) => {
          if (!decodeEnvelope(bytes).ok) return undefined
          const serializedTransaction = toHex(bytes) as TransactionSerialized
          const sender = await recoverTransactionAddress({ serializedTransaction }).catch(() => undefined)
          return sender?.toLowerCase() as Address | undefined
        }),
      )
    },
  }
}

const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 2n }
const common = { chainId: CHAIN_ID, nonce: 7, gas: 90_000n, to, value: 12n } as const
const authorization = { address: to, chainId: CHAIN_ID, nonce: 0 } as const

async function everyType(): Promise<readonly Uint8Array[]> {
  const signed: readonly Hex[] = await Promise.all([
    account.signTransaction({ ...common, type: 'legacy', gasPrice: 5n }),
    account.signTransaction({ ...common, type: 'legacy', gasPrice: 5n, chainId: undefined } as never),
    account.signTransaction({
      ...common,
      type: 'eip2930',
      gasPrice: 5n,
      accessList: [{ address: to, storageKeys: [`0x${'01'.repeat(32)}`] }],
    }),
    account.signTransaction({ ...common, type: 'eip1559', ...fees }),
    account.signTransaction({ ...common, type: 'eip1559', ...fees, data: `0x00ff${'7'.repeat(400)}` }),
    account.signTransaction({ ...common, type: 'eip1559', ...fees, to: undefined, data: '0x5f' } as never),
    account
      .signAuthorization(authorization)
      .then((signedAuthorization) =>
        account.signTransaction({ ...common, type: 'eip7702', ...fees, authorizationList: [signedAuthorization] }),
      ),
  ])
  return signed.map(bytesFromHex)
}

async function badOnes(): Promise<readonly Uint8Array[]> {
  const sign = (changes: object): Promise<Hex> =>
    account.signTransaction({ ...common, type: 'eip1559', ...fees, ...changes } as never)
  const signed = await Promise.all([
    sign({ chainId: 1 }),
    sign({ gas: 20_999n }),
    sign({ gas: 21_100n, data: `0x${'11'.repeat(100)}` }),
    sign({ gas: (1n << 24n) + 1n }),
  ])
  const valid = bytesFromHex(await sign({}))
  return [
    ...signed.map(bytesFromHex),
    valid.slice(0, -1),
    Uint8Array.of(...valid, 0),
    Uint8Array.of(5, ...valid.subarray(1)),
    new Uint8Array(0),
    withHighS(valid),
    new Uint8Array(200_000).fill(2),
    Uint8Array.of(0xc0),
    encodeRlp(Array.from({ length: 9 }, () => rlpUint(0))),
  ]
}

/** The same signature in its other form: n − s, other parity. EIP-2 forbids it. */
function withHighS(raw: Uint8Array): Uint8Array {
  const parsed = parseTransaction(toHex(raw) as TransactionSerialized<'eip1559'>)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(parsed.s as Hex)
  const fields = [
    parsed.chainId,
    parsed.nonce ?? 0,
    parsed.maxPriorityFeePerGas ?? 0n,
    parsed.maxFeePerGas ?? 0n,
    parsed.gas ?? 0n,
  ]
  const signature = [rlpUint(parsed.yParity === 0 ? 1 : 0), rlpUint(BigInt(parsed.r as Hex)), rlpUint(s)]
  const encoded = encodeRlp([
    ...fields.map(rlpUint),
    bytesFromHex(to),
    rlpUint(12n),
    new Uint8Array(0),
    [],
    ...signature,
  ])
  return Uint8Array.of(2, ...encoded)
}

describe('transaction decoding', () => {
  it('says the same with fast recovery as the core alone, for every type and every fault', async () => {
    const recovery = viemRecovery()
    const fast = await startExecutor({ deps: { senderRecovery: recovery } })
    const core = await startExecutor()
    const raw = [...(await everyType()), ...(await badOnes())]
    const [quick, judged] = await Promise.all([fast.decodeTransactions(raw), core.decodeTransactions(raw)])
    expect(quick).toEqual(judged)
    expect(judged.slice(-2).some(({ valid }) => valid)).toBe(false)
    expect(judged.slice(0, -2).map((transaction) => (transaction.valid ? transaction.type : transaction.code))).toEqual(
      [
        0,
        0,
        1,
        2,
        2,
        2,
        4,
        'CHAIN_ID_WRONG',
        'INTRINSIC_GAS_TOO_LOW',
        'INTRINSIC_GAS_TOO_LOW',
        'GAS_LIMIT_TOO_HIGH',
        'TRANSACTION_MALFORMED',
        'TRANSACTION_MALFORMED',
        'TRANSACTION_TYPE_UNSUPPORTED',
        'TRANSACTION_MALFORMED',
        'SIGNATURE_INVALID',
        'TRANSACTION_TOO_LARGE',
      ],
    )
    for (const transaction of judged.slice(0, 7)) expect(transaction).toMatchObject({ sender: addressOf(account) })
  })

  it('recovers a transaction once', async () => {
    const recovery = viemRecovery()
    const executor = await startExecutor({ deps: { senderRecovery: recovery } })
    const raw = [await signedTransaction({ from: 0, nonce: 0, to: addressOf(account) })]
    await executor.decodeTransactions(raw)
    await executor.decodeTransactions(raw)
    expect(recovery.asked()).toBe(1)
  })

  it('leaves hostile envelopes undecoded', async () => {
    const [valid] = await everyType()
    for (let length = 0; length < (valid as Uint8Array).length; length++) {
      expect(decodeEnvelope((valid as Uint8Array).subarray(0, length)).ok).toBe(false)
    }
    expect(decodeEnvelope(new Uint8Array(2_000_000).fill(0xff)).ok).toBe(false)
  })
})
