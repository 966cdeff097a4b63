/**
 * Blocks of 1 000 transfers among random accounts of a large state on LevelDB: time to build, execute and commit, and
 * the memory of the process that does it. `node packages/executor/bench/large-state.bench.ts --accounts 10000000`
 * runs 1 M and 10 M accounts and prints the ratio; the data (about 0.2 GB a million accounts) is deleted afterwards.
 */
import { spawn } from 'node:child_process'
import { cp, link, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { BlocksReport, GenerateReport } from './large-state-worker.ts'

interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

export interface LargeStateOptions {
  /** Sizes in ascending order; rows of later ones have the ratio to the first as their reference. */
  readonly accounts: readonly number[]
  /** Where the data goes for the time of the run; default the system's temporary directory. */
  readonly directory?: string | undefined
}

export async function runLargeStateBench(
  options: LargeStateOptions = { accounts: [1_000_000] },
): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  let first: readonly BenchRow[] | undefined
  for (const accounts of options.accounts) {
    const measured = await measureSize(accounts, options.directory ?? tmpdir())
    rows.push(...(first === undefined ? measured : measured.map((row, index) => compared(row, first?.[index]))))
    first ??= measured
  }
  return rows
}

const worker = fileURLToPath(new URL('./large-state-worker.ts', import.meta.url))
/** Blocks that fill caches and let V8 compile. */
const WARM_UP = 8

async function measureSize(accounts: number, parent: string): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(parent, 'cairn-large-state-'))
  try {
    const [lead, verify, blocks] = ['lead', 'verify', 'blocks'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    await cp(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')), join(directory, 'core.wasm'))
    const generated = (await runWorker(['generate', lead, String(accounts)])) as GenerateReport
    const sizeBytes = await linkStore(lead, verify)
    const led = (await runWorker(['lead', lead, String(accounts), blocks])) as BlocksReport
    const verified = (await runWorker(['verify', verify, String(accounts), blocks])) as BlocksReport
    const row = (name: string, value: number, unit: string, reference: string): BenchRow => ({
      name: `executor/large-state/${name}/accounts=${accounts}`,
      value,
      unit,
      reference,
    })
    const mebibytes = (bytes: number): number => bytes / 2 ** 20
    const block = medianOf(verified, 'execute') + medianOf(verified, 'commit')
    const blockCpu = medianOf(verified, 'execute-cpu') + medianOf(verified, 'commit-cpu')
    return [
      row('build', medianOf(led, 'build'), 'ms', '1 000 transfers, no signature recovery'),
      row('execute', medianOf(verified, 'execute'), 'ms', ''),
      row('commit', medianOf(verified, 'commit'), 'ms', 'changes, undo list, head: one batch, not synced'),
      row('block', block, 'ms', 'execute and commit; goal: 10 M within ±50 % of 1 M'),
      row(
        'block-cpu',
        blockCpu,
        'ms',
        'the same in processor time of all threads: what load by others does not change',
      ),
      row('past-account', medianOf(verified, 'past-account'), 'ms', 'balance up to 40 blocks back'),
      row('past-proof', medianOf(verified, 'past-proof'), 'ms', ''),
      row('undo', verified.undoBytes / 1024, 'KiB', 'kept of a block for reads of older state'),
      row(
        'rss-peak',
        mebibytes(Math.max(led.peakRssBytes, verified.peakRssBytes)),
        'MiB',
        'goal ≤ 2 048, mapped files included',
      ),
      row(
        'rss-anonymous',
        mebibytes(Math.max(led.anonymousBytes, verified.anonymousBytes)),
        'MiB',
        'without mapped files',
      ),
      row('store', mebibytes(sizeBytes), 'MiB', 'on disk'),
      row('generate', generated.seconds, 's', ''),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A second store over the same table files, which LevelDB never changes. Returns their size. */
async function linkStore(from: string, to: string): Promise<number> {
  await mkdir(to)
  let sizeBytes = 0
  for (const name of await readdir(from)) {
    sizeBytes += (await stat(join(from, name))).size
    if (name.endsWith('.ldb')) await link(join(from, name), join(to, name))
    else if (name !== 'LOCK') await cp(join(from, name), join(to, name))
  }
  return sizeBytes
}

async function runWorker(parameters: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [worker, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code !== 0) throw new Error(`${parameters[0]} ended with ${code}`)
  return JSON.parse(output) as unknown
}

function medianOf({ samples }: BlocksReport, name: string): number {
  const values = (samples[name] ?? []).slice(WARM_UP).sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)] ?? Number.NaN
}

function compared(row: BenchRow, first: BenchRow | undefined): BenchRow {
  if (first === undefined) return row
  return { ...row, reference: `${(row.value / first.value).toFixed(2)} × the smallest state; ${row.reference}` }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { accounts: { type: 'string', multiple: true }, directory: { type: 'string' } },
  })
  const accounts = [...new Set([1_000_000, ...(values.accounts ?? []).map(Number)])].sort((a, b) => a - b)
  for (const { name, value, unit, reference } of await runLargeStateBench({ accounts, directory: values.directory })) {
    console.log(`${name.padEnd(56)} ${value.toFixed(1).padStart(10)} ${unit.padEnd(4)} ${reference}`)
  }
}
