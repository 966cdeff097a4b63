import { bytesFromHex, height } from '@cairn/primitives'
import type { Address, Hex } from '@cairn/primitives'
import type { ExecuteRequest } from '@cairn/ports'
import { createMemoryStore } from '@cairn/storage'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import {
  addressOf,
  buildBlock,
  signedTransaction,
  startExecutor,
  testAccount,
  testSpec,
  withoutSync,
} from './executor-fixture.ts'

/** Stores the hash of the block five below. */
const asker = `0x${'aa'.repeat(20)}` as Address
const askerCode: Hex = '0x60054303405f55'
/** Sets slot calldataload(0) to calldataload(32). */
const writer = `0x${'bb'.repeat(20)}` as Address
const writerCode: Hex = '0x6020355f3555'
const word = (value: number): string => value.toString(16).padStart(64, '0')

const spec = testSpec({
  alloc: [
    ...testSpec().alloc,
    { address: asker, balance: 0n, nonce: 1, code: askerCode, storage: [] },
    { address: writer, balance: 0n, nonce: 1, code: writerCode, storage: [] },
  ].sort((a, b) => (a.address < b.address ? -1 : 1)),
})

const BLOCKS = 12
/** The block that asks for an older hash. */
const ASKING = 9

/** Writes, overwrites and deletes slots; block `ASKING` calls `asker` besides. */
async function grow(executor: GenesisExecutor): Promise<readonly ExecuteRequest[]> {
  const blocks: ExecuteRequest[] = []
  for (let number = 1; number <= BLOCKS; number++) {
    const data = `0x${word(number % 4)}${word(number % 3)}` as Hex
    const calls = [
      await signedTransaction({ from: 0, nonce: number - 1, to: writer, value: 0n, data, gas: 100_000n }),
      await signedTransaction({ from: 1, nonce: number - 1, to: addressOf(testAccount(number)) }),
    ]
    if (number === ASKING)
      calls.push(await signedTransaction({ from: 2, nonce: 0, to: asker, value: 0n, gas: 90_000n }))
    const { built, request } = await buildBlock(executor, {
      parentHash: executor.head().blockHash,
      height: number,
      transactions: calls,
    })
    expect(built.transactionCount).toBe(calls.length)
    await executor.adopt(built.buildId, request.blockHash)
    await executor.commit(request.blockHash)
    blocks.push(request)
  }
  return blocks
}

describe('block witnesses', () => {
  let executor: GenesisExecutor
  let blocks: readonly ExecuteRequest[]
  let headers: readonly Uint8Array[]
  /** Has another state, and must not need any. */
  let stateless: GenesisExecutor

  beforeAll(async () => {
    executor = await startExecutor({ spec, executor: { historyBlocks: 10 } })
    stateless = await startExecutor({ spec: testSpec({ alloc: [] }) })
    const genesisHeader = executor.genesis().executionHeader
    blocks = await grow(executor)
    headers = [genesisHeader, ...blocks.map(({ payload }) => headerOf(payload))]
  })

  it('execute each kept block elsewhere, to the same root', async () => {
    for (const { payload, height: at, stateRoot, executionBlockHash } of blocks.slice(2)) {
      const witness = await executor.witness(payload, at)
      const parentHeader = headers[at - 1] as Uint8Array
      const outcome = await stateless.executeStateless({ parentHeader, payload, witness })
      expect(outcome).toMatchObject({ valid: true, stateRoot, executionBlockHash })
      expect(witness.oldestHeaderHeight).toBe(at === ASKING ? ASKING - 5 : at - 1)
    }
  })

  it('are nothing less, and say of which block they are', async () => {
    const { payload, height: at } = blocks[ASKING - 1] as ExecuteRequest
    const witness = await executor.witness(payload, at)
    const parentHeader = headers[at - 1] as Uint8Array
    for (let index = 0; index < witness.state.length; index++) {
      const less = { ...witness, state: witness.state.toSpliced(index, 1) }
      const outcome = await stateless.executeStateless({ parentHeader, payload, witness: less })
      expect(outcome).toMatchObject({ valid: false, code: 'WITNESS_INCOMPLETE' })
    }
    const elsewhere = { parentHeader: headers[at - 2] as Uint8Array, payload, witness }
    expect((await stateless.executeStateless(elsewhere)).valid).toBe(false)
    const broken = { parentHeader: Uint8Array.of(1), payload, witness }
    expect((await stateless.executeStateless(broken)).valid).toBe(false)
    const bloated = { ...witness, codes: [new Uint8Array(11 * 1024 * 1024)] }
    expect(await stateless.executeStateless({ parentHeader, payload, witness: bloated })).toMatchObject({
      code: 'WITNESS_TOO_LARGE',
    })
  })

  it('come the same from a store without synchronous reads', async () => {
    const slow = await startExecutor({ spec, store: withoutSync(createMemoryStore()) })
    for (const block of blocks) {
      await slow.execute(block)
      await slow.commit(block.blockHash)
    }
    const { payload, height: at } = blocks[ASKING - 1] as ExecuteRequest
    expect(await slow.witness(payload, at)).toEqual(await executor.witness(payload, at))
  })

  it('are refused by code', async () => {
    const [first, second] = blocks as readonly [ExecuteRequest, ExecuteRequest]
    await expect(executor.witness(second.payload, height(2))).rejects.toMatchObject({ code: 'STATE_PRUNED' })
    await expect(executor.witness(first.payload, height(0))).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    await expect(executor.witness(first.payload, height(BLOCKS + 1))).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    await expect(executor.witness(first.payload, height(BLOCKS))).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    await expect(executor.witness(bytesFromHex('0xc0'), height(BLOCKS))).rejects.toMatchObject({
      code: 'UNKNOWN_BLOCK',
    })
  })
})

/** The first item of the payload. */
function headerOf(payload: Uint8Array): Uint8Array {
  const lengthBytes = (payload[0] as number) - 0xf7
  const start = 1 + lengthBytes
  const size = (payload[start] as number) - 0xf7
  let length = 0
  for (const byte of payload.subarray(start + 1, start + 1 + size)) length = 256 * length + byte
  return payload.slice(start, start + 1 + size + length)
}
