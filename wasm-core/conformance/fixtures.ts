/**
 * Where the official fixtures are: the folder that `CAIRN_ETHEREUM_FIXTURES` names, or the archive beside the
 * repository, unpacked once into the system's folder for temporary files. Nothing of them is committed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@cairn/primitives'

/** `undefined`: there are none on this machine. @throws CodedError `FIXTURES_FOLDER_WRONG`, `FIXTURES_UNPACK_FAILED` */
export function locateFixtures(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = environment['CAIRN_ETHEREUM_FIXTURES']
  if (named !== undefined && named !== '') {
    const root = rootInside(named)
    if (root !== undefined) return root
    throw new CodedError('FIXTURES_FOLDER_WRONG', `CAIRN_ETHEREUM_FIXTURES=${named} holds no ${MARKER}`)
  }
  return existsSync(ARCHIVE) ? unpacked() : undefined
}

const ARCHIVE = fileURLToPath(new URL('../../../shared/fixtures/ethereum-fixtures.tar.xz', import.meta.url))
const MARKER = 'state-tests-cancun'

function rootInside(folder: string): string | undefined {
  return [folder, join(folder, 'ethereum-fixtures')].find((root) => existsSync(join(root, MARKER)))
}

/** The folder is named for the archive's size and date, and appears whole or not at all. */
function unpacked(): string {
  const { size, mtimeMs } = statSync(ARCHIVE)
  const target = join(tmpdir(), `cairn-ethereum-fixtures-${size}-${Math.floor(mtimeMs)}`)
  if (!existsSync(target)) {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-ethereum-fixtures-'))
    const tar = spawnSync('tar', ['-xJf', ARCHIVE, '-C', folder], { encoding: 'utf8' })
    if (tar.status !== 0) {
      rmSync(folder, { recursive: true, force: true })
      throw new CodedError('FIXTURES_UNPACK_FAILED', `tar could not unpack the fixtures (are tar and xz there?)`, {
        data: { output: tar.error?.message ?? tar.stderr },
      })
    }
    moveIntoPlace(folder, target)
  }
  const root = rootInside(target)
  if (root === undefined) throw new CodedError('FIXTURES_UNPACK_FAILED', `the archive holds no ${MARKER}`)
  return root
}

/** Another run may have been faster. */
function moveIntoPlace(folder: string, target: string): void {
  try {
    renameSync(folder, target)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
}
