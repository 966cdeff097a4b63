import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChainSpec } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { ZERO_ADDRESS, ZERO_HASH, bytesFromHex, height } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { measureExecutor } from '../src/executor-metrics.ts'
import { spawnExecutor } from '../src/executor-node.ts'
import { createPrometheusMetrics } from '../src/metrics-prometheus.ts'

const account = privateKeyToAccount(`0x${'00'.repeat(31)}07`)
const recipient = `0x${'ab'.repeat(20)}` as Address

async function chainSpec(): Promise<ChainSpec> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
  return sampleChainSpec(wasm, {
    alloc: [
      { address: account.address.toLowerCase() as Address, balance: 10n ** 20n, nonce: 0, code: '0x', storage: [] },
    ],
  })
}

describe('executor in a worker thread', () => {
  let path: string
  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'cairn-executor-')), 'state')
  })
  afterEach(() => rm(join(path, '..'), { recursive: true, force: true }))

  it('builds, commits, and goes on from LevelDB', async () => {
    const spec = await chainSpec()
    const executor = await spawnExecutor({ chainSpec: spec, path })
    await executor.start()
    const parentHash = executor.head().blockHash
    const signed = await account.signTransaction({
      type: 'eip1559',
      chainId: 7007,
      nonce: 0,
      gas: 21_000n,
      to: recipient,
      value: 9n,
      maxFeePerGas: 2n * 10n ** 9n,
      maxPriorityFeePerGas: 1n,
    })
    const raw = bytesFromHex(signed)
    expect(await executor.decodeTransactions([raw])).toMatchObject([
      { valid: true, sender: account.address.toLowerCase() },
    ])
    const shared = { parentHash, timeMs: spec.genesisTimeMs + 1, prevRandao: ZERO_HASH }
    const built = await executor.build({
      ...shared,
      feeRecipient: ZERO_ADDRESS,
      transactions: [raw],
      sizeMaxBytes: 100_000,
    })
    const blockHash = keccak256(built.payload)
    expect(await executor.execute({ ...shared, ...built, blockHash, height: height(1) })).toEqual({ verdict: 'accept' })
    await executor.commit(blockHash)
    await executor.stop()
    const again = await spawnExecutor({ chainSpec: spec, path })
    await again.start()
    expect(again.head()).toMatchObject({ blockHash, height: 1, stateRoot: built.stateRoot })
    expect((await again.account(recipient)).balance).toBe(9n)
    await again.stop()
  })

  it('says what it holds, as metrics that move', async () => {
    const metrics = createPrometheusMetrics()
    const gauge = async (name: string): Promise<number> => {
      const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`cairn_executor_${name} `))
      return Number(line?.split(' ')[1])
    }
    const executor = await spawnExecutor({ chainSpec: await chainSpec(), path })
    await measureExecutor(executor, metrics)
    expect(await gauge('state_cache_bytes')).toBe(0)
    expect(await gauge('core_memory_bytes')).toBe(0)
    await executor.start()
    await executor.account(recipient)
    await measureExecutor(executor, metrics)
    const moved = [await gauge('state_cache_bytes'), await gauge('core_memory_bytes'), await gauge('core_cache_bytes')]
    expect(moved.every((bytes) => bytes > 0)).toBe(true)
    expect([await gauge('core_recycled'), await gauge('history_cache_bytes')]).toEqual([0, 0])
    await executor.stop()
    // Nobody to ask: the last values stay.
    await measureExecutor(executor, metrics)
    expect(await gauge('state_cache_bytes')).toBe(moved[0])
  })

  it('refuses another core and a database in use, by code', async () => {
    const spec = await chainSpec()
    const foreign = { ...spec, coreWasmSha256: ZERO_HASH }
    await expect(spawnExecutor({ chainSpec: foreign, path })).rejects.toMatchObject({ code: 'CORE_HASH_MISMATCH' })
    const first = await spawnExecutor({ chainSpec: spec, path })
    await expect(spawnExecutor({ chainSpec: spec, path })).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' })
    await first.stop()
  })
})
