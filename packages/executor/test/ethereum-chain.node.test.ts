/** The chain of ethereum/execution-apis, Homestead to Osaka with ommers and the merge, block by block into a store. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEthereumGenesis } from '@cairn/chain'
import { sha256 } from '@cairn/crypto'
import { bytesFromHex, decodeRlp, encodeRlp } from '@cairn/primitives'
import type { Hash, RlpInput, RlpReader } from '@cairn/primitives'
import type { KeyValueStore } from '@cairn/ports'
import { createMemoryStore } from '@cairn/storage'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeEthereumBlock } from '../src/abi.ts'
import { openEthereumChain } from '../src/index.ts'
import type { EthereumChain } from '../src/index.ts'
import { wasm, withoutSync } from './executor-fixture.ts'

const folder = join(process.env['CAIRN_ETHEREUM_FIXTURES'] ?? '', 'execution-apis-tests')
const present = process.env['CAIRN_ETHEREUM_FIXTURES'] !== undefined && existsSync(join(folder, 'chain.rlp'))

type Item = RlpInput & { [index: number]: Item }

function readItem(reader: RlpReader): RlpInput {
  return reader.isNextList ? reader.listOf(1 << 20, readItem) : reader.bytes(1 << 20)
}

function decoded(bytes: Uint8Array): Item {
  const result = decodeRlp(bytes, bytes.length, readItem)
  if (!result.ok) throw new RangeError(result.code)
  return result.value as Item
}

/** The same block with one item changed: `path` leads into `[header, transactions, ommers]`. */
function changed(block: Uint8Array, path: readonly number[], value: RlpInput): Uint8Array {
  const replace = (item: Item, [index, ...rest]: readonly number[]): RlpInput => {
    if (index === undefined) return value
    return (item as unknown as Item[]).map((child, at) => (at === index ? replace(child, rest) : child))
  }
  return encodeRlp(replace(decoded(block), path))
}

const [HEADER, OMMERS] = [0, 2] as const
const [STATE_ROOT, RECEIPTS_ROOT, DIFFICULTY, GAS_LIMIT, GAS_USED] = [3, 5, 7, 9, 10] as const

describe.skipIf(!present)(
  'an imported Ethereum chain',
  { meta: { skipReason: 'no Ethereum fixtures (CAIRN_ETHEREUM_FIXTURES)' } },
  () => {
    const blocks: Uint8Array[] = []
    let genesisText = ''
    let store: KeyValueStore
    let head: Hash

    const open = (of: KeyValueStore, text = genesisText): Promise<EthereumChain> =>
      openEthereumChain({ genesis: parseEthereumGenesis(text), store: of, wasm, wasmSha256: sha256(wasm) })
    const block = (number: number): Uint8Array => blocks[number - 1] as Uint8Array
    /** A chain whose head is `number`. */
    const upTo = async (number: number): Promise<EthereumChain> => {
      const chain = await open(createMemoryStore())
      for (let at = 1; at <= number; at++) await chain.import(block(at))
      return chain
    }

    beforeAll(() => {
      const file = new Uint8Array(readFileSync(join(folder, 'chain.rlp')))
      genesisText = readFileSync(join(folder, 'genesis.json'), 'utf8')
      head = JSON.parse(readFileSync(join(folder, 'headfcu.json'), 'utf8')).params[0].headBlockHash
      store = createMemoryStore()
      const all = decodeRlp(encodeList(file), file.length + 9, (item) => {
        const list = item.list()
        while (list.isNextList) blocks.push(list.raw().bytes)
        list.end()
      })
      expect(all.ok).toBe(true)
    })

    it('has every state root of its headers, across restarts', async () => {
      let chain = await open(store)
      for (const [index, bytes] of blocks.entries()) {
        if (index % 6 === 5) chain = await open(store)
        expect(await chain.import(bytes)).toBe('imported')
        const parsed = decodeEthereumBlock(bytes)
        if (!parsed.ok) throw new RangeError(parsed.code)
        const { number, hash, stateRoot } = parsed.value.header
        expect(chain.head()).toMatchObject({ number, hash, stateRoot })
      }
      chain = await open(store)
      expect(chain.head()).toMatchObject({ number: 54, hash: head })
      for (const [index, bytes] of blocks.entries()) {
        expect(await chain.import(bytes)).toBe('present')
        expect(await chain.block(index + 1)).toEqual(bytes)
      }
    }, 60_000)

    it('keeps receipts: with a state root before Byzantium, with a status from it on', async () => {
      const chain = await open(store)
      const first = async (number: number) => decoded((await chain.receipts(number)) as Uint8Array)[0]?.[0] as unknown
      expect((await first(8)) as Uint8Array).toHaveLength(32)
      expect((await first(9)) as Uint8Array).toEqual(Uint8Array.of(1))
    })

    it('reads a store that answers later, as a browser has it', async () => {
      const chain = await open(withoutSync(createMemoryStore()))
      for (const bytes of blocks.slice(0, 12)) await chain.import(bytes)
      expect(chain.head().number).toBe(12)
    }, 60_000)

    const faults: readonly (readonly [number, string, readonly number[], RlpInput, string])[] = [
      [5, 'state root', [HEADER, STATE_ROOT], new Uint8Array(32), 'PAYLOAD_STATE_ROOT'],
      [5, 'receipts root', [HEADER, RECEIPTS_ROOT], new Uint8Array(32), 'PAYLOAD_RECEIPTS_ROOT'],
      [5, 'difficulty', [HEADER, DIFFICULTY], Uint8Array.of(2, 0, 1), 'PAYLOAD_DIFFICULTY'],
      [5, 'gas limit', [HEADER, GAS_LIMIT], Uint8Array.of(1), 'PAYLOAD_GAS_LIMIT'],
      [5, 'gas used', [HEADER, GAS_USED], Uint8Array.of(1), 'PAYLOAD_GAS_USED'],
      [4, 'ommers', [OMMERS], [], 'PAYLOAD_OMMERS'],
      [4, 'ommers', [OMMERS, 0, DIFFICULTY], Uint8Array.of(2, 0, 1), 'OMMER_PAYLOAD_DIFFICULTY'],
      [4, 'ommers', [OMMERS, 0, 0], new Uint8Array(32), 'OMMER_NO_KIN'],
    ]
    it.each(faults)('refuses block %i with another %s (%j)', async (number, field, path, value, reason) => {
      const chain = await upTo(number - 1)
      await expect(chain.import(changed(block(number), path, value))).rejects.toMatchObject({
        code: 'ETHEREUM_BLOCK_INVALID',
        message: expect.stringContaining(`block ${number} is invalid: ${field}`),
        data: { number, reason },
      })
      // And is unharmed.
      expect(await chain.import(block(number))).toBe('imported')
    })

    it('refuses an ommer of the chain itself, and one that was included before', async () => {
      const chain = await upTo(5)
      const ommer = decoded(block(4))[OMMERS]?.[0] as RlpInput
      const parent = decoded(block(4))[HEADER] as RlpInput
      for (const twice of [ommer, parent]) {
        await expect(chain.import(changed(block(6), [OMMERS], [twice]))).rejects.toMatchObject({
          data: { reason: 'OMMER_INCLUDED_BEFORE' },
        })
      }
    })

    it('refuses gaps, other branches, other chains, and what is no block', async () => {
      const chain = await upTo(2)
      await expect(chain.import(block(4))).rejects.toMatchObject({ code: 'ETHEREUM_BLOCK_GAP' })
      const other = changed(block(2), [HEADER, STATE_ROOT], new Uint8Array(32))
      await expect(chain.import(other)).rejects.toMatchObject({ code: 'ETHEREUM_BLOCK_CONFLICT' })
      for (const bytes of [new Uint8Array(0), Uint8Array.of(0xc0), block(3).subarray(0, 500)]) {
        await expect(chain.import(bytes)).rejects.toMatchObject({ code: 'ETHEREUM_BLOCK_INVALID', data: { number: 3 } })
      }
      const genesis = { ...JSON.parse(genesisText), extraData: '0x00' }
      await expect(open(store, JSON.stringify(genesis))).rejects.toMatchObject({ code: 'GENESIS_MISMATCH' })
    })

    it('keeps the chain it had when a write fails, and begins again after an interrupted genesis', async () => {
      const inner = createMemoryStore()
      let isBroken = false
      const failing: KeyValueStore = {
        ...inner,
        batch: async (operations, options) => {
          if (isBroken) throw new Error('disk on fire')
          await inner.batch(operations, options)
        },
      }
      await inner.batch([{ type: 'put', key: bytesFromHex('0x01ff'), value: Uint8Array.of(1) }])
      const chain = await open(failing)
      expect(await inner.get(bytesFromHex('0x01ff'))).toBeUndefined()
      await chain.import(block(1))
      isBroken = true
      await expect(chain.import(block(2))).rejects.toThrow('disk on fire')
      isBroken = false
      expect((await open(inner)).head().number).toBe(1)
      expect(await chain.import(block(2))).toBe('imported')
    })
  },
)

/** The file's blocks as one RLP list. */
function encodeList(content: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, content.length)
  const digits = length.subarray(length.findIndex((byte) => byte !== 0))
  return new Uint8Array([0xf7 + digits.length, ...digits, ...content])
}
