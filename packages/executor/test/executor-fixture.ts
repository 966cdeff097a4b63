/** A small chain for the executor's tests: real core, memory stores, signed transactions. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ChainSpec } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { BuiltPayload, ExecuteRequest, Executor, KeyValueStore } from '@cairn/ports'
import { height } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { hexToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { PrivateKeyAccount } from 'viem/accounts'
import { createExecutor } from '../src/index.ts'
import type { ExecutorDependencies, ExecutorOptions, GenesisExecutor } from '../src/index.ts'

export const wasm: Uint8Array = readFileSync(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))

export const CHAIN_ID = 7007

/** Deterministic accounts. */
export function testAccount(index: number): PrivateKeyAccount {
  return privateKeyToAccount(keccak256(new TextEncoder().encode(`account ${index}`)))
}

export const addressOf = (account: PrivateKeyAccount): Address => account.address.toLowerCase() as Address

export function testSpec(changes: Partial<ChainSpec> = {}): ChainSpec {
  return sampleChainSpec(wasm, {
    chainId: CHAIN_ID,
    alloc: Array.from({ length: 20 }, (_, index) => ({
      address: addressOf(testAccount(index)),
      balance: 10n ** 21n,
      nonce: 0,
      code: '0x' as Hex,
      storage: [],
    })).sort((a, b) => (a.address < b.address ? -1 : 1)),
    ...changes,
  })
}

let elapsedMs = 0
/** Advances by itself: measured times are plausible and nothing waits. */
export const testClock = { monotonicMs: (): number => (elapsedMs += 5) }

export interface TestExecutorOptions {
  readonly spec?: ChainSpec
  readonly store?: KeyValueStore
  readonly executor?: Pick<ExecutorOptions, 'historyBlocks' | 'historyMaxBytes' | 'memoryBudget'>
  readonly deps?: Partial<ExecutorDependencies>
}

export async function startExecutor(options: TestExecutorOptions = {}): Promise<GenesisExecutor> {
  const executor = createExecutor(
    {
      chainSpec: options.spec ?? testSpec(),
      stateStore: options.store ?? createMemoryStore(),
      wasm,
      ...options.executor,
    },
    { clock: testClock, ...options.deps },
  )
  await executor.start()
  return executor
}

/** A store as a browser has it. */
export function withoutSync(store: KeyValueStore): KeyValueStore {
  const { getSync: _, ...rest } = store
  return rest
}

export interface TransferOptions {
  readonly from: number
  readonly nonce: number
  readonly to?: Address
  readonly value?: bigint
  readonly data?: Hex
  readonly gas?: bigint
}

/** EIP-1559; without `to` a creation. */
export async function signedTransaction(options: TransferOptions): Promise<Uint8Array> {
  const signed = await testAccount(options.from).signTransaction({
    type: 'eip1559',
    chainId: CHAIN_ID,
    nonce: options.nonce,
    ...(options.to === undefined ? {} : { to: options.to }),
    value: options.value ?? 1n,
    data: options.data ?? '0x',
    gas: options.gas ?? 21_000n,
    maxFeePerGas: 5_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  })
  return hexToBytes(signed)
}

const PREV_RANDAO = keccak256(Uint8Array.of(7))
const FEE_RECIPIENT = `0x${'fe'.repeat(20)}` as Address

export interface BlockPlan {
  readonly parentHash: Hash
  readonly height: number
  readonly timeMs?: number
  readonly transactions: readonly Uint8Array[]
}

export async function buildBlock(
  executor: Executor,
  plan: BlockPlan,
): Promise<{ built: BuiltPayload; request: ExecuteRequest }> {
  const timeMs = plan.timeMs ?? 1_700_000_000_000 + plan.height * 250
  const built = await executor.build({
    parentHash: plan.parentHash,
    timeMs,
    prevRandao: PREV_RANDAO,
    feeRecipient: FEE_RECIPIENT,
    transactions: plan.transactions,
    sizeMaxBytes: 1_000_000,
  })
  const request: ExecuteRequest = {
    // Stands for the consensus hash, which the executor takes as it is.
    blockHash: keccak256(new TextEncoder().encode(`${plan.parentHash}${built.executionBlockHash}`)),
    parentHash: plan.parentHash,
    height: height(plan.height),
    timeMs,
    payload: built.payload,
    accessList: built.accessList,
    executionBlockHash: built.executionBlockHash,
    stateRoot: built.stateRoot,
    accessListHash: built.accessListHash,
    prevRandao: PREV_RANDAO,
  }
  return { built, request }
}
