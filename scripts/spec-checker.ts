/** The TLA+ checker of `npm run spec` (crate `tla-checker`, installed below node_modules), and what it is run on. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runProgram } from './run-command.ts'

export interface SpecRun {
  readonly name: string
  /** File in docs/spec. */
  readonly config: string
  /** Bound of the views. */
  readonly views: number
  /** Sets whose members are interchangeable in this configuration. */
  readonly symmetric: readonly string[]
  /** The rule that is broken, and constants that follow from that. Absent: every invariant must hold. */
  readonly mutant?: { readonly rule: string; readonly constants?: readonly string[] }
}

export interface SpecResult {
  readonly isAsExpected: boolean
  readonly states: string
  readonly transitions: string
  readonly depth: string
  readonly seconds: number
  readonly result: string
}

const VERSION = '0.24.11'
const FOLDER = resolve('docs/spec')
const ROOT = resolve('node_modules/.cache', `tla-checker-${VERSION}`)
const TIMEOUT_MS = 3_600_000
const ALL_HONEST = ['Honest', 'Variants']
/** A quorum of half the weight: any honest validator and the Byzantine one. */
const WEAK_QUORUMS = ['Quorums={{a},{b},{c},{a,b},{a,c},{b,c},{a,b,c}}']

export const SPEC_RUNS: readonly SpecRun[] = [
  { name: 'equal', config: 'equal.cfg', views: 3, symmetric: ALL_HONEST },
  { name: 'weighted', config: 'weighted.cfg', views: 3, symmetric: ['Light', 'Variants'] },
  { name: 'honest-leaders', config: 'honest-leaders.cfg', views: 3, symmetric: ['Variants'] },
  { name: 'unstaged', config: 'unstaged.cfg', views: 2, symmetric: ALL_HONEST },
  { name: 'crashes', config: 'crashes.cfg', views: 2, symmetric: ALL_HONEST },
  mutant('weak-quorum', WEAK_QUORUMS),
  mutant('finalize-after-nullify'),
  mutant('nullify-after-finalize'),
  mutant('gap-check-missing'),
  mutant('notarize-twice'),
]

/** Its path, when it is installed. */
export function findChecker(): string | undefined {
  const path = join(ROOT, 'bin', 'tla')
  return existsSync(path) ? path : undefined
}

/** Takes a few minutes the first time. `undefined` where there is no cargo, or it fails. */
export function installChecker(print: (line: string) => void): string | undefined {
  if (findChecker() !== undefined) return findChecker()
  print(`installing tla-checker ${VERSION} from crates.io into ${ROOT}`)
  const command = ['install', 'tla-checker', '--version', VERSION, '--locked', '--root', ROOT, '--bin', 'tla']
  spawnSync('cargo', command, { stdio: 'inherit' })
  return findChecker()
}

export async function runSpec(checker: string, run: SpecRun, views: number): Promise<SpecResult> {
  const constants = [
    `MaxView=${views}`,
    ...(run.mutant === undefined ? [] : [`Mutant="${run.mutant.rule}"`, ...(run.mutant.constants ?? [])]),
  ]
  const bounds = ['--max-states', '100000000', '--max-depth', '100000']
  const command = [
    'MC.tla',
    '--config',
    run.config,
    ...bounds,
    ...constants.flatMap((constant) => ['-c', constant]),
    ...run.symmetric.flatMap((set) => ['--symmetry', set]),
  ]
  const startedMs = performance.now()
  const { output } = await runProgram(checker, command, { timeoutMs: TIMEOUT_MS, cwd: FOLDER })
  const seconds = (performance.now() - startedMs) / 1_000
  const violated = /\((Inv\w+)\) violated/.exec(output)?.[1]
  const steps = /Counterexample trace \((\d+) states\)/.exec(output)?.[1]
  const isComplete = output.includes('Model checking complete. No errors found.')
  const figure = (name: string): string =>
    (isComplete ? new RegExp(`${name}: (\\d+)`).exec(output)?.[1] : undefined) ?? '-'
  const result = isComplete
    ? 'exhausted, every invariant holds'
    : violated === undefined
      ? `no result: ${output.split('\n').slice(-3).join(' | ')}`
      : `${violated} violated after ${Number(steps) - 1} steps`
  return {
    isAsExpected: run.mutant === undefined ? isComplete : violated !== undefined,
    states: figure('Reachable states'),
    transitions: figure('Transitions'),
    depth: figure('Max depth'),
    seconds,
    result,
  }
}

function mutant(rule: string, constants: readonly string[] = []): SpecRun {
  return { name: rule, config: 'mutant.cfg', views: 2, symmetric: ALL_HONEST, mutant: { rule, constants } }
}
