/**
 * A generated chain reduced to what must be the same on every host: each block built, executed by a second instance,
 * committed. Runs in any JavaScript host.
 */
import { keccak256 } from '@cairn/crypto'
import { transactionOutcomes } from '@cairn/executor/abi'
import type { WasmModule } from '@cairn/executor/abi'
import { equalBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { ChainHost } from './chain-host.ts'
import { PRECOMPILES } from './precompile-inputs.ts'
import { BLOCK_GAS_LIMIT, createBlockGenerator } from './random-block.ts'

export interface ChainDigest {
  readonly blocks: readonly BlockDigest[]
  readonly transactions: number
  readonly createdContracts: number
  readonly milliseconds: number
}

interface BlockDigest {
  readonly blockHash: Hash
  readonly stateRoot: Hash
  readonly receiptsHash: Hash
  /** Of the whole response of EXECUTE: changeset, undo, access list, results. */
  readonly responseHash: Hash
  readonly gasUsed: string
}

export interface ChainDigestOptions {
  readonly module: WasmModule
  readonly seed: number
  readonly blocks: number
  readonly transactionsMax: number
}

/** @throws Error where EXECUTE disagrees with BUILD. */
export async function digestChain(options: ChainDigestOptions): Promise<ChainDigest> {
  const { module, seed, transactionsMax } = options
  const generator = createBlockGenerator({ seed, precompiles: PRECOMPILES, transactionsMax })
  const proposer = new ChainHost(module)
  proposer.genesis(generator.genesis.accounts, BLOCK_GAS_LIMIT)
  const verifier = new ChainHost(module)
  verifier.genesis(generator.genesis.accounts, BLOCK_GAS_LIMIT)
  const blocks: BlockDigest[] = []
  let transactions = 0
  let createdContracts = 0
  const startedMs = performance.now()
  while (blocks.length < options.blocks) {
    const built = proposer.build(await generator.next(proposer))
    const executed = verifier.execute(built.payload)
    const isSame =
      executed.blockHash === built.outcome.blockHash && equalBytes(executed.receipts, built.outcome.receipts)
    if (!isSame) throw new Error(`seed ${seed}, block ${blocks.length + 1}: EXECUTE is not what BUILD was`)
    proposer.commit(built.header, built.outcome.changes)
    verifier.commit(built.header, executed.changes)
    generator.learn(built)
    const outcomes = transactionOutcomes(executed.results)
    transactions += outcomes.length
    createdContracts += outcomes.filter(({ contractAddress }) => contractAddress !== undefined).length
    blocks.push({
      blockHash: executed.blockHash,
      stateRoot: executed.stateRoot,
      receiptsHash: keccak256(executed.receipts),
      responseHash: keccak256(executed.response),
      gasUsed: String(executed.gasUsed),
    })
  }
  return { blocks, transactions, createdContracts, milliseconds: performance.now() - startedMs }
}

/** The first block and item that two hosts do not share. */
export function firstDifference(ours: ChainDigest, theirs: ChainDigest): string | undefined {
  for (const [index, block] of ours.blocks.entries()) {
    const other = theirs.blocks[index]
    for (const item of ['blockHash', 'stateRoot', 'receiptsHash', 'gasUsed', 'responseHash'] as const) {
      if (block[item] !== other?.[item]) return `block ${index + 1}, ${item}: ${block[item]} and ${other?.[item]}`
    }
  }
  return ours.blocks.length === theirs.blocks.length ? undefined : 'the chains differ in length'
}
