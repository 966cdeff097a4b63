import { keccak256 } from '@cairn/crypto'
import type { AccountProof } from '@cairn/ports'
import { ZERO_HASH, bytesFromHex, hexFromBytes } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import { addressOf, startExecutor, testAccount, testSpec } from './executor-fixture.ts'

const contract = `0x${'cc'.repeat(20)}` as Address
const reverting = `0x${'dd'.repeat(20)}` as Address
const endless = `0x${'ee'.repeat(20)}` as Address
const word = (value: number): Hash => `0x${value.toString(16).padStart(64, '0')}` as Hash
/** Returns slot calldataload(0). */
const readerCode: Hex = '0x5f35545f5260205ff3'

describe('state queries', () => {
  let executor: GenesisExecutor

  beforeAll(async () => {
    const plain = { balance: 0n, nonce: 1, storage: [] }
    const spec = testSpec({
      alloc: [
        ...testSpec().alloc,
        {
          ...plain,
          address: contract,
          code: readerCode,
          storage: [
            { slot: word(1), value: word(77) },
            { slot: word(2), value: word(5) },
          ],
        },
        { ...plain, address: reverting, code: '0x60aa5f5260205ffd' },
        { ...plain, address: endless, code: '0x5b5f56' },
      ],
    })
    executor = await startExecutor({ spec })
  })

  it('reads accounts, code and storage; what is absent reads as zero', async () => {
    const absent = await executor.account(`0x${'01'.repeat(20)}` as Address)
    expect(absent).toMatchObject({ nonce: 0n, balance: 0n, codeHash: keccak256(new Uint8Array(0)) })
    const [first, second] = await executor.accounts([contract, addressOf(testAccount(0))])
    expect(first?.codeHash).toBe(keccak256(bytesFromHex(readerCode)))
    expect(second?.balance).toBe(10n ** 21n)
    expect(hexFromBytes(await executor.code(contract))).toBe(readerCode)
    expect((await executor.code(addressOf(testAccount(0)))).length).toBe(0)
    expect(await executor.storage(contract, word(1))).toBe(word(77))
    expect(await executor.storage(contract, word(9))).toBe(ZERO_HASH)
  })

  it('calls and estimates', async () => {
    const call = { to: contract, data: word(1) as Hex }
    const success = await executor.call(call)
    expect(success.status === 'success' && hexFromBytes(success.output)).toBe(word(77))
    expect(await executor.call({ to: reverting })).toMatchObject({ status: 'revert', output: bytesFromHex(word(0xaa)) })
    expect(await executor.call({ to: endless }, { gasMax: 50_000n })).toMatchObject({
      status: 'halt',
      code: 'OUT_OF_GAS',
    })
    expect(await executor.call({ to: contract, value: 1n })).toMatchObject({
      status: 'halt',
      code: 'INSUFFICIENT_FUNDS',
    })
    const transfer = { from: addressOf(testAccount(0)), to: addressOf(testAccount(1)), value: 1n }
    expect(await executor.estimateGas(transfer)).toEqual({ gas: 21_000n })
    expect(await executor.estimateGas({ to: reverting })).toMatchObject({ status: 'revert' })
    expect(await executor.estimateGas({ ...transfer, value: 10n ** 30n })).toMatchObject({
      status: 'halt',
      code: 'INSUFFICIENT_FUNDS',
    })
  })

  it('proves presence and absence; forged proofs do not hold', async () => {
    const { stateRoot } = executor.head()
    const proof = await executor.proof(contract, [word(1), word(9)])
    expect(proof.storageProof.map(({ value }) => value)).toEqual([word(77), ZERO_HASH])
    expect(await executor.verifyProof(stateRoot, proof)).toEqual(proof)
    const absent = await executor.proof(`0x${'01'.repeat(20)}` as Address, [])
    expect(await executor.verifyProof(stateRoot, absent)).toEqual(absent)
    // Claimed values are replaced by proved ones.
    const claimed: AccountProof = { ...proof, account: { ...proof.account, balance: 1n } }
    expect((await executor.verifyProof(stateRoot, claimed))?.account.balance).toBe(0n)
    const node = proof.accountProof[0] as Uint8Array
    const forged = { ...proof, accountProof: [node.with(node.length - 1, 1), ...proof.accountProof.slice(1)] }
    expect(await executor.verifyProof(stateRoot, forged)).toBeUndefined()
    expect(await executor.verifyProof(ZERO_HASH, proof)).toBeUndefined()
    const endlessProof = { ...proof, accountProof: Array.from({ length: 100 }, () => node) }
    expect(await executor.verifyProof(stateRoot, endlessProof)).toBeUndefined()
    await expect(
      executor.proof(
        contract,
        Array.from({ length: 2000 }, () => word(1)),
      ),
    ).rejects.toMatchObject({ code: 'PROOF_TOO_LARGE' })
  })
})
