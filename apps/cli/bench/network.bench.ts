/** Finality and throughput of four validators on this machine, loaded by a separate process over RPC. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DEV_ACCOUNTS, startLocalnet, type Localnet } from '@cairn/cli'
import { startDemoTraffic } from '../src/localnet/demo-traffic.ts'
import { type RunSummary, createRunCollector } from '../src/localnet/run-summary.ts'
import { deployToken } from './deploy-token.ts'
import type { LoadRequest, LoadResult } from './load-generator.ts'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const GENERATOR = fileURLToPath(new URL('./load-generator.ts', import.meta.url))
const VALIDATORS = 4
const FINALITY_BLOCKS = 150

export async function runNetworkBench(options: { readonly quick?: boolean } = {}): Promise<readonly BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-bench-'))
  const collector = createRunCollector(VALIDATORS)
  let measuring = false
  let onHeight: (() => void) | undefined
  const network = await startLocalnet(
    { directory, validatorCount: VALIDATORS, rpcPort: () => 0, logLevel: 'warn' },
    {
      onFinalized: (index, block) => {
        if (measuring) collector.add(index, block)
        onHeight?.()
      },
    },
  )
  try {
    const rpcUrls = urls(network)
    const chainId = network.layout.chainSpec.chainId
    const traffic = await startDemoTraffic({ rpcUrls, chainId, ratePerSecond: 20, onError: () => {} })
    measuring = true
    const first = await reach(collector.commonHeight, 1, (wake) => (onHeight = wake))
    await reach(collector.commonHeight, first + (options.quick ? 20 : FINALITY_BLOCKS), (wake) => (onHeight = wake))
    measuring = false
    await traffic.stop()
    const finality = collector.summary()
    const transactionCount = options.quick ? 500 : 12_000
    const load = { rpcUrls, chainId, senderCount: 200, transactionCount, underWayMax: 2_400 }
    const transfers = await runLoad({ ...load, fundedKey: keyOf(5) })
    const token = await deployToken(rpcUrls[0] ?? '', chainId, keyOf(6))
    const erc20 = await runLoad({ ...load, fundedKey: keyOf(6), token, transactionCount: transactionCount / 2 })
    return rows(finality, transfers, erc20, memoryMiB(network))
  } finally {
    await network.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

function rows(finality: RunSummary, transfers: LoadResult, erc20: LoadResult, memory: number): readonly BenchRow[] {
  const row = (name: string, value: number, unit: string, reference: string): BenchRow => ({
    name,
    value,
    unit,
    reference,
  })
  return [
    row(
      'network/finality/p50',
      finality.finalityMsP50,
      'ms',
      'goal ≤ 150 (this slice ≤ 300); Arc/Malachite < 350 at 20 nodes',
    ),
    row('network/finality/p99', finality.finalityMsP99, 'ms', 'CometBFT ~1 000'),
    row('network/transaction-finality/p50', finality.txFinalityMsP50, 'ms', 'this slice ≤ 300'),
    row(
      'network/transfers',
      transfers.perSecond,
      'tx/s',
      'goal > 1 200 (this slice ≥ 500); Besu QBFT 750–1 200 on 4 machines',
    ),
    row('network/transfers/refused', transfers.failed, 'tx', '0'),
    row('network/erc20-transfers', erc20.perSecond, 'tx/s', 'goal > 650; Besu QBFT 520–645 on 4 machines'),
    row('network/erc20-transfers/refused', erc20.failed, 'tx', '0'),
    row('network/validator-memory-after-load', memory, 'MiB', 'resident set, largest of four'),
  ]
}

async function runLoad(request: LoadRequest): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [GENERATOR, JSON.stringify(request)], {
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LoadResult
}

function keyOf(index: number): `0x${string}` {
  const account = DEV_ACCOUNTS[index]
  if (account === undefined) throw new RangeError(`no dev account ${index}`)
  return account.privateKey
}

function urls(network: Localnet): readonly string[] {
  return network.layout.validators.flatMap(({ index }) => {
    const running = network.process(index)
    return running === undefined ? [] : [`http://127.0.0.1:${running.rpcPort}`]
  })
}

async function reach(current: () => number, target: number, onWake: (wake: () => void) => void): Promise<number> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      if (current() >= target) resolve()
    }
    onWake(wake)
    wake()
  })
  return current()
}

/** VmRSS where the system tells it (Linux), else NaN. */
function memoryMiB(network: Localnet): number {
  const sizes = network.layout.validators.map(({ index }) => {
    try {
      const status = readFileSync(`/proc/${network.process(index)?.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024
    } catch {
      return Number.NaN
    }
  })
  return Math.max(...sizes)
}
