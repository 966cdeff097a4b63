import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectFailure } from '@cairn/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeProcess } from '../src/data-directory-holder.ts'
import { openDataDirectory } from '../src/data-directory.ts'

describe('openDataDirectory', () => {
  let parent: string
  let path: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'cairn-data-'))
    path = join(parent, 'deep', 'node')
  })
  afterEach(() => rm(parent, { recursive: true }))

  const openAndClose = async (): Promise<void> => (await openDataDirectory(path)).close()

  it('creates the directory, names its parts and leaves no lock behind', async () => {
    const directory = await openDataDirectory(path)
    expect((await readdir(path)).sort()).toEqual(['LOCK', 'VERSION'])
    expect(await readFile(join(path, 'LOCK'), 'utf8')).toBe(describeProcess(process.pid))
    expect(directory.chainPath).toBe(join(path, 'chain'))
    await directory.close()
    await directory.close()
    expect(await readdir(path)).toEqual(['VERSION'])
    await openAndClose()
  })

  it('refuses a directory in use and names the process', async () => {
    const directory = await openDataDirectory(path)
    await expect(openDataDirectory(path)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`),
      data: { pid: process.pid },
    })
    await directory.close()
    await openAndClose()
  })

  it('admits one of many that start at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => openDataDirectory(path)))
    const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(opened.length).toBe(1)
    await opened[0]?.close()
  })

  it('takes over from a process that died, and not from one that lives', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' })
    await once(child, 'spawn')
    const pid = child.pid as number
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'LOCK'), describeProcess(pid))
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE', data: { pid } })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await openAndClose()
  })

  it('takes over where the pid came again, and from a lock without content', async () => {
    await mkdir(path, { recursive: true })
    for (const content of [`${process.pid}\n00000000-0000-0000-0000-000000000000/1\n`, '', 'nonsense']) {
      await writeFile(join(path, 'LOCK'), content)
      await openAndClose()
    }
  })

  it('takes a lock without start time for held as long as its process lives', async () => {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'LOCK'), `${process.pid}\n`)
    await expectFailure(openAndClose, 'DATA_DIRECTORY_IN_USE')
    await writeFile(join(path, 'LOCK'), '2147483646\n')
    await openAndClose()
  })

  it('refuses layouts it does not know, touches nothing and gives the lock back', async () => {
    await openAndClose()
    for (const [content, code] of [
      ['cairn-data 1\n', 'DATA_DIRECTORY_VERSION'],
      ['cairn-data 2', 'DATA_DIRECTORY_CORRUPT'],
      ['', 'DATA_DIRECTORY_CORRUPT'],
    ] as const) {
      await writeFile(join(path, 'VERSION'), content)
      await expectFailure(openAndClose, code)
      expect(await readdir(path)).toEqual(['VERSION'])
    }
    await rm(join(path, 'VERSION'))
    await mkdir(join(path, 'chain'))
    await expectFailure(openAndClose, 'DATA_DIRECTORY_CORRUPT')
  })

  it('says so when it cannot use the path', async () => {
    await writeFile(join(parent, 'deep'), 'a file')
    await expectFailure(openAndClose, 'DATA_DIRECTORY_FAILED')
  })

  it('remembers beside the keys that the log was used', async () => {
    const directory = await openDataDirectory(path)
    expect(await directory.voteMarker.isSet()).toBe(false)
    await directory.voteMarker.set()
    await directory.voteMarker.set()
    await directory.close()
    const again = await openDataDirectory(path)
    expect(await again.voteMarker.isSet()).toBe(true)
    await again.close()
  })

  it('keeps keys for their owner only, and never overwrites one', async () => {
    const directory = await openDataDirectory(path)
    expect(await directory.readKey('validator.key')).toBeUndefined()
    await directory.writeKey('validator.key', Uint8Array.of(1, 2, 3))
    expect(await directory.readKey('validator.key')).toEqual(Uint8Array.of(1, 2, 3))
    const keyPath = join(path, 'validator.key')
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600)
    await expectFailure(() => directory.writeKey('validator.key', Uint8Array.of(4)), 'KEY_FILE_EXISTS')
    await chmod(keyPath, 0o640)
    await expectFailure(() => directory.readKey('validator.key'), 'KEY_FILE_EXPOSED')
    await directory.close()
    expect((await readdir(path)).sort()).toEqual(['VERSION', 'validator.key'])
  })
})
