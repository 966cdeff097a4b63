/** The check without a core must say what the core says, of good proofs and of bad ones. */
import { type AccountLeaf, EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, encodeAccountLeaf, verifyAccountProof } from '@cairn/chain'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import type { Address, Hash, RlpInput } from '@cairn/primitives'
import { ZERO_HASH, addressFromBytes, bytesFromHex, bytesFromUint64, encodeRlp } from '@cairn/primitives'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import { startExecutor, testSpec } from './executor-fixture.ts'

const ACCOUNTS = 300
const addressAt = (index: number): Address => addressFromBytes(keccak256Bytes(bytesFromUint64(index)).slice(12))

describe('verifyAccountProof', () => {
  let executor: GenesisExecutor

  beforeAll(async () => {
    const alloc = Array.from({ length: ACCOUNTS }, (_, index) => ({
      address: addressAt(index),
      balance: BigInt(index),
      nonce: index % 3,
      code: '0x' as const,
      storage: [],
    }))
    executor = await startExecutor({
      spec: testSpec({ alloc: alloc.sort((a, b) => (a.address < b.address ? -1 : 1)) }),
    })
  })

  /** The core's word first. */
  async function both(
    root: Hash,
    address: Address,
    accountProof: readonly Uint8Array[],
  ): Promise<readonly [AccountLeaf | undefined, AccountLeaf | undefined]> {
    const account = await executor.account(address)
    const checked = await executor.verifyProof(root, { address, account, accountProof, storageProof: [] })
    return [checked?.account, verifyAccountProof(root, address, accountProof)]
  }

  it('gives the account, or proves that there is none', async () => {
    const { stateRoot } = executor.head()
    for (let index = 0; index < 2 * ACCOUNTS; index += 7) {
      const address = addressAt(index)
      const { account, accountProof } = await executor.proof(address, [])
      const [byCore, byCheck] = await both(stateRoot, address, accountProof)
      expect(byCheck).toEqual(account)
      expect(byCore).toEqual(account)
    }
  })

  it('refuses whatever the core refuses', async () => {
    const { stateRoot } = executor.head()
    let refused = 0
    for (let index = 0; index < 2 * ACCOUNTS; index += 11) {
      const address = addressAt(index)
      const { accountProof } = await executor.proof(address, [])
      const other = await executor.proof(addressAt(index + 1), [])
      const at = index % accountProof.length
      const node = accountProof[at] as Uint8Array
      const position = (index * 31) % node.length
      const proofs: readonly (readonly Uint8Array[])[] = [
        [],
        accountProof.slice(0, -1),
        accountProof.slice(1),
        [...accountProof, node],
        accountProof.toReversed(),
        other.accountProof,
        accountProof.with(at, node.with(position, (node[position] as number) ^ (1 << (index % 8)))),
        accountProof.with(at, node.subarray(0, position)),
      ]
      for (const proof of proofs) {
        const [byCore, byCheck] = await both(stateRoot, address, proof)
        expect(byCheck).toEqual(byCore)
        if (byCheck === undefined) refused++
      }
      expect(await both(ZERO_HASH, address, accountProof)).toEqual([undefined, undefined])
    }
    expect(refused).toBeGreaterThan(300)
  })

  it('reads nodes as the core reads them, well-formed or not', async () => {
    const address = addressAt(1)
    const key = keccak256Bytes(bytesFromHex(address))
    const leaf = encodeAccountLeaf({ nonce: 7n, balance: 9n, storageRoot: EMPTY_TRIE_ROOT, codeHash: EMPTY_CODE_HASH })
    const whole = (flags: number): Uint8Array => Uint8Array.of(flags, ...key)
    const hash = key
    const none = new Uint8Array(0)
    const branch = (value: Uint8Array, count = 16): RlpInput => [...Array.from({ length: count }, () => none), value]
    const nodes: readonly RlpInput[] = [
      ...[0x20, 0x00, 0x10, 0x30, 0x40, 0x21].map((flags) => [whole(flags), leaf]),
      [whole(0x20), encodeRlp([])],
      [whole(0x20).with(5, 0), leaf],
      [whole(0x20).subarray(0, 9), leaf],
      [Uint8Array.of(0x20, ...key, 0), leaf],
      [Uint8Array.of(0), hash],
      [Uint8Array.of(0x10 | ((key[0] as number) >> 4)), hash],
      [Uint8Array.of(0x10 | (15 - ((key[0] as number) >> 4))), hash],
      [none, leaf],
      branch(none),
      branch(leaf),
      branch(none, 15),
      branch(none, 17),
      [whole(0x20)],
      [],
      leaf,
    ]
    const found: (AccountLeaf | undefined)[] = []
    for (const node of nodes.map((items) => encodeRlp(items))) {
      const [byCore, byCheck] = await both(keccak256(node), address, [node])
      expect(byCheck).toEqual(byCore)
      found.push(byCheck)
    }
    expect(found[0]).toMatchObject({ nonce: 7n, balance: 9n })
    expect(found.filter((account) => account !== undefined).length).toBeGreaterThan(2)
  })
})
