/**
 * `npm run bench`: every figure beside its reference; `--json` writes them as JSON on stdout,
 * `--only <suite>` runs one suite, also those of `longSuites`, which take minutes, and `phases`, which needs
 * `npm run build:wasm -- --profile`. Nothing here passes or fails: figures are for reading.
 */
import { parseArgs } from 'node:util'

export interface BenchRow {
  /** `module/op/key=value` */
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the figure is to be compared with. */
  readonly reference: string
}

type Suite = () => Promise<readonly BenchRow[]>

const suites: Readonly<Record<string, Suite>> = {
  core: async () => (await import('../wasm-core/bench/core.bench.ts')).runCoreBench(),
  compare: async () => (await import('../wasm-core/bench/compare.bench.ts')).runCompareBench(),
  phases: async () => (await import('../wasm-core/bench/phases.bench.ts')).runPhasesBench(),
  executor: async () => (await import('../packages/executor/bench/executor.bench.ts')).runExecutorBench(),
  bls: async () => (await import('../packages/crypto/bench/bls.bench.ts')).runBlsBench(),
  'light-client': async () =>
    (await import('../packages/light-client/bench/light-client.bench.ts')).runLightClientBench(),
  traffic: async () => (await import('../packages/consensus/bench/traffic.bench.ts')).runTrafficBench(),
  tab: async () => (await import('../apps/web/bench/tab.bench.ts')).runTabBench(),
  'first-peer': async () => (await import('../apps/web/bench/first-peer.bench.ts')).runFirstPeerBench(),
  'tab-validators': async () => (await import('../apps/web/bench/tab-validators.bench.ts')).runTabValidatorsBench(),
  'tab-compare': async () => (await import('../apps/web/bench/tab-compare.bench.ts')).runTabCompareBench(),
  'worst-case': async () => (await import('../wasm-core/bench/worst-case.bench.ts')).runWorstCaseBench(),
  'large-state': async () =>
    (await import('../packages/executor/bench/large-state.bench.ts')).runLargeStateBench({ accounts: [1_000_000] }),
  sim: async () => (await import('../packages/testing/bench/sim.bench.ts')).runSimBench(),
  snapshot: async () =>
    (await import('../packages/node/bench/snapshot.bench.ts')).runSnapshotBench({ blocks: 10_000, accounts: 100_000 }),
  'snapshot-tab': async () =>
    (await import('../apps/web/bench/snapshot.bench.ts')).runTabSnapshotBench({ blocks: 10_000, accounts: 100_000 }),
  storage: async () =>
    (await import('../packages/platform-browser/bench/storage.bench.ts')).runStorageBench({ rows: [50_000, 350_000] }),
  gossip: async () => (await import('../packages/platform-node/bench/network-gossip.bench.ts')).runGossipBench(),
  network: async () => (await import('../apps/cli/bench/network.bench.ts')).runNetworkBench(),
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true } } })
/** Minutes each, or in need of a build of their own: only when asked for. */
const longSuites: readonly string[] = [
  'light-client',
  'phases',
  'sim',
  'worst-case',
  'large-state',
  'snapshot',
  'snapshot-tab',
  'storage',
  'tab-compare',
  'first-peer',
]
const chosen = values.only ?? Object.keys(suites).filter((name) => !longSuites.includes(name))
const rows: BenchRow[] = []
for (const name of chosen) {
  const suite = suites[name]
  if (suite === undefined) throw new RangeError(`no suite ${name}; there are ${Object.keys(suites).join(', ')}`)
  if (!values.json) console.log(`\n${name}`)
  for (const row of await suite()) {
    rows.push(row)
    if (!values.json) console.log(lineOf(row))
  }
}
if (values.json) console.log(JSON.stringify(rows, null, 2))

function lineOf({ name, value, unit, reference }: BenchRow): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  const figure = Number.isNaN(value) ? 'n/a' : value.toLocaleString('en', { maximumFractionDigits: digits })
  return `  ${name.padEnd(52)} ${figure.padStart(12)} ${unit.padEnd(10)} ${reference}`
}
