/**
 * How long a fresh tab takes to a chain's head: from a snapshot, and by executing every block; and how fast it takes a
 * snapshot from another tab. Real Chromium with profiles on disk, real signatures, one server in this process.
 * `node apps/web/bench/snapshot.bench.ts [blocks] [accounts]`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'
import { type BrowserContext, type Page, chromium } from 'playwright-core'
import { hexToBytes, type Hex } from 'viem'
import { type SoloNetwork, startSoloNetwork } from '@cairn/playwright/network'
import { buildWeb } from '../../../scripts/build-web.ts'
import type { BenchRow } from './tab.bench.ts'

export interface TabSnapshotBenchOptions {
  readonly blocks: number
  readonly accounts: number
}

const TRANSFERS_PER_BLOCK = 6
const WAIT_MAX_MS = 3_600_000
const POLL_INTERVAL_MS = 50

export async function runTabSnapshotBench(options: TabSnapshotBenchOptions): Promise<readonly BenchRow[]> {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.error('snapshot-tab: no Chromium found (set CAIRN_CHROMIUM)')
    return []
  }
  await buildWeb(() => undefined)
  await using cleanup = new AsyncDisposableStack()
  const directory = mkdtempSync(join(tmpdir(), 'cairn-tab-snapshot-'))
  cleanup.defer(() => rmSync(directory, { recursive: true, force: true }))
  const solo = await startSoloNetwork({ accounts: options.accounts })
  cleanup.defer(() => solo.stop())
  await solo.grow(options.blocks, { transactions: transfersOf(solo) })
  const server = await solo.startServer()
  const relay = await solo.startRelay()
  const withServer = await solo.startWeb([server, relay])
  const withTab = await solo.startWeb([relay])
  const open = async (name: string): Promise<Page> => {
    const context: BrowserContext = await chromium.launchPersistentContext(join(directory, name), {
      executablePath,
      args: [...chromiumArguments],
      permissions: ['camera', 'microphone'],
    })
    cleanup.defer(() => context.close())
    return context.newPage()
  }
  const replaying = await open('replay')
  const replay = await bootstrap(replaying, `${withServer}?role=verifying&sync=full`, solo.height())
  await replaying.context().close()
  const first = await open('first')
  const snapshot = await bootstrap(first, `${withServer}?role=serving&sync=snapshot`, solo.height())
  await server.stop()
  const second = await open('second')
  const fromTab = await bootstrap(second, `${withTab}?role=verifying&sync=snapshot`, solo.height())
  return rowsOf(options, { replay, snapshot, fromTab })
}

interface Bootstrap {
  /** From the navigation to the verified head. */
  readonly totalMs: number
  /** From the first to the last piece of the state. */
  readonly transferMs: number
  readonly bytesReceived: number
}

type Bootstraps = Readonly<Record<'replay' | 'snapshot' | 'fromTab', Bootstrap>>

function rowsOf({ blocks, accounts }: TabSnapshotBenchOptions, measured: Bootstraps): readonly BenchRow[] {
  const size = `blocks=${blocks},accounts=${accounts}`
  const { replay, snapshot, fromTab } = measured
  const shorter = (of: Bootstrap): number => (100 * (replay.totalMs - of.totalMs)) / replay.totalMs
  const rateOf = (of: Bootstrap): number => of.bytesReceived / 1e3 / of.transferMs
  const row = (name: string, value: number, unit: string, reference: string): BenchRow => ({
    name: `snapshot-tab/${name}/${size}`,
    value,
    unit,
    reference,
  })
  return [
    row('replay', replay.totalMs / 1e3, 's', 'page opened to head, every block executed'),
    row('bootstrap', snapshot.totalMs / 1e3, 's', 'page opened to head, from a server'),
    row('bootstrap-from-tab', fromTab.totalMs / 1e3, 's', 'page opened to head, from another tab alone'),
    row('shorter', shorter(snapshot), '%', '>= 60 % (Bedrock)'),
    row('shorter-from-tab', shorter(fromTab), '%', '>= 60 % (Bedrock)'),
    row('received', snapshot.bytesReceived / 2 ** 20, 'MiB', ''),
    row('rate-from-server', rateOf(snapshot), 'MB/s', 'proved and stored'),
    row('rate-from-tab', rateOf(fromTab), 'MB/s', 'proved and stored; a bare stream tab to tab 5–15'),
    row('replayed', (blocks * 1e3) / replay.totalMs, 'blocks/s', `${TRANSFERS_PER_BLOCK} transfers each`),
  ]
}

/** What the page publishes as `cairn.snapshot()`. */
interface Shown {
  readonly verifiedHeight: number | undefined
  readonly failure: { readonly code: string } | undefined
  readonly restore: { readonly bytesReceived: number } | undefined
}

async function bootstrap(page: Page, url: string, height: number): Promise<Bootstrap> {
  const startedMs = performance.now()
  await page.goto(url)
  let firstMs: number | undefined
  let lastMs = 0
  let bytesReceived = 0
  for (;;) {
    const { verifiedHeight = 0, failure, restore } = await page.evaluate<Shown>('cairn.snapshot()')
    const nowMs = performance.now()
    if (failure !== undefined) throw new Error(`the tab stopped: ${failure.code}`)
    if (restore !== undefined) {
      firstMs ??= nowMs
      lastMs = nowMs
      bytesReceived = restore.bytesReceived
    }
    if (verifiedHeight >= height) {
      return { totalMs: nowMs - startedMs, transferMs: lastMs - (firstMs ?? lastMs), bytesReceived }
    }
    if (nowMs - startedMs > WAIT_MAX_MS) throw new Error(`the tab is at ${verifiedHeight} after an hour`)
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
}

/** From one development account to accounts that are new, by block. */
function transfersOf({ spec, accounts }: SoloNetwork): (at: number) => Promise<readonly Uint8Array[]> {
  const [sender] = accounts
  if (sender === undefined) throw new Error('the genesis funds no account')
  return (at) =>
    Promise.all(
      Array.from({ length: TRANSFERS_PER_BLOCK }, async (_, index) => {
        const nonce = (at - 1) * TRANSFERS_PER_BLOCK + index
        const to: Hex = `0x${(0x5000_0000 + nonce).toString(16).padStart(40, '0')}`
        const fees = { gas: 21_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n }
        return hexToBytes(
          await sender.signTransaction({ type: 'eip1559', chainId: spec.chainId, nonce, to, value: 1n, ...fees }),
        )
      }),
    )
}

if (import.meta.main) {
  const [blocks = 10_000, accounts = 100_000] = process.argv.slice(2).map(Number)
  for (const row of await runTabSnapshotBench({ blocks, accounts })) console.log(row)
}
