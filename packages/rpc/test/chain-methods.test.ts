import { describe, expect, it } from 'vitest'
import { createTestRpc, testAddress, testHash, timestampOf } from './memory-backend.ts'
import { account, createSampleChain, sender, to } from './sample-chain.ts'

describe('chain methods', async () => {
  const { memory, call, resultOf, block, hashes } = await createSampleChain()

  it('gives blocks by tag, height and hash', async () => {
    expect(await resultOf('eth_blockNumber')).toBe('0x3')
    const byHash = await resultOf('eth_getBlockByHash', block.header.executionBlockHash, false)
    expect(byHash).toMatchObject({
      number: '0x2',
      hash: block.header.executionBlockHash,
      timestamp: `0x${timestampOf(2).toString(16)}`,
      baseFeePerGas: '0x7',
      gasUsed: '0x16b48',
      difficulty: '0x0',
      extraData: '0x',
      nonce: '0x0000000000000000',
      transactions: hashes,
      uncles: [],
      withdrawals: [],
      size: `0x${block.payload.length.toString(16)}`,
    })
    expect(await resultOf('eth_getBlockByNumber', '0x2', false)).toEqual(byHash)
    const latest = await resultOf('eth_getBlockByNumber', 'latest', false)
    for (const tag of ['safe', 'finalized', 'pending', '0x3']) {
      expect(await resultOf('eth_getBlockByNumber', tag, false)).toEqual(latest)
    }
    expect(await resultOf('eth_getBlockByNumber', 'earliest', true)).toMatchObject({ number: '0x0', transactions: [] })
    expect(await resultOf('eth_getBlockByNumber', '0x4', false)).toBeNull()
    expect(await resultOf('eth_getBlockByHash', testHash(77), false)).toBeNull()
  })

  it('counts what is in blocks', async () => {
    expect(await resultOf('eth_getBlockTransactionCountByNumber', '0x2')).toBe('0x4')
    expect(await resultOf('eth_getBlockTransactionCountByHash', block.header.executionBlockHash)).toBe('0x4')
    expect(await resultOf('eth_getBlockTransactionCountByHash', testHash(77))).toBeNull()
    expect(await resultOf('eth_getUncleCountByBlockNumber', '0x2')).toBe('0x0')
    expect(await resultOf('eth_getUncleCountByBlockHash', testHash(77))).toBeNull()
  })

  it('shows each transaction type as its signer made it', async () => {
    const { transactions } = (await resultOf('eth_getBlockByNumber', '0x2', true)) as {
      transactions: Record<string, string>[]
    }
    expect(transactions.map(({ type }) => type)).toEqual(['0x0', '0x1', '0x2', '0x4'])
    for (const [index, hash] of hashes.entries()) {
      const transaction = transactions[index] ?? {}
      expect(transaction).toMatchObject({
        hash,
        from: sender,
        nonce: `0x${index}`,
        gas: '0xc350',
        chainId: '0x1092',
        blockNumber: '0x2',
        transactionIndex: `0x${index}`,
      })
      expect(await resultOf('eth_getTransactionByHash', hash)).toEqual(transaction)
      expect(await resultOf('eth_getTransactionByBlockNumberAndIndex', '0x2', `0x${index}`)).toEqual(transaction)
      expect(
        await resultOf('eth_getTransactionByBlockHashAndIndex', block.header.executionBlockHash, `0x${index}`),
      ).toEqual(transaction)
    }
    expect(transactions[0]).toMatchObject({ value: '0x5', to, gasPrice: '0x9', input: '0x' })
    expect(transactions[1]).toMatchObject({ accessList: [{ address: to, storageKeys: [testHash(3)] }] })
    expect(transactions[2]).toMatchObject({
      to: null,
      input: '0x6000',
      maxFeePerGas: '0x5a',
      maxPriorityFeePerGas: '0x2',
      gasPrice: '0x9',
    })
    expect(transactions[3]).toMatchObject({
      gasPrice: '0xa',
      authorizationList: [{ address: to, chainId: '0x1092', nonce: '0x1' }],
    })
    expect(await resultOf('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x4')).toBeNull()
    expect(await resultOf('eth_getTransactionByHash', testHash(77))).toBeNull()
  })

  it('gives receipts with block-wide log positions', async () => {
    const receipts = (await resultOf('eth_getBlockReceipts', '0x2')) as Record<string, unknown>[]
    expect(receipts.map(({ transactionHash }) => transactionHash)).toEqual(hashes)
    expect(receipts.map(({ cumulativeGasUsed }) => cumulativeGasUsed)).toEqual(
      [21_000, 51_000, 72_000, 93_000].map((gas) => `0x${gas.toString(16)}`),
    )
    expect(receipts[0]).toMatchObject({
      status: '0x1',
      type: '0x0',
      to,
      from: sender,
      contractAddress: null,
      gasUsed: '0x5208',
      effectiveGasPrice: '0x9',
    })
    expect(receipts[2]).toMatchObject({ to: null, contractAddress: testAddress(0xcc) })
    const logs = receipts.flatMap(({ logs: own }) => own as Record<string, unknown>[])
    expect(logs.map(({ logIndex }) => logIndex)).toEqual(['0x0', '0x1', '0x2'])
    expect(logs[2]).toMatchObject({
      transactionIndex: '0x3',
      transactionHash: hashes[3],
      removed: false,
      blockTimestamp: `0x${timestampOf(2).toString(16)}`,
    })
    expect(await resultOf('eth_getTransactionReceipt', hashes[3])).toEqual(receipts[3])
    expect(await resultOf('eth_getTransactionReceipt', testHash(77))).toBeNull()
    expect(await resultOf('eth_getBlockReceipts', '0x99')).toBeNull()
    expect(await resultOf('eth_getBlockReceipts', { blockHash: block.header.executionBlockHash })).toEqual(receipts)
  })

  it('finds logs by address, topics, range and block hash', async () => {
    const find = async (filter: unknown): Promise<unknown> =>
      ((await resultOf('eth_getLogs', filter)) as { logIndex: string }[]).map(({ logIndex }) => logIndex)
    expect(await find({ fromBlock: 'earliest', toBlock: 'latest' })).toEqual(['0x0', '0x1', '0x2'])
    expect(await find({})).toEqual([])
    expect(await find({ fromBlock: '0x1', address: to })).toEqual(['0x0', '0x2'])
    expect(await find({ fromBlock: '0x1', address: [account.address] })).toEqual(['0x1'])
    expect(await find({ fromBlock: '0x1', topics: [testHash(1)] })).toEqual(['0x0', '0x2'])
    expect(await find({ fromBlock: '0x1', topics: [null, [testHash(9), testHash(2)]] })).toEqual(['0x0'])
    expect(await find({ fromBlock: '0x1', topics: [[]] })).toEqual(['0x0', '0x2'])
    expect(await find({ blockHash: block.header.executionBlockHash, topics: [] })).toEqual(['0x0', '0x1', '0x2'])
    const { blockHash } = { blockHash: testHash(77) }
    expect(await call('eth_getLogs', { blockHash })).toMatchObject({ error: { code: -32000 } })
    expect(await call('eth_getLogs', { blockHash, fromBlock: '0x1' })).toMatchObject({
      error: {
        code: -32602,
        message: 'invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other',
      },
    })
    expect(await call('eth_getLogs', { fromBlock: '0x2', toBlock: '0x1' })).toMatchObject({
      error: { code: -32602, message: 'invalid block range params' },
    })
    expect(await call('eth_getLogs', { fromBlock: '0x2', toBlock: '0x9' })).toMatchObject({
      error: { code: -32602, message: 'block range extends beyond current head block' },
    })
  })

  it('bounds log queries', async () => {
    const few = createTestRpc(memory, { logBlocksMax: 2, logResultsMax: 2, logFilterValuesMax: 1 })
    expect(await few.call('eth_getLogs', { fromBlock: '0x1' })).toMatchObject({
      error: { code: -32005, data: { limit: 'logBlocksMax' } },
    })
    expect(await few.call('eth_getLogs', { fromBlock: '0x2' })).toMatchObject({
      error: { code: -32005, data: { limit: 'logResultsMax' } },
    })
    expect(await few.call('eth_getLogs', { fromBlock: '0x2', address: to })).toMatchObject({ result: [{}, {}] })
    expect(await few.call('eth_newFilter', { address: [to, sender] })).toMatchObject({ error: { code: -32005 } })
  })
})
