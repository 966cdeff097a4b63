/** The differential loop: the core builds, `@ethereumjs/vm` runs the same block, everything must agree. */
import type { Hardfork } from '@ethereumjs/common'
import { keccak256Bytes } from '@cairn/crypto'
import { transactionOutcomes } from '@cairn/executor/abi'
import type { WasmModule } from '@cairn/executor/abi'
import { hexFromBytes } from '@cairn/primitives'
import { ChainHost } from './chain-host.ts'
import type { BuiltBlock } from './chain-host.ts'
import { PRECOMPILES } from './precompile-inputs.ts'
import { BLOCK_GAS_LIMIT, createBlockGenerator } from './random-block.ts'
import { createReferenceVm, itemsOf } from './reference-vm.ts'
import type { BlockItems, ReferenceBlock, ReferenceVm } from './reference-vm.ts'

export interface FuzzOptions {
  readonly module: WasmModule
  readonly blocks: number
  readonly seed: number
  /** A chain is started anew from the next seed after so many blocks; default 100. */
  readonly chainBlocks?: number
  /** After each chain. */
  readonly onProgress?: (blocks: number) => void
  /** Default Osaka. */
  readonly referenceHardfork?: Hardfork
}

interface Counts {
  readonly blocks: number
  readonly transactions: number
  readonly failedTransactions: number
  /** By transactions themselves, not from within. */
  readonly createdContracts: number
  readonly gasUsed: bigint
  /** EIP-7685. */
  readonly requests: number
  /** Candidates by the core's code; 0 is included. */
  readonly candidateCodes: ReadonlyMap<number, number>
  readonly transactionTypes: ReadonlyMap<number, number>
}

export interface FuzzReport {
  readonly counts: Counts
  readonly mismatch: Mismatch | undefined
}

export interface Mismatch {
  readonly seed: number
  readonly block: number
  /** The first item that differs, of the core and of the reference. */
  readonly item: string
  readonly core: string
  readonly reference: string
  readonly details: readonly string[]
  readonly payload: Uint8Array
}

const CHAIN_BLOCKS = 100
const TRANSACTIONS_MAX = 10

export async function fuzzEvm(options: FuzzOptions): Promise<FuzzReport> {
  const tally = createTally()
  const chainBlocks = options.chainBlocks ?? CHAIN_BLOCKS
  for (let done = 0; done < options.blocks; done += chainBlocks) {
    const seed = options.seed + done / chainBlocks
    const blocks = Math.min(chainBlocks, options.blocks - done)
    const mismatch = await fuzzChain({ ...options, seed, blocks }, tally)
    if (mismatch !== undefined) return { counts: tally, mismatch }
    options.onProgress?.(tally.blocks)
  }
  return { counts: tally, mismatch: undefined }
}

async function fuzzChain(options: FuzzOptions, tally: Tally): Promise<Mismatch | undefined> {
  const { module, blocks, seed, referenceHardfork } = options
  const generator = createBlockGenerator({
    seed,
    precompiles: PRECOMPILES,
    transactionsMax: TRANSACTIONS_MAX,
  })
  const host = new ChainHost(module)
  const genesisRoot = host.genesis(generator.genesis.accounts, BLOCK_GAS_LIMIT)
  const reference = await createReferenceVm(generator.genesis.accounts, keccak256Bytes(host.header), referenceHardfork)
  if (genesisRoot !== reference.genesisRoot) {
    const item = { item: 'genesis stateRoot', core: genesisRoot, reference: reference.genesisRoot }
    return { seed, block: 0, ...item, details: [], payload: new Uint8Array(0) }
  }
  for (let number = 1; number <= blocks; number++) {
    const built = host.build(await generator.next(host))
    host.commit(built.header, built.outcome.changes)
    const difference = await compare(built, reference, tally)
    if (difference !== undefined) return { seed, block: number, ...difference, payload: built.payload.slice() }
    generator.learn(built)
  }
  return undefined
}

type Difference = Omit<Mismatch, 'seed' | 'block' | 'payload'>

async function compare(built: BuiltBlock, reference: ReferenceVm, tally: Tally): Promise<Difference | undefined> {
  let outcome: ReferenceBlock
  try {
    outcome = await reference.run(built.payload)
  } catch (error) {
    return { item: 'validity', core: 'valid', reference: String(error), details: [] }
  }
  const ours = itemsOf(outcome.block)
  const item = ITEMS.find((name) => ours[name] !== outcome.items[name])
  if (item === undefined) {
    tally.add(built, outcome)
    return undefined
  }
  const results = transactionOutcomes(built.outcome.results)
  const details = outcome.result.results.flatMap((result, index) => {
    const gasUsed = results[index]?.gasUsed
    if (gasUsed === result.totalGasSpent) return []
    const error = result.execResult.exceptionError?.error ?? 'success'
    return [`transaction ${index}: core gas ${gasUsed}, reference ${result.totalGasSpent} (${error})`]
  })
  return { item, core: ours[item], reference: outcome.items[item], details }
}

/** In the order in which a difference is easiest to read. */
const ITEMS: readonly (keyof BlockItems)[] = ['gasUsed', 'receiptsRoot', 'logsBloom', 'requestsHash', 'stateRoot']

interface Tally extends Counts {
  add(built: BuiltBlock, reference: ReferenceBlock): void
}

function createTally(): Tally {
  const counts = {
    blocks: 0,
    transactions: 0,
    failedTransactions: 0,
    createdContracts: 0,
    gasUsed: 0n,
    requests: 0,
    candidateCodes: new Map<number, number>(),
    transactionTypes: new Map<number, number>(),
  }
  return Object.assign(counts, {
    add: (built: BuiltBlock, { block, result }: ReferenceBlock): void => {
      counts.blocks++
      counts.gasUsed += built.outcome.gasUsed
      counts.requests += result.requests?.filter(({ bytes }) => bytes.length > 1).length ?? 0
      for (const code of built.candidateCodes) increment(counts.candidateCodes, code)
      for (const { type } of block.transactions) increment(counts.transactionTypes, type)
      counts.transactions += block.transactions.length
      for (const { execResult, createdAddress } of result.results) {
        if (execResult.exceptionError !== undefined) counts.failedTransactions++
        else if (createdAddress !== undefined) counts.createdContracts++
      }
    },
  })
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** For a report on a terminal. */
export function describeMismatch({ seed, block, item, core, reference, details, payload }: Mismatch): string {
  return [
    `MISMATCH seed ${seed}, block ${block}: ${item}`,
    `  core      ${core}`,
    `  reference ${reference}`,
    ...details.map((line) => `  ${line}`),
    `  payload   ${hexFromBytes(payload)}`,
    `  again     npm run fuzz:evm -- --seed ${seed} --blocks ${block} --chain-blocks ${block}`,
  ].join('\n')
}
