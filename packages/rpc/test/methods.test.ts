import { CodedError, height, hexFromBytes } from '@cairn/primitives'
import type { Hash, Hex } from '@cairn/primitives'
import * as Rlp from 'ox/Rlp'
import { parseTransaction } from 'viem'
import { describe, expect, it } from 'vitest'
import { createMemoryBackend, createTestRpc, testAddress, testHash } from './memory-backend.ts'
import { account, createSampleChain, sender, signed, to } from './sample-chain.ts'

describe('methods', async () => {
  const { memory, call, resultOf, block } = await createSampleChain()

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

  it('reads state at the head, and at older blocks as far as it is kept', async () => {
    expect(await resultOf('eth_getBalance', to)).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getBalance', account.address, 'latest')).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getBalance', to, '0x3')).toBe('0xde0b6b3a7640000')
    expect(await resultOf('eth_getCode', to, 'finalized')).toBe('0x6000')
    expect(await resultOf('eth_getStorageAt', to, '0x1', 'latest')).toBe(testHash(1))
    expect(await resultOf('eth_getTransactionCount', to, 'latest')).toBe('0x3')
    expect(await resultOf('eth_getTransactionCount', to, 'pending')).toBe('0x9')
    expect(await resultOf('eth_getProof', to, [])).toMatchObject({
      accountProof: ['0x01'],
      nonce: '0x3',
      storageProof: [],
    })
    const hash = block.header.executionBlockHash
    expect(block.header.height).toBe(2)
    for (const reference of ['0x2', hash, { blockHash: hash }, { blockNumber: '0x2' }]) {
      expect(await resultOf('eth_getBalance', to, reference)).toBe('0x2')
      expect(await resultOf('eth_getTransactionCount', to, reference)).toBe('0x2')
    }
    expect(await resultOf('eth_getBalance', to, 'earliest')).toBe('0x0')
    memory.answers.oldestHeight = 3
    const pruned = { code: -32000, data: { reason: 'STATE_PRUNED', headHeight: 3, oldestHeight: 3 } }
    for (const [method, ...params] of [
      ['eth_getBalance', to],
      ['eth_getTransactionCount', to],
      ['eth_getCode', to],
      ['eth_getStorageAt', to, '0x1'],
      ['eth_getProof', to, []],
      ['eth_call', { to }],
      ['eth_estimateGas', { to }],
    ] as const) {
      expect(await call(method, ...params, '0x2')).toMatchObject({ error: pruned })
      expect(await call(method, ...params, { blockHash: hash })).toMatchObject({ error: pruned })
      expect(await call(method, ...params, 'earliest')).toMatchObject({ error: pruned })
      expect((await call(method, ...params, '0x3')).error).toBeUndefined()
    }
    memory.answers.oldestHeight = 0
    expect(await call('eth_getBalance', to, '0x9')).toMatchObject({
      error: { code: -32000, message: 'header not found' },
    })
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
    const reason =
      '08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000a75736572206572726f7200000000000000000000000000000000000000000000'
    memory.answers.call = async () => ({
      status: 'revert',
      output: Uint8Array.from(reason.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      gasUsed: 1n,
    })
    expect(await call('eth_call', { to })).toMatchObject({
      error: { code: 3, message: 'execution reverted: user error', data: `0x${reason}` },
    })
    memory.answers.call = async () => ({ status: 'revert', output: new Uint8Array(), gasUsed: 1n })
    expect(await call('eth_call', { to })).toMatchObject({
      error: { code: 3, message: 'execution reverted', data: '0x' },
    })
    memory.answers.call = async () => ({ status: 'halt', code: 'OUT_OF_GAS', message: 'out of gas', gasUsed: 1n })
    expect(await call('eth_call', { to })).toMatchObject({ error: { code: 801, message: 'out of gas' } })
    memory.answers.call = async () => ({
      status: 'halt',
      code: 'INSUFFICIENT_FUNDS',
      message: 'have 0 want 1',
      gasUsed: 0n,
    })
    expect(await call('eth_call', { to })).toMatchObject({
      error: {
        code: 809,
        message: 'insufficient funds for gas * price + value: have 0 want 1',
        data: { reason: 'INSUFFICIENT_FUNDS' },
      },
    })
    expect(await resultOf('eth_estimateGas', { to })).toBe('0x5208')
    memory.answers.estimate = { status: 'revert', output: new Uint8Array([1]), gasUsed: 1n }
    expect(await call('eth_estimateGas', { to })).toMatchObject({ error: { code: 3, data: '0x01' } })
  })

  it('repeats the keys of a proof as geth does, and shows absent slots as zero', async () => {
    const proved = await memory.answers.proof()
    const absent = { value: testHash(0), proof: [Uint8Array.of(1)] }
    memory.answers.proof = async () => ({
      ...proved,
      storageProof: [0, 16, 5].map((slot) => ({ slot: testHash(slot), ...absent })),
    })
    expect(await resultOf('eth_getProof', to, ['0x00', '0x10', testHash(5)])).toMatchObject({
      storageProof: [
        { key: '0x0', value: '0x0', proof: ['0x01'] },
        { key: '0x10', value: '0x0', proof: ['0x01'] },
        { key: testHash(5), value: '0x0', proof: ['0x01'] },
      ],
    })
    expect(await call('eth_getProof', to, ['0xzz'])).toMatchObject({ error: { code: -32602 } })
    memory.answers.proof = async () => proved
  })

  it('refuses more proofs at once than the limit', async () => {
    let finish = (): void => {}
    const proof = await memory.answers.proof()
    memory.answers.proof = () => new Promise((resolve) => (finish = () => resolve(proof)))
    const bounded = createTestRpc(memory, { proofsInFlightMax: 1, proofSlotsMax: 1 })
    const first = bounded.call('eth_getProof', to, [])
    expect(await bounded.call('eth_getProof', to, [])).toMatchObject({
      error: { code: -32005, data: { limit: 'proofsInFlightMax' } },
    })
    finish()
    expect(await first).toHaveProperty('result')
    expect(await bounded.call('eth_getProof', to, ['0x0', '0x1'])).toMatchObject({ error: { code: -32005 } })
  })

  it('gives witnesses with the keys and headers they need, and says why there is none', async () => {
    const headerOf = (payload: Uint8Array): Hex => Rlp.fromHex((Rlp.toHex(payload) as unknown as [Hex[]])[0])
    const first = await memory.backend.chain.blockByHeight(height(1))
    memory.answers.witness = { ...memory.answers.witness, oldestHeaderHeight: height(1) }
    for (const reference of ['0x3', 'latest', { blockNumber: '0x3' }]) {
      expect(await resultOf('debug_executionWitness', reference)).toEqual({
        state: ['0x01'],
        codes: ['0x02'],
        keys: [testAddress(5), testHash(7), testHash(0)],
        headers: [headerOf(first?.payload as Uint8Array), headerOf(block.payload)],
      })
    }
    expect(await resultOf('debug_getRawHeader', '0x2')).toBe(headerOf(block.payload))
    expect(await resultOf('debug_getRawBlock', '0x2')).toBe(hexFromBytes(block.payload))
    expect(await call('debug_getRawBlock', testHash(77))).toMatchObject({ error: { code: -32000 } })
    expect(await call('debug_executionWitness', testHash(77))).toMatchObject({ error: { code: -32000 } })
    expect(await call('debug_executionWitness', 'earliest')).toMatchObject({
      error: { code: -32000, message: 'the genesis block has no witness' },
    })
    memory.answers.oldestHeight = 2
    expect(await call('debug_executionWitness', '0x2')).toMatchObject({
      error: { code: -32000, data: { reason: 'STATE_PRUNED', oldestHeight: 2 } },
    })
    memory.answers.oldestHeight = 0
    const failing = {
      ...memory,
      backend: {
        ...memory.backend,
        state: { ...memory.backend.state, witness: () => Promise.reject(new CodedError('WITNESS_TOO_LARGE', 'big')) },
      },
    }
    expect(await createTestRpc(failing).call('debug_executionWitness', '0x2')).toMatchObject({
      error: { code: -32005, message: 'big' },
    })
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
      reward: [
        ['0x2', '0x3'],
        ['0x0', '0x0'],
      ],
    })
    expect(await resultOf('eth_feeHistory', 1_000, 'latest')).toMatchObject({ oldestBlock: '0x0' })
    expect(await call('eth_feeHistory', '0x1', '0x9')).toMatchObject({
      error: { code: -32000, message: 'request beyond head block' },
    })
  })

  it('hands transactions in and maps every refusal to its number', async () => {
    const { raw } = await signed({ type: 'eip1559', nonce: 9, maxFeePerGas: 90n, maxPriorityFeePerGas: 2n })
    const hash = (await resultOf('eth_sendRawTransaction', raw)) as Hash
    const bytes = Uint8Array.from(raw.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    memory.pending.set(hash, { raw: bytes, sender })
    expect(await resultOf('eth_getTransactionByHash', hash)).toMatchObject({
      hash,
      blockHash: null,
      transactionIndex: null,
      gasPrice: '0x5a',
      r: parseTransaction(raw).r,
    })
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
      expect(await call('eth_sendRawTransaction', raw)).toMatchObject({
        error: { code: number, message, data: { reason: code } },
      })
    }
  })

  it('answers what light clients ask of peers', async () => {
    expect(await resultOf('cairn_request', 'account-proof', '0x0102')).toBe('0x0d0102')
    expect(await resultOf('cairn_request', 'light-block', '0x03')).toBe('0x0b03')
    expect(await call('cairn_request', 'light-block', '0x')).toMatchObject({
      error: { code: -32002, data: { reason: 'DECODE_EMPTY' } },
    })
    expect(await call('cairn_request', 'snapshot-chunk', '0x01')).toMatchObject({ error: { code: -32602 } })
  })

  it('shows consensus', async () => {
    expect(await resultOf('cairn_status')).toMatchObject({
      height: 3,
      view: 4,
      epoch: 0,
      finalityMs: { p50: 100 },
      peers: [{ transport: 'quic-v1' }],
    })
    expect(await resultOf('cairn_validators')).toEqual([
      { index: 0, publicKey: `0x${'00'.repeat(48)}`, weight: '1', feeRecipient: testAddress(9), peerId: '' },
    ])
    expect(await resultOf('cairn_certificate', '0x2')).toMatchObject({
      height: 2,
      kind: 'finalize',
      hash: block.hash,
      signerIndices: [0, 1, 3],
    })
    expect(await resultOf('cairn_certificate', 0)).toBeNull()
    const offence = {
      height: 2,
      type: 'votes',
      kind: 'double-notarize',
      epoch: 0,
      view: 9,
      offenders: [{ index: 3, publicKey: `0x${'03'.repeat(48)}` }],
      proof: [{ validator: 3 }, { validator: 3 }],
    }
    expect(await resultOf('cairn_evidence')).toMatchObject([offence])
    expect(await resultOf('cairn_evidence', 2)).toMatchObject([offence])
    expect(await resultOf('cairn_evidence', '0x3')).toEqual([])
    expect(await resultOf('cairn_getBlock', 2)).toMatchObject({
      hash: block.hash,
      height: 2,
      randaoReveal: `0x${'00'.repeat(96)}`,
    })
    expect(await resultOf('cairn_getBlock')).toMatchObject({ height: 3 })
    expect(await resultOf('cairn_getBlock', 99)).toBeNull()
  })

  it('turns a corrupt block into an internal error', async () => {
    const broken = createMemoryBackend()
    const { call: ask } = createTestRpc({
      ...broken,
      backend: {
        ...broken.backend,
        chain: {
          ...broken.backend.chain,
          blockByHeight: async () => ({ ...block, payload: new Uint8Array([0xc2, 1]) }),
        },
      },
    })
    expect(await ask('eth_getBlockByNumber', 'latest', true)).toMatchObject({
      error: { code: -32603, data: { reason: 'BLOCK_CORRUPT' } },
    })
    const failing = createMemoryBackend()
    failing.answers.call = () => Promise.reject(new CodedError('STATE_STORE_FAILED', 'disk'))
    expect(await createTestRpc(failing).call('eth_call', {})).toMatchObject({
      error: { code: -32603, data: { reason: 'STATE_STORE_FAILED' } },
    })
  })
})
