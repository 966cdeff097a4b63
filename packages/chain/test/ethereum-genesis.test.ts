import { describe, expect, it } from 'vitest'
import { parseEthereumGenesis, rulesAt } from '../src/index.ts'

type Json = Record<string, unknown>

const config: Json = {
  chainId: 7,
  homesteadBlock: 0,
  eip150Block: 3,
  eip155Block: 6,
  eip158Block: 6,
  byzantiumBlock: 9,
  londonBlock: 12,
  mergeNetsplitBlock: 14,
  terminalTotalDifficulty: 4_000_000,
  shanghaiTime: 200,
  cancunTime: 300,
  osakaTime: 400,
  bpo1Time: 500,
  ethash: {},
  blobSchedule: {
    cancun: { target: 1, max: 2, baseFeeUpdateFraction: 100 },
    bpo1: { target: 9, max: 12, baseFeeUpdateFraction: 900 },
  },
}

const file: Json = {
  config,
  difficulty: '0x20000',
  gasLimit: '0x5f5e100',
  nonce: '0x0',
  timestamp: '0x0',
  extraData: '0x68697665636861696e',
  baseFeePerGas: null,
  alloc: { ['aa'.repeat(20)]: { balance: '0x1' } },
}

const parse = (changes: Json = {}, configChanges: Json = {}) =>
  parseEthereumGenesis(JSON.stringify({ ...file, config: { ...config, ...configChanges }, ...changes }))

describe('an Ethereum genesis', () => {
  it('has the forks at their own places', () => {
    const { schedule } = parse()
    const forkAt = (number: number, timestamp: number, isMerged: boolean): string => {
      const { fork, blobs } = rulesAt(schedule, { number, timestamp, isMerged })
      return `${fork} ${blobs.max}`
    }
    expect([0, 2, 3, 6, 8, 9, 11, 12, 99].map((number) => forkAt(number, 10 * number, false))).toEqual([
      'homestead 0',
      'homestead 0',
      'tangerineWhistle 0',
      'spuriousDragon 0',
      'spuriousDragon 0',
      'byzantium 0',
      'byzantium 0',
      'london 0',
      'london 0',
    ])
    expect([199, 200, 299, 300, 400, 499, 500, 9_999].map((time) => forkAt(20, time, true))).toEqual([
      'paris 0',
      'shanghai 0',
      'shanghai 0',
      'cancun 2',
      'osaka 9',
      'osaka 9',
      'osaka 12',
      'osaka 12',
    ])
  })

  it('is proof of work for ever without a terminal difficulty, frontier without forks', () => {
    const { schedule } = parse({ config: { chainId: 1 } })
    expect(schedule.terminalTotalDifficulty).toBeUndefined()
    expect(rulesAt(schedule, { number: 10 ** 9, timestamp: 10 ** 10, isMerged: false }).fork).toBe('frontier')
  })

  it('takes what geth leaves out or writes as null', () => {
    const { depositContract } = parse().schedule
    expect(depositContract).toBe('0x00000000219ab540356cbb839cbe05303d7705fa')
    expect(parse({ coinbase: null, mixHash: null }).coinbase).toBe(`0x${'00'.repeat(20)}`)
    expect(new TextDecoder().decode(parse().extraData)).toBe('hivechain')
    expect(parse({}, { depositContractAddress: `0x${'ab'.repeat(20)}` }).schedule.depositContract).toBe(
      `0x${'ab'.repeat(20)}`,
    )
  })

  const refused: readonly (readonly [string, Json, Json])[] = [
    ['config.amsterdamTime', {}, { amsterdamTime: 600 }],
    ['config.clique', {}, { clique: { period: 15 } }],
    ['config.daoForkSupport', {}, { daoForkBlock: 5, daoForkSupport: true }],
    ['config.eip158Block', {}, { eip158Block: 7 }],
    ['config.byzantiumBlock', {}, { byzantiumBlock: 5 }],
    ['config.cancunTime', {}, { cancunTime: 100 }],
    ['config.blobSchedule.bpo1.max', {}, { blobSchedule: { bpo1: { target: 9, max: 8, baseFeeUpdateFraction: 1 } } }],
    ['config.chainId', {}, { chainId: -1 }],
    ['number', { number: '0x1' }, {}],
    ['gasLimit', { gasLimit: '0x1' }, {}],
    ['difficulty', { difficulty: 'hard' }, {}],
    ['extraData', { extraData: `0x${'00'.repeat(1025)}` }, {}],
    ['alloc.xyz', { alloc: { xyz: {} } }, {}],
    ['surprise', { surprise: 1 }, {}],
  ]
  it.each(refused)('is refused for its %s', (path, changes, configChanges) => {
    expect(() => parse(changes, configChanges)).toThrow(
      expect.objectContaining({ code: 'GENESIS_FILE_INVALID', data: { path } }),
    )
  })

  it.each(['', '{', '[]', 'null', '{"config":{"chainId":1}}'])('is not %j', (text) => {
    expect(() => parseEthereumGenesis(text)).toThrow(expect.objectContaining({ code: 'GENESIS_FILE_INVALID' }))
  })
})
