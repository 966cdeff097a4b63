import { keccak256 } from '@cairn/crypto'
import type { ExecuteRequest } from '@cairn/ports'
import { ZERO_HASH, encodeRlp, height } from '@cairn/primitives'
import type { Address, RlpInput } from '@cairn/primitives'
import { decodeRlp } from '@cairn/primitives'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import { buildBlock, signedTransaction, startExecutor } from './executor-fixture.ts'

const recipient = `0x${'ab'.repeat(20)}` as Address

describe('block verification', () => {
  let executor: GenesisExecutor
  let request: ExecuteRequest

  beforeAll(async () => {
    executor = await startExecutor()
    const transactions = [await signedTransaction({ from: 0, nonce: 0, to: recipient })]
    request = (await buildBlock(executor, { parentHash: executor.head().blockHash, height: 1, transactions })).request
  })

  const codeOf = async (changes: Partial<ExecuteRequest>): Promise<string> => {
    const verdict = await executor.execute({ ...request, blockHash: keccak256(Uint8Array.of(1)), ...changes })
    return verdict.verdict === 'accept' ? 'accepted' : `${verdict.verdict} ${verdict.code}`
  }

  it('rejects each contradiction between header and payload', async () => {
    expect(await codeOf({ payload: Uint8Array.of(0xc0) })).toBe('reject PAYLOAD_MALFORMED')
    expect(await codeOf({ payload: request.payload.slice(0, -1) })).toBe('reject PAYLOAD_MALFORMED')
    expect(await codeOf({ payload: new Uint8Array(3_000_000) })).toBe('reject BLOCK_TOO_LARGE')
    expect(await codeOf({ height: height(2) })).toBe('reject PAYLOAD_NUMBER')
    expect(await codeOf({ timeMs: request.timeMs + 1000 })).toBe('reject PAYLOAD_TIMESTAMP')
    expect(await codeOf({ prevRandao: ZERO_HASH })).toBe('reject PAYLOAD_PREV_RANDAO')
    expect(await codeOf({ stateRoot: ZERO_HASH })).toBe('reject STATE_ROOT_MISMATCH')
    expect(await codeOf({ executionBlockHash: ZERO_HASH })).toBe('reject EXECUTION_HASH_MISMATCH')
    expect(await codeOf({ accessListHash: ZERO_HASH })).toBe('reject ACCESS_LIST_MISMATCH')
    expect(await codeOf({ accessList: Uint8Array.of(0xc0) })).toBe('reject ACCESS_LIST_MISMATCH')
    expect(await codeOf({ parentHash: ZERO_HASH })).toBe('ignore UNKNOWN_PARENT')
  })

  it('rejects payloads that break the rules of Ethereum or of the chain', async () => {
    const changed = (field: number, value: Uint8Array): Partial<ExecuteRequest> => {
      const payload = withHeaderField(request.payload, field, value)
      return { payload }
    }
    expect(await codeOf(changed(0, new Uint8Array(32)))).toBe('reject PAYLOAD_PARENT_HASH')
    expect(await codeOf(changed(3, new Uint8Array(32).fill(1)))).toBe('reject STATE_ROOT_MISMATCH')
    expect(await codeOf({ ...changed(3, new Uint8Array(32)), stateRoot: ZERO_HASH })).toBe('reject PAYLOAD_STATE_ROOT')
    expect(await codeOf(changed(4, new Uint8Array(32)))).toBe('reject PAYLOAD_TRANSACTIONS_ROOT')
    expect(await codeOf(changed(5, new Uint8Array(32)))).toBe('reject PAYLOAD_RECEIPTS_ROOT')
    expect(await codeOf(changed(6, new Uint8Array(256).fill(1)))).toBe('reject PAYLOAD_LOGS_BLOOM')
    expect(await codeOf(changed(9, Uint8Array.of(1, 0, 0, 0)))).toBe('reject PAYLOAD_GAS_LIMIT')
    expect(await codeOf(changed(10, Uint8Array.of(1)))).toBe('reject PAYLOAD_GAS_USED')
    expect(await codeOf(changed(15, Uint8Array.of(1)))).toBe('reject PAYLOAD_BASE_FEE')
    expect(await codeOf(changed(20, new Uint8Array(32)))).toBe('reject PAYLOAD_REQUESTS_HASH')
    const withdrawal: RlpInput = [Uint8Array.of(1), Uint8Array.of(1), new Uint8Array(20), Uint8Array.of(9)]
    expect(await codeOf({ payload: withWithdrawals(request.payload, [withdrawal]) })).toBe('reject PAYLOAD_WITHDRAWALS')
  })

  it('accepts the block itself, twice', async () => {
    expect(await executor.execute(request)).toEqual({ verdict: 'accept' })
    expect(await executor.execute(request)).toEqual({ verdict: 'accept' })
  })
})

function parts(payload: Uint8Array): RlpInput[] {
  const decoded = decodeRlp<RlpInput>(payload, payload.length, function read(item): RlpInput {
    if (!item.isNextList) return item.bytes(payload.length)
    return item.listOf(1000, read)
  })
  if (!decoded.ok) throw new Error(decoded.code)
  return decoded.value as RlpInput[]
}

function withHeaderField(payload: Uint8Array, field: number, value: Uint8Array): Uint8Array {
  const [header, ...rest] = parts(payload)
  return encodeRlp([(header as RlpInput[]).with(field, value), ...rest])
}

function withWithdrawals(payload: Uint8Array, withdrawals: RlpInput): Uint8Array {
  return encodeRlp(parts(payload).with(3, withdrawals))
}
