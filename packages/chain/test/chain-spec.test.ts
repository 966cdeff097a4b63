import { describe, expect, it } from 'vitest'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_HASH, epoch } from '@cairn/primitives'
import {
  chainSpecHash,
  decodeBlock,
  encodeBlock,
  genesisBlock,
  genesisValidatorSet,
  parseChainSpec,
  serializeChainSpec,
  chainSpecChecks,
  verifyChainSpec,
} from '../src/index.ts'
import type { ChainSpec } from '../src/index.ts'
import { addressOf, hashOf } from './fixtures.ts'
import { sampleSpec } from './sample-spec.ts'

/** Parsed JSON, loosely: the tests break it on purpose. */
type Json = ReturnType<typeof JSON.parse>

/** The sample's file with one change. */
function fileWith(change: (file: Json) => void): string {
  const file: Json = JSON.parse(serializeChainSpec(sampleSpec))
  change(file)
  return JSON.stringify(file)
}

function failureOf(text: string): unknown {
  try {
    parseChainSpec(text)
  } catch (error) {
    return error
  }
  return undefined
}

describe('parseChainSpec', () => {
  it('round trips', () => {
    expect(parseChainSpec(serializeChainSpec(sampleSpec))).toEqual(sampleSpec)
  })

  it('reads first peers, which are no part of the chain’s identity', () => {
    const bootstrap = ['/ip4/192.0.2.1/udp/4001/quic-v1/p2p/12D3KooW', '/dns4/example.org/tcp/443/wss/p2p/12D3KooW']
    const spec = parseChainSpec(fileWith((file) => (file['config'].cairn.bootstrap = bootstrap)))
    expect(spec.bootstrap).toEqual(bootstrap)
    expect(parseChainSpec(serializeChainSpec(spec))).toEqual(spec)
    expect(chainSpecHash(spec)).toBe(chainSpecHash(sampleSpec))
    const tooMany = Array.from({ length: 65 }, () => bootstrap[0])
    for (const bad of [
      'x',
      [1],
      ['/ip4/192.0.2.1/tcp/1'],
      ['http://a/p2p/b'],
      [`/${'a'.repeat(600)}/p2p/b`],
      tooMany,
    ]) {
      expect(failureOf(fileWith((file) => (file['config'].cairn.bootstrap = bad)))).toMatchObject({
        code: 'CHAIN_SPEC_INVALID',
        data: { path: 'config.cairn.bootstrap' },
      })
    }
  })

  it('reads geth’s spellings of the same allocation', () => {
    const text = fileWith((file) => {
      const [first, second] = Object.keys(file['alloc'])
      file['alloc'] = {
        [(second as string).slice(2).toUpperCase()]: {
          nonce: '0x1',
          code: '0x6001',
          storage: {
            ['03'.repeat(32)]: '04'.repeat(32),
            [hashOf(1)]: hashOf(2),
            '0x7': '0x0',
          },
        },
        [first as string]: { balance: '1000000000000000000000000' },
      }
      Object.assign(file, { nonce: '0x0', mixHash: ZERO_HASH, coinbase: addressOf(0), number: '0x0', gasUsed: '0x0' })
      file['baseFeePerGas'] = 1_000_000_000
      file['config'].blobSchedule = undefined
    })
    expect(parseChainSpec(text)).toEqual(sampleSpec)
  })

  it('round trips scheduled validator changes, which are part of the hash', () => {
    const [first, second] = sampleSpec.validators
    if (first === undefined || second === undefined) throw new Error('no validators')
    const changed = {
      ...sampleSpec,
      validatorChanges: [{ epoch: epoch(3), validators: [{ ...first, weight: 2n }, second] }],
    }
    expect(parseChainSpec(serializeChainSpec(changed))).toEqual(changed)
    expect(chainSpecHash(changed)).not.toBe(chainSpecHash(sampleSpec))
  })

  it.each<[string, (changes: Json[]) => void]>([
    ['config.cairn.validatorChanges[0].epoch', ([first]) => (first.epoch = 0)],
    ['config.cairn.validatorChanges[1].epoch', (changes) => changes.push(changes[0])],
    ['config.cairn.validatorChanges[0].validators', ([first]) => (first.validators = [])],
    ['config.cairn.validatorChanges[0].validators', ([first]) => first.validators.pop()],
    ['config.cairn.validatorChanges[0].extra', ([first]) => (first.extra = 1)],
  ])('refuses a schedule that breaks a rule: %s', (path, change) => {
    const text = fileWith((file) => {
      const { cairn } = file['config']
      cairn.validatorChanges = [{ epoch: 3, validators: structuredClone(cairn.validators) }]
      change(cairn.validatorChanges)
    })
    expect(failureOf(text)).toMatchObject({ code: 'CHAIN_SPEC_INVALID', data: { path } })
  })

  it.each<[string, (file: Json) => void]>([
    ['config', (file) => delete file['config']],
    ['config.chainId', (file) => (file['config'].chainId = 0)],
    ['config.chainId', (file) => (file['config'].chainId = -1)],
    ['config.osakaTime', (file) => delete file['config'].osakaTime],
    ['config.londonBlock', (file) => (file['config'].londonBlock = 5)],
    ['config.amsterdamTime', (file) => (file['config'].amsterdamTime = 0)],
    ['config.blobSchedule', (file) => (file['config'].blobSchedule.osaka.max = 10)],
    ['config.cairn', (file) => (file['config'].cairn = [])],
    ['config.cairn.name', (file) => (file['config'].cairn.name = '')],
    ['config.cairn.epochLengthBlocks', (file) => (file['config'].cairn.epochLengthBlocks = 1.5)],
    ['config.cairn.unbondingEpochs', (file) => (file['config'].cairn.unbondingEpochs = 0)],
    ['config.cairn.timing.heartbeatMs', (file) => (file['config'].cairn.timing.heartbeatMs = null)],
    ['config.cairn.timing.leaderTimeoutMaxMs', (file) => (file['config'].cairn.timing.leaderTimeoutMaxMs = 399)],
    ['config.cairn.timing.extra', (file) => (file['config'].cairn.timing.extra = 1)],
    ['config.cairn.blockSizeMaxBytes', (file) => (file['config'].cairn.blockSizeMaxBytes = 2 ** 30)],
    ['config.cairn.coreWasmSha256', (file) => (file['config'].cairn.coreWasmSha256 = '0x12')],
    ['config.cairn.validators', (file) => (file['config'].cairn.validators = [])],
    ['config.cairn.validators', (file) => file['config'].cairn.validators.push(file['config'].cairn.validators[0])],
    ['config.cairn.validators[1].weight', (file) => (file['config'].cairn.validators[1].weight = '0')],
    ['config.cairn.validators[1].publicKey', (file) => (file['config'].cairn.validators[1].publicKey = '0x00')],
    ['config.cairn.validators[0].typo', (file) => (file['config'].cairn.validators[0].typo = 1)],
    ['config.depositContractAddress', (file) => (file['config'].depositContractAddress = 'here')],
    ['timestamp', (file) => (file['timestamp'] = '0x0')],
    ['gasLimit', (file) => (file['gasLimit'] = '36 million')],
    ['difficulty', (file) => (file['difficulty'] = '0x1')],
    ['extraData', (file) => (file['extraData'] = '0x00')],
    ['unknown', (file) => (file['unknown'] = 1)],
    ['alloc.0x12', (file) => (file['alloc']['0x12'] = { balance: '1' })],
    [`alloc.${addressOf(1)}`, (file) => (file['alloc'][addressOf(1).slice(2)] = { balance: '1' })],
    [`alloc.${addressOf(1)}.balance`, (file) => (file['alloc'][addressOf(1)].balance = '1 ether')],
    [`alloc.${addressOf(2)}.code`, (file) => (file['alloc'][addressOf(2)].code = '0x600')],
    [`alloc.${addressOf(2)}.storage.0xzz`, (file) => (file['alloc'][addressOf(2)].storage['0xzz'] = '0x1')],
  ])('names the path: %s', (path, change) => {
    expect(failureOf(fileWith(change))).toMatchObject({ code: 'CHAIN_SPEC_INVALID', data: { path } })
  })

  it('refuses what is no JSON object', () => {
    for (const text of ['', '{', '[]', 'null', '7']) {
      expect(failureOf(text)).toMatchObject({ code: 'CHAIN_SPEC_INVALID', data: { path: 'file' } })
    }
  })
})

describe('chainSpecHash', () => {
  it('is pinned', () => {
    expect(chainSpecHash(sampleSpec)).toBe('0xeac37bfb52fd46e06a5c9479155d77f67bcfdbd2c1b16d16467f50c2d8bbf9e3')
  })

  it('depends on every field', () => {
    const [validator, account] = [sampleSpec.validators[0], sampleSpec.alloc[1]]
    if (validator === undefined || account === undefined) throw new Error('sample is empty')
    const changes: readonly Partial<ChainSpec>[] = [
      {},
      { name: 'other' },
      { chainId: 1 },
      { genesisTimeMs: 0 },
      { epochLengthBlocks: 1 },
      { unbondingEpochs: 1 },
      { timing: { ...sampleSpec.timing, leaderTimeoutMs: 1 } },
      { timing: { ...sampleSpec.timing, leaderTimeoutMaxMs: 1 } },
      { timing: { ...sampleSpec.timing, heartbeatMs: 1 } },
      { gasLimit: 1n },
      { baseFeePerGas: 1n },
      { blockSizeMaxBytes: 1 },
      { coreWasmSha256: hashOf(0) },
      { depositContractAddress: addressOf(0) },
      { validators: [validator] },
      { validators: [{ ...validator, proofOfPossession: new Uint8Array(96).fill(99) }] },
      { alloc: [account] },
      { alloc: [{ ...account, storage: [] }] },
      { alloc: [{ ...account, code: '0x' }] },
      { alloc: [{ ...account, nonce: 2 }] },
      { alloc: [{ ...account, balance: 1n }] },
    ]
    expect(new Set(changes.map((change) => chainSpecHash({ ...sampleSpec, ...change }))).size).toBe(changes.length)
  })
})

it('verifies keys and proofs of possession', async () => {
  const bls = await createWasmBls(readLightWasm())
  const secret = bls.secretKeyFromEntropy(new Uint8Array(32).fill(1))
  const [first] = sampleSpec.validators
  if (first === undefined) throw new Error('sample is empty')
  const good = { ...first, publicKey: bls.publicKey(secret), proofOfPossession: bls.provePossession(secret) }
  const check = (validator: typeof good) => () => verifyChainSpec({ ...sampleSpec, validators: [validator] }, bls)
  expect(check(good)).not.toThrow()
  expect(check({ ...good, publicKey: first.publicKey })).toThrow('config.cairn.validators[0].publicKey')
  expect(check({ ...good, proofOfPossession: bls.sign(secret, good.publicKey) })).toThrow(
    'config.cairn.validators[0].proofOfPossession',
  )
  // Who joins later could be a rogue key as well.
  const later = { epoch: epoch(2), validators: [good, { ...good, proofOfPossession: new Uint8Array(96) }] }
  expect(() => verifyChainSpec({ ...sampleSpec, validators: [good], validatorChanges: [later] }, bls)).toThrow(
    'config.cairn.validatorChanges[0].validators[1].proofOfPossession',
  )
})

it('checks a validator with each step, in order', async () => {
  const bls = await createWasmBls(readLightWasm())
  const secret = bls.secretKeyFromEntropy(new Uint8Array(32).fill(1))
  const [first] = sampleSpec.validators
  if (first === undefined) throw new Error('sample is empty')
  const good = { ...first, publicKey: bls.publicKey(secret), proofOfPossession: bls.provePossession(secret) }
  const checks = chainSpecChecks({ ...sampleSpec, validators: [good, first] }, bls)
  expect(checks.next().done).toBe(false)
  expect(() => checks.next()).toThrow('config.cairn.validators[1].publicKey')
})

it('builds the genesis block from spec and execution', () => {
  const execution = { executionBlockHash: hashOf(1), stateRoot: hashOf(2), payload: Uint8Array.of(0xc0) }
  const block = genesisBlock(sampleSpec, execution)
  expect(block.header).toMatchObject({
    height: 0,
    epoch: 0,
    view: 0,
    parentHash: chainSpecHash(sampleSpec),
    timeMs: sampleSpec.genesisTimeMs,
    validatorSetHash: genesisValidatorSet(sampleSpec).hash,
  })
  expect(block.hash).toBe('0xc71baad0e87fc09994b10f7a8e288e4807f1e3aa2983c78182bf6b0b068ac1c2')
  expect(decodeBlock(encodeBlock(block))).toEqual({ ok: true, value: block })
})
