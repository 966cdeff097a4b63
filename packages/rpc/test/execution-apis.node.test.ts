/**
 * ethereum/execution-apis' own request/response files against our encoders: its chain in the memory backend,
 * answers compared member by member. Needs the unpacked fixtures in `CAIRN_ETHEREUM_FIXTURES`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { keccak256 } from '@cairn/crypto'
import type { TransactionOutcome } from '@cairn/ports'
import { height } from '@cairn/primitives'
import type { Address, Hex } from '@cairn/primitives'
import * as Rlp from 'ox/Rlp'
import { hexToBytes, parseTransaction, recoverTransactionAddress } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RpcBlock } from '../src/backend.ts'
import { createMemoryBackend, createTestRpc } from './memory-backend.ts'
import type { TestResponse } from './memory-backend.ts'

const folder = join(process.env['CAIRN_ETHEREUM_FIXTURES'] ?? '', 'execution-apis-tests')
const present = process.env['CAIRN_ETHEREUM_FIXTURES'] !== undefined && existsSync(join(folder, 'chain.rlp'))

/** Answers that do not need what only execution knows, and error answers of which the code counts. */
const METHODS = [
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockTransactionCountByHash',
  'eth_getBlockTransactionCountByNumber',
  'eth_getTransactionByHash',
  'eth_getTransactionByBlockHashAndIndex',
  'eth_getTransactionByBlockNumberAndIndex',
  'eth_blockNumber',
  'eth_syncing',
  'eth_getStorageAt',
  'eth_getLogs',
  'debug_getRawBlock',
  'debug_getRawHeader',
] as const

interface Exchange {
  readonly name: string
  readonly request: { readonly method: string; readonly params?: readonly unknown[] }
  readonly response: TestResponse
}

function exchanges(method: string): readonly Exchange[] {
  return readdirSync(join(folder, method)).map((file) => {
    const lines = readFileSync(join(folder, method, file), 'utf8').split('\n')
    const find = (mark: string): string => lines.find((line) => line.startsWith(mark))?.slice(mark.length) ?? 'null'
    return { name: `${method}/${file}`, request: JSON.parse(find('>> ')), response: JSON.parse(find('<< ')) }
  })
}

/** The vectors' chain starts at block 1; a member of the header that only later forks have is allowed to be absent. */
async function readChain(): Promise<readonly RpcBlock[]> {
  const memory = createMemoryBackend()
  const genesis = (await memory.backend.chain.blockByHeight(height(0))) as RpcBlock
  const blocks = [genesis]
  let rest = new Uint8Array(readFileSync(join(folder, 'chain.rlp')))
  while (rest.length > 0) {
    const lengthBytes = itemLengthBytes(rest)
    const payload = rest.slice(0, lengthBytes)
    rest = rest.slice(lengthBytes)
    blocks.push(await blockFromPayload(payload, genesis, blocks.length))
  }
  return blocks
}

async function blockFromPayload(payload: Uint8Array, template: RpcBlock, number: number): Promise<RpcBlock> {
  const [header, transactions] = Rlp.toHex(payload) as unknown as [Hex[], (Hex | Hex[])[]]
  const baseFee = BigInt(header[15] ?? '0x0')
  const outcomes = transactions.map(async (item): Promise<TransactionOutcome> => {
    const raw = typeof item === 'string' ? item : Rlp.fromHex(item)
    const parsed = parseTransaction(raw)
    const cap = parsed.maxFeePerGas ?? parsed.gasPrice ?? 0n
    const tip = parsed.maxPriorityFeePerGas ?? cap
    const sender = (await recoverTransactionAddress({ serializedTransaction: raw as never })).toLowerCase() as Address
    const effectiveGasPrice = baseFee + tip < cap ? baseFee + tip : cap
    return { hash: keccak256(hexToBytes(raw)), sender, gasUsed: 0n, effectiveGasPrice, contractAddress: undefined }
  })
  return {
    ...template,
    header: {
      ...template.header,
      height: height(number),
      executionBlockHash: keccak256(Rlp.fromHex(header, { as: 'Bytes' })),
    },
    payload,
    transactions: await Promise.all(outcomes),
  }
}

/** Not their genesis, their state, or a blob transaction, which no block of ours has; errors compare everywhere. */
function isComparable({ name, response }: Exchange): boolean {
  if (response.error !== undefined) return true
  return !/genesis|empty-hash|getLogs|getStorageAt/.test(name) && !JSON.stringify(response).includes('"type":"0x3"')
}

/** Bytes of the RLP list at the start of `bytes`. */
function itemLengthBytes(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0
  if (first <= 0xf7) return 1 + first - 0xc0
  const sizeOfLength = first - 0xf7
  return 1 + sizeOfLength + bytes.subarray(1, 1 + sizeOfLength).reduce((sum, byte) => sum * 256 + byte, 0)
}

describe.skipIf(!present)(
  'execution-apis vectors',
  { meta: { skipReason: 'no Ethereum fixtures (CAIRN_ETHEREUM_FIXTURES)' } },
  () => {
    const memory = createMemoryBackend()
    let call: ReturnType<typeof createTestRpc>['call']

    beforeAll(async () => {
      const blocks = await readChain()
      const { chain } = memory.backend
      call = createTestRpc({
        ...memory,
        backend: {
          ...memory.backend,
          chain: {
            ...chain,
            headHeight: () => height(blocks.length - 1),
            blockByHeight: async (wanted) => blocks[wanted],
            heightByExecutionHash: async (hash) =>
              blocks.find((block) => block.header.executionBlockHash === hash)?.header.height,
            transactionLocation: async (hash) => {
              const block = blocks.find(({ transactions }) => transactions.some((outcome) => outcome.hash === hash))
              const index = block?.transactions.findIndex((outcome) => outcome.hash === hash)
              return block === undefined ? undefined : { height: block.header.height, index: index ?? 0 }
            },
          },
        },
      }).call
    })

    it('match what we answer', async () => {
      const exchanged = METHODS.flatMap(exchanges).filter(isComparable)
      const actual = await Promise.all(exchanged.map(({ request }) => call(request.method, ...(request.params ?? []))))
      const named = (responses: readonly TestResponse[]): unknown =>
        responses.map(({ result, error }, index) => ({ name: exchanged[index]?.name, result, code: error?.code }))
      expect(named(actual)).toEqual(named(exchanged.map(({ response }) => response)))
      expect(exchanged.length).toBeGreaterThanOrEqual(25)
    })
  },
)
