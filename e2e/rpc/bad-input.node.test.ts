/** Whatever arrives at the RPC port: the standard error code, and the node goes on. */
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'

interface RpcAnswer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

describe('bad input', () => {
  let network: TestNetwork
  const to = `0x${'00'.repeat(20)}` as const

  beforeAll(async () => {
    network = await startNetwork({ heartbeatMs: 200 })
  })
  afterAll(() => network?.stop())

  async function post(body: string): Promise<RpcAnswer> {
    const response = await fetch(network.rpcUrl(0), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    return (await response.json()) as RpcAnswer
  }
  const call = (method: string, ...params: readonly unknown[]): Promise<RpcAnswer> =>
    post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const send = async (transaction: object, key: Hex = network.fundedKeys[2] as Hex): Promise<RpcAnswer> =>
    call('eth_sendRawTransaction', await sign(transaction, key))
  const sign = (transaction: object, key: Hex): Promise<Hex> =>
    privateKeyToAccount(key).signTransaction({
      type: 'eip1559',
      chainId: network.chainId,
      nonce: 0,
      to,
      gas: 21_000n,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 10n ** 9n,
      ...transaction,
    } as never)

  test.each([
    ['not JSON', '{', -32700],
    ['an empty batch', '[]', -32600],
    ['no request', '7', -32600],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"eth_mine"}', -32601],
    ['bad parameters', '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x1"]}', -32602],
    ['an oversized body', `"${'x'.repeat(5 * 1024 * 1024)}"`, -32005],
    ['a batch over the limit', `[${Array.from({ length: 101 }, () => '1').join(',')}]`, -32005],
    ['deep nesting', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`, -32600],
  ])('answers %s', async (_name, body, code) => {
    const answer = await post(body)
    expect((Array.isArray(answer) ? answer[0] : answer).error.code).toBe(code)
  })

  /** −32000 does not decode, −32003 decodes to something that is never taken, such as an unknown type. */
  test.each(['0x', '0x00', '0x02c0', `0x02f8${'ff'.repeat(200)}`, `0xf8${'01'.repeat(50)}`, '0xc0'])(
    'refuses the malformed transaction %s',
    async (raw) => {
      expect([-32000, -32003]).toContain((await call('eth_sendRawTransaction', raw)).error?.code)
    },
  )

  test('refuses transactions that cannot be included', async () => {
    expect((await send({ chainId: network.chainId + 1 })).error).toMatchObject({
      code: 1001,
      message: expect.stringContaining('invalid sender'),
    })
    expect((await send({}, generatePrivateKey())).error).toMatchObject({
      code: 809,
      message: expect.stringContaining('insufficient funds'),
    })
    expect((await send({ gas: 20_000n })).error).toMatchObject({
      code: 800,
      message: expect.stringContaining('intrinsic gas too low'),
    })
    expect((await send({ gas: 2n ** 40n })).error).toMatchObject({ code: 803 })
    expect((await send({ nonce: 1_000_000 })).error).toMatchObject({
      code: 2,
      message: expect.stringContaining('nonce too high'),
    })
    expect((await send({ maxPriorityFeePerGas: 0n })).error).toMatchObject({
      code: 802,
      message: expect.stringContaining('underpriced'),
    })
    const good = await send({})
    expect(good.result).toMatch(/^0x[0-9a-f]{64}$/)
    await expect
      .poll(async () => (await call('eth_getTransactionReceipt', good.result)).result, { timeout: 30_000 })
      .not.toBeNull()
    expect((await send({ value: 1n })).error).toMatchObject({
      code: 1,
      message: expect.stringContaining('nonce too low'),
    })
  })

  test('refuses a changed signature', async () => {
    const raw = await sign({ nonce: 1 }, network.fundedKeys[2] as Hex)
    const flipped = `${raw.slice(0, -2)}${raw.endsWith('00') ? '01' : '00'}`
    // Another s recovers another sender, which has no funds.
    expect([809, 1001]).toContain((await call('eth_sendRawTransaction', flipped)).error?.code)
  })

  test('goes on afterwards', async () => {
    const height = network.maxHeight()
    await network.waitForHeight(height + 2)
    expect((await call('eth_blockNumber')).result).toMatch(/^0x/)
    for (const index of [0, 1, 2, 3]) expect(network.isRunning(index)).toBe(true)
  })
})
