/** A validator key that moves or is copied: its record goes along, and one process at a time signs with it. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner, recoverFromWal } from '@cairn/consensus'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createAppendLogFile } from '@cairn/platform-node'
import { type Hash, ZERO_HASH } from '@cairn/primitives'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openLocalnetDirectory } from '../src/localnet/localnet-directory.ts'
import type { NodeProcess } from '../src/localnet/node-process.ts'
import { type CairnRun, onlyLine, runCairn } from './run-cairn.ts'
import { startArguments, startUntil } from './start-node.ts'

const root = mkdtempSync(join(tmpdir(), 'cairn-protection-'))
const template = join(root, 'template')
const used = join(root, 'used')
const complete = join(root, 'complete.json')
const minimal = join(root, 'minimal.json')
const running: NodeProcess[] = []
/** Processes take a second or two each, much longer on a busy machine. */
const TIMEOUT_MS = 90_000
let copies = 0

beforeAll(async () => {
  await openLocalnetDirectory({ directory: template, validatorCount: 1 })
  cpSync(join(template, 'validator-0'), used, { recursive: true })
  const node = await startUntil(used, 3, running)
  await node.kill('SIGKILL')
  for (const [output, more] of [
    [complete, []],
    [minimal, ['--minimal']],
  ] as const) {
    const run = await exportFrom(used, output, ...more)
    expect(run.exitCode).toBe(0)
    expect(onlyLine(run)).toMatch(/^exported \d+ votes.* do not let this node sign again$/)
  }
}, TIMEOUT_MS)
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.kill('SIGKILL')))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The validator's directory as it was before its first start: same key, no record. */
function freshCopy(): string {
  const data = join(root, `copy-${copies++}`)
  cpSync(join(template, 'validator-0'), data, { recursive: true })
  return data
}

function exportFrom(data: string, output: string, ...more: readonly string[]): Promise<CairnRun> {
  return runCairn(['keys', 'protection', 'export', '--data-dir', data, '--output', output, ...more])
}

function importInto(data: string, file: string): Promise<CairnRun> {
  return runCairn(['keys', 'protection', 'import', file, '--data-dir', data])
}

const recordOf = async (data: string): Promise<ReturnType<typeof recoverFromWal>> => {
  const wal = await createAppendLogFile(join(data, 'wal'))
  try {
    return recoverFromWal(await wal.read())
  } finally {
    await wal.close()
  }
}

describe('keys protection', () => {
  it(
    'makes a signer elsewhere refuse what this one would refuse',
    async () => {
      const { ownVotes } = await recordOf(used)
      expect(ownVotes.length).toBeGreaterThan(5)
      for (const file of [complete, minimal]) {
        const data = freshCopy()
        const run = await importInto(data, file)
        expect([run.exitCode, onlyLine(run)]).toEqual([0, expect.stringMatching(/^imported \d+ vote/)])
        const wal = await createAppendLogFile(join(data, 'wal'))
        const recovered = recoverFromWal(await wal.read())
        const secretKey = new Uint8Array(readFileSync(join(data, 'validator.key')))
        const signer = createSigner(
          { secretKey, genesisHash: ZERO_HASH, recovered },
          { bls: createNativeBls(), log: wal },
        )
        for (const vote of ownVotes) {
          if (vote.kind === 'nullify') continue
          const conflicting = { ...vote, hash: `0x${'ee'.repeat(32)}` as Hash }
          const outcome = await signer.sign(conflicting, 0).catch((error: unknown) => error)
          if (file === complete) expect(outcome).toMatchObject({ code: 'SIGNER_REFUSED' })
          else expect(outcome).toBeUndefined()
        }
        await wal.close()
      }
    },
    TIMEOUT_MS,
  )

  it(
    'imports twice, and over a newer record, without losing any of it',
    async () => {
      const data = freshCopy()
      await importInto(data, complete)
      const first = await recordOf(data)
      expect(first.ownVotes).toEqual((await recordOf(used)).ownVotes)
      await importInto(data, minimal)
      const second = await recordOf(data)
      expect(second.ownVotes).toEqual([])
      await importInto(data, complete)
      expect(await recordOf(data)).toEqual(second)
    },
    TIMEOUT_MS,
  )

  it(
    'takes no file that is foreign or broken: one line, and the record stays as it was',
    async () => {
      const data = freshCopy()
      await importInto(data, complete)
      const before = readFileSync(join(data, 'wal'))
      const text = readFileSync(complete, 'utf8')
      const files = {
        PROTECTION_WRONG_CHAIN: text.replace(/"genesis_hash": "0x[0-9a-f]{4}/, '"genesis_hash": "0x0000'),
        PROTECTION_KEY_MISSING: text.replace(/"pubkey": "0x[0-9a-f]{4}/, '"pubkey": "0x0000'),
        PROTECTION_VERSION: text.replace('cairn-1', '5'),
        PROTECTION_MALFORMED: text.slice(0, -20),
      }
      for (const [code, content] of Object.entries(files)) {
        const file = join(root, `${code}.json`)
        writeFileSync(file, content)
        const run = await importInto(data, file)
        expect([run.exitCode, onlyLine(run)]).toEqual([1, expect.stringContaining(`[${code}]`)])
      }
      const absent = await importInto(data, join(root, 'absent.json'))
      expect(onlyLine(absent)).toContain('[PROTECTION_FILE_UNREADABLE]')
      expect(readFileSync(join(data, 'wal'))).toEqual(before)
    },
    TIMEOUT_MS,
  )

  it(
    'neither exports nor replaces a record that is lost',
    async () => {
      const data = freshCopy()
      cpSync(used, data, { recursive: true })
      rmSync(join(data, 'wal'))
      const output = join(root, 'lost.json')
      expect(onlyLine(await exportFrom(data, output))).toContain('[PROTECTION_RECORD_LOST]')
      expect(existsSync(output)).toBe(false)
      expect(onlyLine(await importInto(data, complete))).toContain('[PROTECTION_RECORD_LOST]')
      // The same where the log was lost after an import and before any start.
      const moved = freshCopy()
      await importInto(moved, complete)
      rmSync(join(moved, 'wal'))
      expect(onlyLine(await importInto(moved, complete))).toContain('[PROTECTION_RECORD_LOST]')
    },
    TIMEOUT_MS,
  )

  it(
    'refuses a directory that is in use or is none',
    async () => {
      const data = freshCopy()
      await startUntil(data, 1, running)
      expect(onlyLine(await exportFrom(data, join(root, 'never.json')))).toContain('[DATA_DIRECTORY_IN_USE]')
      expect(existsSync(join(root, 'never.json'))).toBe(false)
      expect(onlyLine(await importInto(join(root, 'nowhere'), complete))).toContain('[DATA_DIRECTORY_MISSING]')
    },
    TIMEOUT_MS,
  )
})

it(
  'a second process with a copy of the key does not start',
  async () => {
    const [data, copy] = [freshCopy(), freshCopy()]
    const node = await startUntil(data, 1, running)
    const run = await runCairn(['start', ...startArguments(copy)])
    expect([run.exitCode, onlyLine(run)]).toEqual([1, expect.stringContaining('[VALIDATOR_KEY_IN_USE]')])
    await node.kill('SIGKILL')
    await startUntil(data, 2, running)
  },
  TIMEOUT_MS,
)
