import { CodedError } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RpcBlock } from '../src/backend.ts'
import { BASE_FEE, CHAIN_ID, createMemoryBackend, createTestRpc, testAddress, testHash, timestampOf } from './memory-backend.ts'
import type { TestTransaction } from './memory-backend.ts'

const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const sender = account.address.toLowerCase() as ReturnType<typeof testAddress>
const to = testAddress(0xaa)

async function signed(transaction: Record<string, unknown>): Promise<TestTransaction> {
  const raw = await account.signTransaction({ chainId: CHAIN_ID, gas: 50_000n, to, ...transaction } as never)
  return { raw, sender }
}

describe('methods', () => {
  const memory = createMemoryBackend()
  const { call } = createTestRpc(memory)
  const resultOf = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const { result, error } = await call(method, ...params)
    expect(error).toBeUndefined()
    return result
  }
  let block: RpcBlock
  let hashes: Hash[]

  beforeAll(async () => {
    memory.mine()
    const accessList = [{ address: to, storageKeys: [testHash(3)] }]
    const authorization = await account.signAuthorization({ contractAddress: to, chainId: CHAIN_ID, nonce: 1 })
    block = memory.mine([
      await signed({ type: 'legacy', nonce: 0, gasPrice: 9n, value: 5n }),
      { ...(await signed({ type: 'eip2930', nonce: 1, gasPrice: 9n, accessList })), gasUsed: 30_000n },
      {
        ...(await signed({ type: 'eip1559', nonce: 2, maxFeePerGas: 90n, maxPriorityFeePerGas: 2n, to: undefined, data: '0x6000' })),
        contractAddress: testAddress(0xcc),
        logs: [
          { address: to, topics: [testHash(1), testHash(2)], data: '0x01' },
          { address: sender, topics: [], data: '0x' },
        ],
      },
      {
        ...(await signed({ type: 'eip7702', nonce: 3, maxFeePerGas: 90n, maxPriorityFeePerGas: 3n, authorizationList: [authorization] })),
        logs: [{ address: to, topics: [testHash(1)], data: '0x02' }],
        effectiveGasPrice: BASE_FEE + 3n,
      },
    ])
    hashes = block.transactions.map(({ hash }) => hash)
    memory.mine()
  })

  it('names the chain and the node', async () => {
    expect(await resultOf('eth_chainId')).toBe('0x1092')
    expect(await resultOf('net_version')).toBe('4242')
    expect(await resultOf('net_listening')).toBe(true)
    expect(await resultOf('net_peerCount')).toBe('0x1')
    expect(await resultOf('web3_clientVersion')).toBe('cairn/v0.1.0/test')
    expect(await resultOf('web3_sha3', '0x')).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    expect(await resultOf('eth_accounts')).toEqual([])
    expect(await resultOf('eth_syncing')).toBe(false)
    memory.answers.syncing = true
    expect(await resultOf('eth_syncing')).toEqual({ startingBlock: '0x0', currentBlock: '0x3', highestBlock: '0x63' })
    memory.answers.syncing = false
  })

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
    const { transactions } = (await resultOf('eth_getBlockByNumber', '0x2', true)) as { transactions: Record<string, string>[] }
    expect(transactions.map(({ type }) => type)).toEqual(['0x0', '0x1', '0x2', '0x4'])
    for (const [index, hash] of hashes.entries()) {
      const transaction = transactions[index] ?? {}
      expect(transaction).toMatchObject({ hash, from: sender, nonce: `0x${index}`, gas: '0xc350', chainId: '0x1092', blockNumber: '0x2', transactionIndex: `0x${index}` })
      expect(await resultOf('eth_getTransactionByHash', hash)).toEqual(transaction)
      expect(await resultOf('eth_getTransactionByBlockNumberAndIndex', '0x2', `0x${index}`)).toEqual(transaction)
      expect(await resultOf('eth_getTransactionByBlockHashAndIndex', block.header.executionBlockHash, `0x${index}`)).toEqual(transaction)
    }
    expect(transactions[0]).toMatchObject({ value: '0x5', to, gasPrice: '0x9', input: '0x' })
    expect(transactions[1]).toMatchObject({ accessList: [{ address: to, storageKeys: [testHash(3)] }] })
    expect(transactions[2]).toMatchObject({ to: null, input: '0x6000', maxFeePerGas: '0x5a', maxPriorityFeePerGas: '0x2', gasPrice: '0x9' })
    expect(transactions[3]).toMatchObject({ gasPrice: '0xa', authorizationList: [{ address: to, chainId: '0x1092', nonce: '0x1' }] })
    expect(await resultOf('eth_getTransactionByBlockNumberAndIndex', '0x2', '0x4')).toBeNull()
    expect(await resultOf('eth_getTransactionByHash', testHash(77))).toBeNull()
  })

  it('gives receipts with block-wide log positions', async () => {
    const receipts = (await resultOf('eth_getBlockReceipts', '0x2')) as Record<string, unknown>[]
    expect(receipts.map(({ transactionHash }) => transactionHash)).toEqual(hashes)
    expect(receipts.map(({ cumulativeGasUsed }) => cumulativeGasUsed)).toEqual([21_000, 51_000, 72_000, 93_000].map((gas) => `0x${gas.toString(16)}`))
    expect(receipts[0]).toMatchObject({ status: '0x1', type: '0x0', to, from: sender, contractAddress: null, gasUsed: '0x5208', effectiveGasPrice: '0x9' })
    expect(receipts[2]).toMatchObject({ to: null, contractAddress: testAddress(0xcc) })
    const logs = receipts.flatMap(({ logs: own }) => own as Record<string, unknown>[])
    expect(logs.map(({ logIndex }) => logIndex)).toEqual(['0x0', '0x1', '0x2'])
    expect(logs[2]).toMatchObject({ transactionIndex: '0x3', transactionHash: hashes[3], removed: false, blockTimestamp: `0x${timestampOf(2).toString(16)}` })
    expect(await resultOf('eth_getTransactionReceipt', hashes[3])).toEqual(receipts[3])
    expect(await resultOf('eth_getTransactionReceipt', testHash(77))).toBeNull()
    expect(await resultOf('eth_getBlockReceipts', '0x99')).toBeNull()
    expect(await resultOf('eth_getBlockReceipts', { blockHash: block.header.executionBlockHash })).toEqual(receipts)
  })

  it('finds logs by address, topics, range and block hash', async () => {
    const find = async (filter: unknown): Promise<unknown> => ((await resultOf('eth_getLogs', filter)) as { logIndex: string }[]).map(({ logIndex }) => logIndex)
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
      error: { code: -32602, message: 'invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other' },
    })
    expect(await call('eth_getLogs', { fromBlock: '0x2', toBlock: '0x1' })).toMatchObject({ error: { code: -32602, message: 'invalid block range params' } })
    expect(await call('eth_getLogs', { fromBlock: '0x2', toBlock: '0x9' })).toMatchObject({ error: { code: -32602, message: 'block range extends beyond current head block' } })
  })

  it('bounds log queries', async () => {
    const few = createTestRpc(memory, { logBlocksMax: 2, logResultsMax: 2, logFilterValuesMax: 1 })
    expect(await few.call('eth_getLogs', { fromBlock: '0x1' })).toMatchObject({ error: { code: -32005, data: { limit: 'logBlocksMax' } } })
    expect(await few.call('eth_getLogs', { fromBlock: '0x2' })).toMatchObject({ error: { code: -32005, data: { limit: 'logResultsMax' } } })
    expect(await few.call('eth_getLogs', { fromBlock: '0x2', address: to })).toMatchObject({ result: [{}, {}] })
    expect(await few.call('eth_newFilter', { address: [to, sender] })).toMatchObject({ error: { code: -32005 } })
  })

  it('reads state at the head and refuses history with a reason', async () => {
    expect(await resultOf('eth_getBalance', to)).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getBalance', account.address, 'latest')).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getBalance', to, '0x3')).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getCode', to, 'finalized')).toBe('0x6000')
    expect(await resultOf('eth_getStorageAt', to, '0x1', 'latest')).toBe(testHash(1))
    expect(await resultOf('eth_getTransactionCount', to, 'latest')).toBe('0x3')
    expect(await resultOf('eth_getTransactionCount', to, 'pending')).toBe('0x9')
    expect(await resultOf('eth_getProof', to, [])).toMatchObject({ accountProof: ['0x01'], nonce: '0x3', storageProof: [] })
    const historical = { code: -32000, data: { reason: 'STATE_PRUNED', headHeight: 3 } }
    expect(await call('eth_getBalance', to, '0x2')).toMatchObject({ error: historical })
    expect(await call('eth_getBalance', to, { blockHash: block.header.executionBlockHash })).toMatchObject({ error: historical })
    expect(await call('eth_call', { to }, 'earliest')).toMatchObject({ error: historical })
    expect(await call('eth_getBalance', to, '0x9')).toMatchObject({ error: { code: -32000, message: 'header not found' } })
  })

  it.each([
    ['eth_getBalance', ['0x12'], /invalid argument 0/],
    ['eth_getBalance', ['aa00000000000000000000000000000000000000aa'], /hex string without 0x prefix/],
    ['eth_getBalance', [], /missing value for required argument 0/],
    ['eth_getBalance', [to, '0x01'], /invalid argument 1/],
    ['eth_getBalance', [to, 'newest'], /invalid argument 1/],
    ['eth_getBlockByNumber', ['0x'], /invalid argument 0/],
    ['eth_getBlockByNumber', ['latest'], /missing value for required argument 1/],
    ['eth_getBlockByNumber', [2, true], /invalid argument 0/],
    ['eth_getBlockByNumber', ['0xffffffffffffffffff', true], /invalid argument 0/],
    ['eth_getBlockByHash', ['0xab', true], /want 32 bytes/],
    ['eth_getStorageAt', [to, '0xasdf', 'latest'], /invalid hex in storage key: "0xasdf"/],
    ['eth_getStorageAt', [to, `0x${'0'.repeat(65)}`, 'latest'], /storage key too long \(want at most 32 bytes\)/],
    ['eth_sendRawTransaction', ['0xabc'], /odd length/],
    ['eth_sendRawTransaction', ['zz'], /without 0x prefix/],
    ['eth_call', [{ value: '0x00' }], /value: invalid hex quantity/],
    ['eth_call', [{ value: 5 }], /invalid argument 0: value/],
    ['eth_call', [{ data: '0x01', input: '0x02' }], /not equal/],
    ['eth_call', [{ gasPrice: '0x1', maxFeePerGas: '0x1' }], /both gasPrice/],
    ['eth_call', [{ authorizationList: [] }], /not supported/],
    ['eth_getLogs', [{ topics: [null, null, null, null, null] }], /max topics/],
    ['eth_getLogs', [{ address: '0x1' }], /address/],
    ['eth_feeHistory', ['0x1', 'latest', [50, 20]], /percentile/],
    ['eth_subscribe', ['newHeads'], /notifications not supported/],
  ])('refuses %s %j', async (method, params, message) => {
    const { error } = await call(method, ...params)
    expect(error?.message).toMatch(message)
    expect(error?.code).toBe(method === 'eth_subscribe' ? -32601 : -32602)
  })

  it('calls with capped gas and maps what comes back', async () => {
    let seen: unknown
    memory.answers.call = async (request, options) => {
      seen = { request, options }
      return { status: 'success', output: new Uint8Array([1, 2]), gasUsed: 1n }
    }
    expect(await resultOf('eth_call', { to, input: '0xAB', gas: '0xffffffffff', type: '0x2' }, 'latest')).toBe('0x0102')
    expect(seen).toEqual({ request: { to, data: '0xab', gas: 50_000_000n }, options: { gasMax: 50_000_000n } })
    const reason = '08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a75736572206572726f7200000000000000000000000000000000000000000000'
    memory.answers.call = async () => ({ status: 'revert', output: Uint8Array.from(reason.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)), gasUsed: 1n })
    expect(await call('eth_call', { to })).toMatchObject({ error: { code: 3, message: 'execution reverted: user error', data: `0x${reason}` } })
    memory.answers.call = async () => ({ status: 'revert', output: new Uint8Array(), gasUsed: 1n })
    expect(await call('eth_call', { to })).toMatchObject({ error: { code: 3, message: 'execution reverted', data: '0x' } })
    memory.answers.call = async () => ({ status: 'halt', code: 'OUT_OF_GAS', message: 'out of gas', gasUsed: 1n })
    expect(await call('eth_call', { to })).toMatchObject({ error: { code: 801, message: 'out of gas' } })
    memory.answers.call = async () => ({ status: 'halt', code: 'INSUFFICIENT_FUNDS', message: 'have 0 want 1', gasUsed: 0n })
    expect(await call('eth_call', { to })).toMatchObject({
      error: { code: 809, message: 'insufficient funds for gas * price + value: have 0 want 1', data: { reason: 'INSUFFICIENT_FUNDS' } },
    })
    expect(await resultOf('eth_estimateGas', { to })).toBe('0x5208')
    memory.answers.estimate = { status: 'revert', output: new Uint8Array([1]), gasUsed: 1n }
    expect(await call('eth_estimateGas', { to })).toMatchObject({ error: { code: 3, data: '0x01' } })
  })

  it('refuses more proofs at once than the limit', async () => {
    let finish = (): void => {}
    const proof = await memory.answers.proof()
    memory.answers.proof = () => new Promise((resolve) => (finish = () => resolve(proof)))
    const bounded = createTestRpc(memory, { proofsInFlightMax: 1, proofSlotsMax: 1 })
    const first = bounded.call('eth_getProof', to, [])
    expect(await bounded.call('eth_getProof', to, [])).toMatchObject({ error: { code: -32005, data: { limit: 'proofsInFlightMax' } } })
    finish()
    expect(await first).toHaveProperty('result')
    expect(await bounded.call('eth_getProof', to, ['0x0', '0x1'])).toMatchObject({ error: { code: -32005 } })
  })

  it('suggests fees and tells their history', async () => {
    expect(await resultOf('eth_maxPriorityFeePerGas')).toBe('0x2')
    expect(await resultOf('eth_gasPrice')).toBe('0x9')
    expect(await resultOf('eth_blobBaseFee')).toBe('0x1')
    expect(await resultOf('eth_feeHistory', '0x2', 'latest', [0, 100])).toEqual({
      oldestBlock: '0x2',
      baseFeePerGas: ['0x7', '0x7', '0x7'],
      gasUsedRatio: [0.0031, 0],
      baseFeePerBlobGas: ['0x1', '0x1', '0x1'],
      blobGasUsedRatio: [0, 0],
      reward: [['0x2', '0x3'], ['0x0', '0x0']],
    })
    expect(await resultOf('eth_feeHistory', 1_000, 'latest')).toMatchObject({ oldestBlock: '0x0' })
    expect(await call('eth_feeHistory', '0x1', '0x9')).toMatchObject({ error: { code: -32000, message: 'request beyond head block' } })
  })

  it('hands transactions in and maps every refusal to its number', async () => {
    const { raw } = await signed({ type: 'eip1559', nonce: 9, maxFeePerGas: 90n, maxPriorityFeePerGas: 2n })
    const hash = (await resultOf('eth_sendRawTransaction', raw)) as Hash
    const bytes = Uint8Array.from(raw.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    memory.pending.set(hash, { raw: bytes, sender })
    expect(await resultOf('eth_getTransactionByHash', hash)).toMatchObject({ hash, blockHash: null, transactionIndex: null, gasPrice: '0x5a', r: parseTransaction(raw).r })
    expect(await resultOf('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' })
    const refusals: [string, number, string][] = [
      ['NONCE_TOO_LOW', 1, 'nonce too low'],
      ['INSUFFICIENT_FUNDS', 809, 'insufficient funds for gas * price + value'],
      ['ALREADY_KNOWN', 1000, 'already known'],
      ['TRANSACTION_UNDERPRICED', 802, 'transaction underpriced'],
      ['REPLACEMENT_UNDERPRICED', 802, 'replacement transaction underpriced'],
      ['INTRINSIC_GAS_TOO_LOW', 800, 'intrinsic gas too low'],
      ['SIGNATURE_INVALID', 1001, 'invalid sender'],
      ['CHAIN_ID_WRONG', 1001, 'invalid sender: invalid chain id for signer'],
      ['TRANSACTION_MALFORMED', -32000, 'malformed transaction'],
      ['SOMETHING_NEW', -32003, 'transaction rejected'],
    ]
    for (const [code, number, message] of refusals) {
      memory.answers.submit = async () => ({ accepted: false, code, message: '' })
      expect(await call('eth_sendRawTransaction', raw)).toMatchObject({ error: { code: number, message, data: { reason: code } } })
    }
  })

  it('shows consensus', async () => {
    expect(await resultOf('cairn_status')).toMatchObject({ height: 3, view: 4, epoch: 0, finalityMs: { p50: 100 }, peers: [{ transport: 'quic-v1' }] })
    expect(await resultOf('cairn_validators')).toEqual([{ index: 0, publicKey: `0x${'00'.repeat(48)}`, weight: '1', feeRecipient: testAddress(9), peerId: '' }])
    expect(await resultOf('cairn_certificate', '0x2')).toMatchObject({ height: 2, kind: 'finalize', hash: block.hash, signerIndices: [0, 1, 3] })
    expect(await resultOf('cairn_certificate', 0)).toBeNull()
    expect(await resultOf('cairn_getBlock', 2)).toMatchObject({ hash: block.hash, height: 2, randaoReveal: `0x${'00'.repeat(96)}` })
    expect(await resultOf('cairn_getBlock')).toMatchObject({ height: 3 })
    expect(await resultOf('cairn_getBlock', 99)).toBeNull()
  })

  it('turns a corrupt block into an internal error', async () => {
    const broken = createMemoryBackend()
    const { call: ask } = createTestRpc({
      ...broken,
      backend: { ...broken.backend, chain: { ...broken.backend.chain, blockByHeight: async () => ({ ...block, payload: new Uint8Array([0xc2, 1]) }) } },
    })
    expect(await ask('eth_getBlockByNumber', 'latest', true)).toMatchObject({ error: { code: -32603, data: { reason: 'BLOCK_CORRUPT' } } })
    const failing = createMemoryBackend()
    failing.answers.call = () => Promise.reject(new CodedError('STATE_STORE_FAILED', 'disk'))
    expect(await createTestRpc(failing).call('eth_call', {})).toMatchObject({ error: { code: -32603, data: { reason: 'STATE_STORE_FAILED' } } })
  })
})
