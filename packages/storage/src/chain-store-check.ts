/**
 * What is checked when a chain store is opened: that it belongs to this chain, and that its head is a block which
 * a verified certificate finalizes, or which links by parent hashes to such a block.
 */
import { checkBlockData } from '@cairn/chain'
import type { Block, Certificate } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError, height } from '@cairn/primitives'
import type { Hash, Height, Verdict } from '@cairn/primitives'
import { blockOperations } from './block-operations.ts'
import type { ChainBudget } from './chain-pruning.ts'
import { createChainTables } from './chain-tables.ts'
import type { ChainTables, HeadRecord } from './chain-tables.ts'

export interface ChainStoreOptions {
  /** From the chain spec and the core; its hash names the chain. */
  readonly genesis: Block
  /** Signature and weight of a stored finalization. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  /** Default: everything is kept. */
  readonly budget?: ChainBudget
}

/** RLP of no receipts. */
const emptyReceipts = Uint8Array.of(0xc0)

/** The checked head; genesis is written if there is nothing. @throws CodedError `GENESIS_MISMATCH`, `CHAIN_STORE_CORRUPT` */
export async function openHead(
  store: KeyValueStore,
  tables: ChainTables,
  options: ChainStoreOptions,
): Promise<HeadRecord> {
  const { genesis } = options
  const genesisHash = await tables.genesis.get(null)
  const head = await tables.head.get(null)
  if (genesisHash === undefined && head === undefined) return writeGenesis(store, tables, genesis)
  if (genesisHash === undefined || head === undefined) throw corrupt('the genesis or the head record is missing')
  if (genesisHash !== genesis.hash) throw mismatch(genesisHash, genesis.hash)
  await checkHead(tables, head, options)
  return head
}

/** What a store that nobody has opened says of its head; not checked. */
export function storedHead(store: KeyValueStore): Promise<HeadRecord | undefined> {
  return createChainTables(store).head.get(null)
}

/** Durable. */
export async function writeGenesis(store: KeyValueStore, tables: ChainTables, genesis: Block): Promise<HeadRecord> {
  const head = { height: height(0), hash: genesis.hash, certifiedHeight: height(0), baseHeight: height(0) }
  const operations = [
    tables.genesis.put(null, genesis.hash),
    tables.head.put(null, head),
    ...blockOperations(tables, genesis, { receipts: emptyReceipts, transactions: [] }),
  ]
  await store.batch(operations, { durable: true })
  return head
}

async function checkHead(tables: ChainTables, head: HeadRecord, options: ChainStoreOptions): Promise<void> {
  if (head.certifiedHeight > head.height) throw corrupt('the certified height is above the head')
  if (head.baseHeight > head.certifiedHeight) throw corrupt('the chain begins above its certified height')
  // The first block above a snapshot was not executed here.
  const isBase = head.height === head.baseHeight && head.baseHeight > 0
  if (!isBase && (await tables.executions.get(head.height)) === undefined) {
    throw corrupt('the head’s receipts are missing')
  }
  let hash = head.hash
  for (let at: number = head.height; at > head.certifiedHeight; at--) {
    hash = (await storedBlock(tables, height(at), hash)).header.parentHash
  }
  await checkCertified(tables, head.certifiedHeight, hash, options)
}

async function checkCertified(tables: ChainTables, at: Height, hash: Hash, options: ChainStoreOptions): Promise<void> {
  await storedBlock(tables, at, hash)
  if (at === 0) return
  const certificate = await tables.certificates.get(at)
  if (certificate === undefined || certificate.kind !== 'finalize' || certificate.hash !== hash) {
    throw corrupt(`the certificate of height ${at} is missing or another block’s`)
  }
  const verdict = options.verifyFinalization(certificate)
  if (verdict.verdict !== 'accept') throw corrupt(`the certificate of height ${at} does not verify: ${verdict.code}`)
}

async function storedBlock(tables: ChainTables, at: Height, hash: Hash): Promise<Block> {
  const block = await tables.blocks.get(at)
  if (block === undefined) throw corrupt(`block ${at} is missing`)
  if (block.hash !== hash || block.header.height !== at) throw corrupt(`block ${at} is not the one it should be`)
  // Genesis comes from the core, not from a peer, and its hash has been compared.
  if (at > 0 && checkBlockData(block).verdict !== 'accept') throw corrupt(`the data of block ${at} are not its own`)
  return block
}

function corrupt(why: string): CodedError {
  return new CodedError('CHAIN_STORE_CORRUPT', `the chain store is damaged: ${why}`)
}

function mismatch(found: Hash, expected: Hash): CodedError {
  return new CodedError('GENESIS_MISMATCH', `the chain store belongs to another chain: genesis ${found}`, {
    data: { found, expected },
  })
}
