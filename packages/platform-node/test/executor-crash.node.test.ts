/** A process that dies at any moment of a commit leaves a state store that is some committed height, whole. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { keccak256 } from '@cairn/crypto'
import { createExecutor } from '@cairn/executor'
import type { GenesisExecutor } from '@cairn/executor'
import type { ExecuteRequest, KeyValueStore } from '@cairn/ports'
import { ZERO_ADDRESS, ZERO_HASH, bytesFromHex, height, hexFromBytes } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLevelStore } from '../src/level-store.ts'
import type { CrashChain } from './executor-crash-writer.ts'

const BLOCKS = 400
const RANDOM_KILLS = 24
const child = fileURLToPath(new URL('./executor-crash-writer.ts', import.meta.url))
const wasm = await readFile(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
const payer = privateKeyToAccount(`0x${'00'.repeat(31)}07`)
const payerAddress = payer.address.toLowerCase() as Address
const chainSpec = sampleChainSpec(wasm, {
  alloc: [{ address: payerAddress, balance: 10n ** 20n, nonce: 0, code: '0x', storage: [] }],
})
const steps = ['before-chain', 'during-chain', 'after-chain', 'before-state', 'during-state', 'after-state'] as const

describe('crash consistency', () => {
  let directory: string
  let chainFile: string
  let blocks: readonly ExecuteRequest[]
  let genesisRoot: string
  const balances: bigint[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-crash-'))
    chainFile = join(directory, 'blocks')
    const reference = await startExecutor(createMemoryStore())
    genesisRoot = reference.head().stateRoot
    balances.push((await reference.account(payerAddress)).balance)
    blocks = await makeBlocks(reference, balances)
    await writeFile(chainFile, serialize({ chainSpec, blocks } satisfies CrashChain))
  }, 60_000)
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** Runs until killed; `killAfter` counts committed blocks and adds a delay. */
  const run = async (crashAt: string, killAfter?: { readonly commits: number; readonly delayMs: number }) => {
    const process_ = spawn(process.execPath, [child, directory, chainFile, crashAt], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let commits = 0
    let errors = ''
    let timer: NodeJS.Timeout | undefined
    process_.stderr.on('data', (text: Buffer) => (errors += text.toString()))
    process_.stdout.on('data', (text: Buffer) => {
      commits += text.toString().split('\n').length - 1
      if (killAfter === undefined || commits < killAfter.commits || timer !== undefined) return
      timer = setTimeout(() => process_.kill('SIGKILL'), killAfter.delayMs)
    })
    const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
      process_.on('close', (_code, name) => resolve(name)),
    )
    clearTimeout(timer)
    expect(errors).toBe('')
    return signal
  }

  /** Opens what the dead process left: a committed height, that replays to the chain's head. Returns both heights. */
  const reopen = async (): Promise<{ readonly state: number; readonly chain: number }> => {
    const chainStore = await createLevelStore(join(directory, 'chain'))
    let chain = 0
    let root = genesisRoot
    for await (const [key, value] of chainStore.entries({ reverse: true, limit: 1 })) {
      chain = Number(BigInt(hexFromBytes(key)))
      root = hexFromBytes(value)
    }
    await chainStore.close()
    const store = await createLevelStore(join(directory, 'state'))
    const executor = await startExecutor(store)
    const state = executor.head().height
    expect(state).toBeLessThanOrEqual(chain)
    expect(executor.head().stateRoot).toBe(state === 0 ? genesisRoot : blocks[state - 1]?.stateRoot)
    const oldest = Math.max(0, state - 4)
    expect((await executor.account(payerAddress, height(oldest))).balance).toBe(balances[oldest])
    for (const block of blocks.slice(state, chain)) {
      expect(await executor.execute(block)).toEqual({ verdict: 'accept' })
      await executor.commit(block.blockHash)
    }
    expect(executor.head().stateRoot).toBe(root)
    const proof = await executor.proof(payerAddress, [])
    expect(await executor.verifyProof(executor.head().stateRoot, proof)).toEqual(proof)
    await executor.stop()
    return { state, chain }
  }

  it('is at a committed height whatever step of a commit a process dies at', async () => {
    let next = 2
    for (const step of steps) {
      expect(await run(`${step}:${next}`)).toBe('SIGKILL')
      const { state, chain } = await reopen()
      const chainMin = step.endsWith('chain') && !step.startsWith('after') ? next - 1 : next
      const stateMin = step === 'after-state' ? next : next - 1
      expect(chain).toBeGreaterThanOrEqual(chainMin)
      expect(chain).toBeLessThanOrEqual(step === 'before-chain' ? next - 1 : next)
      expect(state).toBeGreaterThanOrEqual(stateMin)
      expect(state).toBeLessThanOrEqual(step === 'after-state' || step === 'during-state' ? next : next - 1)
      next = chain + 2
    }
    // An interrupted genesis is made again.
    await rm(join(directory, 'state'), { recursive: true })
    await rm(join(directory, 'chain'), { recursive: true })
    for (const step of ['before-state', 'during-state', 'after-state']) {
      expect(await run(`${step}:0`)).toBe('SIGKILL')
      expect(await reopen()).toEqual({ state: 0, chain: 0 })
      await rm(join(directory, 'state'), { recursive: true })
    }
  }, 60_000)

  it(`is at a committed height after each of ${RANDOM_KILLS} kills at random moments`, async () => {
    const random = createRandom(7)
    let before = 0
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      const signal = await run('never', { commits: 1 + Math.floor(random() * 6), delayMs: random() * 8 })
      expect(signal).toBe('SIGKILL')
      const { state, chain } = await reopen()
      expect(state).toBeGreaterThan(before)
      before = chain
    }
  }, 120_000)
})

async function startExecutor(stateStore: KeyValueStore): Promise<GenesisExecutor> {
  const clock = { monotonicMs: () => performance.now() }
  const executor = createExecutor({ chainSpec, stateStore, wasm, historyBlocks: 4 }, { clock })
  await executor.start()
  return executor
}

/** A transfer each; `balances` takes the payer's after every block. */
async function makeBlocks(reference: GenesisExecutor, balances: bigint[]): Promise<readonly ExecuteRequest[]> {
  const blocks: ExecuteRequest[] = []
  for (let count = 1; count <= BLOCKS; count++) {
    const signed = await payer.signTransaction({
      type: 'eip1559',
      chainId: chainSpec.chainId,
      nonce: count - 1,
      gas: 21_000n,
      to: `0x${(count % 50).toString(16).padStart(40, 'a')}`,
      value: BigInt(count),
      maxFeePerGas: 5n * 10n ** 9n,
      maxPriorityFeePerGas: 1n,
    })
    const { blockHash: parentHash } = reference.head()
    const shared = { parentHash, timeMs: chainSpec.genesisTimeMs + 250 * count, prevRandao: ZERO_HASH }
    const transactions = [bytesFromHex(signed)]
    const built = await reference.build({ ...shared, feeRecipient: ZERO_ADDRESS, transactions, sizeMaxBytes: 100_000 })
    const blockHash = keccak256(built.payload)
    await reference.adopt(built.buildId, blockHash)
    await reference.commit(blockHash)
    balances.push((await reference.account(payerAddress)).balance)
    blocks.push({ ...shared, ...built, blockHash, height: height(count) })
  }
  return blocks
}

/** Park–Miller. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}
