/** `@ethereumjs/vm` at Osaka, holding its own Merkle Patricia Trie: the other implementation. */
import { createBlockFromRLP } from '@ethereumjs/block'
import type { Block } from '@ethereumjs/block'
import { Hardfork, Mainnet, createCustomCommon } from '@ethereumjs/common'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, createAddressFromString, hexToBytes, setLengthLeft, unpadBytes } from '@ethereumjs/util'
import type { KZG } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'
import type { RunBlockResult, VM } from '@ethereumjs/vm'
import type { GenesisAccount } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { CHAIN_ID } from './chain-host.ts'

/** What both implementations must agree on, as hex or decimal. */
export interface BlockItems {
  readonly stateRoot: string
  readonly receiptsRoot: string
  readonly gasUsed: string
  readonly logsBloom: string
  readonly requestsHash: string
}

export interface ReferenceVm {
  /** State root of the genesis allocation. */
  readonly genesisRoot: Hash
  /** Runs the block on the present state and keeps the result. */
  run(payload: Uint8Array): Promise<ReferenceBlock>
}

export interface ReferenceBlock {
  readonly block: Block
  readonly items: BlockItems
  readonly result: RunBlockResult
}

/** `hardfork`: any but Osaka is for tests of the fuzzer itself, which must then find a difference. */
export async function createReferenceVm(
  accounts: readonly GenesisAccount[],
  genesisHash: Uint8Array,
  hardfork: Hardfork = Hardfork.Osaka,
): Promise<ReferenceVm> {
  const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, {
    hardfork,
    customCrypto: { kzg: zeroPolynomialKzg },
  })
  const stateManager = new MerkleStateManager({ common, trie: new MerklePatriciaTrie({ useKeyHashing: true, common }) })
  await allocate(stateManager, accounts)
  const hashes = new Map<number, Uint8Array>([[0, genesisHash]])
  const blockchain = {
    getBlock: (number: number) => {
      const hash = hashes.get(number)
      return hash === undefined
        ? Promise.reject(new Error(`no block ${number}`))
        : Promise.resolve({ hash: () => hash })
    },
    putBlock: () => Promise.resolve(),
    shallowCopy: () => blockchain,
  }
  const vm: VM = await createVM({ common, stateManager, blockchain })
  return {
    genesisRoot: hexFromBytes(await stateManager.getStateRoot()) as Hash,
    run: async (payload) => {
      const block = createBlockFromRLP(payload, { common, setHardfork: false, skipConsensusFormatValidation: true })
      // `generate` computes every field and compares none: the comparison is ours.
      const result = await runBlock(vm, { block, generate: true, skipBlockValidation: true })
      hashes.set(Number(block.header.number), block.hash())
      const items = {
        stateRoot: hexFromBytes(result.stateRoot),
        receiptsRoot: hexFromBytes(result.receiptsRoot),
        gasUsed: String(result.gasUsed),
        logsBloom: hexFromBytes(result.logsBloom),
        requestsHash: hexFromBytes(result.requestsHash ?? new Uint8Array(0)),
      }
      return { block, items, result }
    },
  }
}

/**
 * The proof check behind precompile 0x0a, for the one commitment that the generator makes: that of the zero
 * polynomial, infinity. Its value is 0 at every point, and infinity is the only proof of that. (The library's own
 * needs the ceremony's points as a native program.)
 */
const zeroPolynomialKzg = {
  verifyProof: (commitment: string, z: string, y: string, proof: string): boolean => {
    if (commitment !== INFINITY) throw new Error('C_KZG_BADARGS: a commitment that was not generated')
    return BigInt(z) < SCALAR_ORDER && BigInt(y) === 0n && proof === INFINITY
  },
} as KZG

const INFINITY = `0xc0${'00'.repeat(47)}`
const SCALAR_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

/** The items in the header that our core made. */
export function itemsOf({ header }: Block): BlockItems {
  return {
    stateRoot: hexFromBytes(header.stateRoot),
    receiptsRoot: hexFromBytes(header.receiptTrie),
    gasUsed: String(header.gasUsed),
    logsBloom: hexFromBytes(header.logsBloom),
    requestsHash: hexFromBytes(header.requestsHash ?? new Uint8Array(0)),
  }
}

async function allocate(stateManager: MerkleStateManager, accounts: readonly GenesisAccount[]): Promise<void> {
  await stateManager.checkpoint()
  for (const { address, nonce, balance, code, storage } of accounts) {
    const at = createAddressFromString(address)
    await stateManager.putAccount(at, new Account(BigInt(nonce), balance))
    if (code !== '0x') await stateManager.putCode(at, hexToBytes(code))
    for (const { slot, value } of storage) {
      await stateManager.putStorage(at, setLengthLeft(hexToBytes(slot), 32), unpadBytes(hexToBytes(value)))
    }
  }
  await stateManager.commit()
  await stateManager.flush()
}
