/** The suites: where their files are, which are known to be missing from the archive, and how one test is run. */
import { existsSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { isBlockchainTestRunnable, runBlockchainTest } from './blockchain-tests.ts'
import type { JsonObject } from './fixture-value.ts'
import type { Tally } from './report.ts'
import { runRlpTest } from './rlp-tests.ts'
import { isStateTestRunnable, runStateTest } from './state-tests.ts'
import { runTransactionTest } from './transaction-tests.ts'
import { runTrieTest } from './trie-tests.ts'

export interface Suite {
  readonly name: string
  /** Inside the fixtures. */
  readonly folder: string
  /** Files of the original repository that the archive leaves out for their size; run where they are there. */
  readonly leftOut: readonly string[]
  /** Files that take minutes: scheduled first, in parts. */
  readonly slow: readonly string[]
  /** Whether any part of a test is of a fork that the core knows. */
  readonly isRunnable: (test: JsonObject) => boolean
  /** @throws where the core fails or the fixture is not shaped as documented */
  readonly run: (name: string, test: JsonObject, isWanted: (id: string) => boolean, tally: Tally) => void
}

export const suites: readonly Suite[] = [
  {
    name: 'state-cancun',
    folder: 'state-tests-cancun',
    leftOut: [
      'Pyspecs/shanghai/eip3860_initcode/create_opcode_initcode.json',
      'Pyspecs/shanghai/eip3860_initcode/gas_usage.json',
      'stEIP1559/intrinsic.json',
      'stStackTests/stackOverflowM1PUSH.json',
      'stStackTests/stackOverflowPUSH.json',
    ],
    // 2^32 - 1 rounds of BLAKE2; loops of ten million rounds.
    slow: ['stTimeConsuming/CALLBlake2f_MaxRounds.json', 'VMTests/vmPerformance/loopMul.json'],
    isRunnable: isStateTestRunnable,
    run: runStateTest,
  },
  {
    name: 'state-osaka',
    folder: 'state-tests-osaka',
    leftOut: [],
    slow: [],
    isRunnable: isStateTestRunnable,
    run: runStateTest,
  },
  {
    name: 'blockchain-valid',
    folder: 'blockchain-tests-cancun/ValidBlocks',
    leftOut: [
      'bcExploitTest/ShanghaiLove.json',
      'bcExploitTest/SuicideIssue.json',
      'bcWalletTest/walletReorganizeOwners.json',
    ],
    slow: [],
    isRunnable: isBlockchainTestRunnable,
    run: runBlockchainTest,
  },
  {
    name: 'blockchain-invalid',
    folder: 'blockchain-tests-cancun/InvalidBlocks',
    leftOut: [],
    slow: [],
    isRunnable: isBlockchainTestRunnable,
    run: runBlockchainTest,
  },
  {
    name: 'transaction',
    folder: 'transaction-tests',
    leftOut: [],
    slow: [],
    isRunnable: () => true,
    run: runTransactionTest,
  },
  { name: 'trie', folder: 'trie-tests', leftOut: [], slow: [], isRunnable: () => true, run: runTrieTest },
  { name: 'rlp', folder: 'rlp-tests', leftOut: [], slow: [], isRunnable: () => true, run: runRlpTest },
]

/** One JSON file of a suite. */
export interface SuiteFile {
  readonly suite: string
  /** Inside the suite's folder, with `/`. */
  readonly path: string
  /** Position among the files of its own folder, by name, and their number: what a sample is stratified by. */
  readonly position: number
  readonly siblings: number
  /** Only this part of the file's tests, out of `SLOW_PARTS`. */
  readonly part?: number
}

/** Parts of a slow file, whose posts are dealt out in turn. */
export const SLOW_PARTS = 6

/** All files: slow ones first and in parts, the rest folder by folder, sorted by name. */
export function filesOfSuite(suite: Suite, fixtures: string): readonly SuiteFile[] {
  const files = filesUnder(suite, fixtures, '')
  const parts = Array.from({ length: SLOW_PARTS }, (_, part) => part)
  return [
    ...files
      .filter(({ path }) => suite.slow.includes(path))
      .flatMap((file) => parts.map((part) => ({ ...file, part }))),
    ...files.filter(({ path }) => !suite.slow.includes(path)),
  ]
}

/** How many of the suite's known files are not there; 1 where the whole folder is missing. */
export function absentFiles(suite: Suite, fixtures: string): number {
  const folder = join(fixtures, suite.folder)
  if (!existsSync(folder)) return 1
  return suite.leftOut.filter((path) => !existsSync(join(folder, path))).length
}

function filesUnder(suite: Suite, fixtures: string, folder: string): readonly SuiteFile[] {
  const absolute = join(fixtures, suite.folder, folder)
  if (!existsSync(absolute)) return []
  const entries = readdirSync(absolute, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
  return [
    ...files.map(({ name }, position) => {
      return { suite: suite.name, path: posix.join(folder, name), position, siblings: files.length }
    }),
    ...entries
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => filesUnder(suite, fixtures, posix.join(folder, entry.name))),
  ]
}
