/** The chain of the method tests: one block with a transaction of each type between two empty ones. */
import type { Hash } from '@cairn/primitives'
import { privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import type { RpcBlock } from '../src/backend.ts'
import { BASE_FEE, CHAIN_ID, createMemoryBackend, createTestRpc, testAddress, testHash } from './memory-backend.ts'
import type { TestTransaction } from './memory-backend.ts'

export const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
export const sender = account.address.toLowerCase() as ReturnType<typeof testAddress>
export const to = testAddress(0xaa)

export async function signed(transaction: Record<string, unknown>): Promise<TestTransaction> {
  const raw = await account.signTransaction({ chainId: CHAIN_ID, gas: 50_000n, to, ...transaction } as never)
  return { raw, sender }
}

/** `block` is the one with transactions, at height 2 of 3; `resultOf` expects success. */
export async function createSampleChain() {
  const memory = createMemoryBackend()
  const { call } = createTestRpc(memory)
  memory.mine()
  const accessList = [{ address: to, storageKeys: [testHash(3)] }]
  const authorization = await account.signAuthorization({ contractAddress: to, chainId: CHAIN_ID, nonce: 1 })
  const block: RpcBlock = memory.mine([
    await signed({ type: 'legacy', nonce: 0, gasPrice: 9n, value: 5n }),
    { ...(await signed({ type: 'eip2930', nonce: 1, gasPrice: 9n, accessList })), gasUsed: 30_000n },
    {
      ...(await signed({
        type: 'eip1559',
        nonce: 2,
        maxFeePerGas: 90n,
        maxPriorityFeePerGas: 2n,
        to: undefined,
        data: '0x6000',
      })),
      contractAddress: testAddress(0xcc),
      logs: [
        { address: to, topics: [testHash(1), testHash(2)], data: '0x01' },
        { address: sender, topics: [], data: '0x' },
      ],
    },
    {
      ...(await signed({
        type: 'eip7702',
        nonce: 3,
        maxFeePerGas: 90n,
        maxPriorityFeePerGas: 3n,
        authorizationList: [authorization],
      })),
      logs: [{ address: to, topics: [testHash(1)], data: '0x02' }],
      effectiveGasPrice: BASE_FEE + 3n,
    },
  ])
  memory.mine()
  const hashes: readonly Hash[] = block.transactions.map(({ hash }) => hash)
  const resultOf = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const { result, error } = await call(method, ...params)
    expect(error).toBeUndefined()
    return result
  }
  return { memory, call, resultOf, block, hashes }
}
