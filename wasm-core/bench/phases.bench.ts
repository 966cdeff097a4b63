/**
 * Where a block's time goes: a block of 1 000 ERC-20 transfers (senders told, as from a cache), executed again and again
 * under V8's sampling profiler, each sample counted for the phase on its stack. `node wasm-core/bench/phases.bench.ts`, or
 * as suite `phases`; needs `npm run build:wasm -- --profile`, because the shipped module has no function names.
 */
import { existsSync } from 'node:fs'
import { Session } from 'node:inspector'
import { Core, loadModule } from './core-host.ts'
import { type BenchRow, cpuMsOf, printRow } from './measure.ts'
import { executeRequest, OP } from './requests.ts'
import { builtBlock, TOKEN_ACCOUNT, tokenCall } from './built-block.ts'

const PROFILE_MODULE = new URL('../target/core.profile.wasm', import.meta.url)
const TRANSFERS = 1_000
const WARM_ROUNDS = 30
const ROUNDS = 60
const SAMPLE_MICROSECONDS = 200
/** Of the profile build alone. */
const OP_TRANSACT_AGAIN = 1_000
const TRANSACT_ROUNDS = 20
const MEMORY_ROUNDS = 12

/** The innermost of these on a sample's stack has it. Parts of mangled names: length, then name. */
const PHASES: readonly (readonly [phase: string, functions: readonly string[], meaning: string])[] = [
  ['host', ['#get', '#answer', 'state_get'], 'the JavaScript map that is the store'],
  ['roots-of-body', ['10check_body', '13receipt_roots', '13check_effects'], 'transactions root, receipts root, bloom'],
  ['prefetch', ['8prefetch8prefetch'], 'accounts named by the transactions'],
  [
    'evm',
    ['8BlockRun5begin', '8BlockRun7execute', '8BlockRun3end'],
    'EVM, journal, reads with their hashes, receipts, bundle',
  ],
  ['state-root', ['15commit_accounts'], 'storage and account tries, records, undo list'],
  ['encode', ['9responses7outcome'], 'changeset sorted and written'],
  // What is left of it: these steps are inlined there.
  ['decode', ['7execute13execute_block'], 'RLP, canonical form, transaction hashes, stateless checks'],
]

type Node = {
  readonly id: number
  readonly callFrame: { readonly functionName: string }
  readonly children?: readonly number[]
}
type Profile = { readonly nodes: readonly Node[]; readonly samples?: readonly number[] }

export async function runPhasesBench(): Promise<BenchRow[]> {
  if (!existsSync(PROFILE_MODULE)) throw new Error('run `npm run build:wasm -- --profile` first')
  const core = new Core(loadModule(PROFILE_MODULE))
  const { parentHeader, block, senders } = await builtBlock(core, TRANSFERS, TOKEN_ACCOUNT, tokenCall)
  const request = executeRequest(parentHeader, block, { senders })
  const run = (rounds: number): void => {
    for (let round = 0; round < rounds; round++) core.ok(OP.execute, request)
  }
  run(WARM_ROUNDS)
  const wholeMs = cpuMsOf(() => run(ROUNDS)) / ROUNDS
  const counts = phaseCounts(await profile(() => run(ROUNDS)))
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const row = (name: string, reference: string): BenchRow => ({
    name: `phases/erc20=${TRANSFERS}/${name}`,
    value: ((counts.get(name) ?? 0) / total) * wholeMs,
    unit: 'ms',
    reference,
  })
  return [
    { name: `phases/erc20=${TRANSFERS}/whole`, value: wholeMs, unit: 'ms', reference: 'EXECUTE, average' },
    ...PHASES.map(([name, , meaning]) => row(name, meaning)),
    row('rest', 'calls between host and core, garbage collection'),
    ...memoryRows(core, request),
  ]
}

/**
 * The figure that the goal is about: the block's transactions, state in memory, nothing but transact, in this core's machine
 * and in revm as it comes, in turn. What a block costs beside that (commit, hashing, receipts, roots) is in the rows above.
 */
function memoryRows(core: Core, request: Uint8Array): BenchRow[] {
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const run = (plain: number, rounds: number): number => {
    const again = new Uint8Array([...request, plain, rounds, 0, 0, 0])
    return cpuMsOf(() => void core.ok(OP_TRANSACT_AGAIN, again))
  }
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    for (const plain of [0, 1]) {
      // The first pass reads the state; its time and that of decoding go away in the difference.
      const ms = (run(plain, 1 + TRANSACT_ROUNDS) - run(plain, 1)) / TRANSACT_ROUNDS
      if (round > 0) least[plain] = Math.min(least[plain] as number, ms)
    }
  }
  const row = (name: string, plain: number, reference: string): BenchRow[] => {
    const ms = least[plain] as number
    return [
      { name: `phases/transact=${TRANSFERS}/${name}`, value: ms, unit: 'ms', reference },
      {
        name: `phases/transact=${TRANSFERS}/${name}-rate`,
        value: (TRANSFERS / ms) * 1_000,
        unit: 'tx/s',
        reference: '',
      },
    ]
  }
  return [
    ...row('core', 0, 'transact alone, state in memory: goal 5 ms, 200 000 tx/s'),
    ...row('revm', 1, 'the same in revm as it comes'),
  ]
}

async function profile(run: () => void): Promise<Profile> {
  const session = new Session()
  session.connect()
  const post = (method: string, params?: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) => (error === null ? resolve(result) : reject(error)))
    })
  await post('Profiler.enable')
  await post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS })
  await post('Profiler.start')
  run()
  const { profile: found } = (await post('Profiler.stop')) as { readonly profile: Profile }
  session.disconnect()
  return found
}

function phaseCounts({ nodes, samples = [] }: Profile): Map<string, number> {
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const phaseOf = (id: number): string => {
    for (let node = byId.get(id); node !== undefined; node = parents.get(node.id)) {
      const name = node.callFrame.functionName
      const phase = PHASES.find(([, functions]) => functions.some((part) => name.includes(part)))
      if (phase !== undefined) return phase[0]
    }
    return 'rest'
  }
  const counts = new Map<string, number>()
  for (const id of samples) {
    const phase = phaseOf(id)
    counts.set(phase, (counts.get(phase) ?? 0) + 1)
  }
  return counts
}

if (import.meta.main) (await runPhasesBench()).forEach(printRow)
