/** One signer per key on a machine, also from two data directories; locks of dead processes and useless places. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, isAbsolute, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyLockDirectories, takeKeyLock } from '../src/key-lock.ts'

const KEY = new Uint8Array(48).fill(1)
const OTHER_KEY = new Uint8Array(48).fill(2)
let root: string
let places: readonly string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cairn-key-lock-'))
  places = [join(root, 'home', 'locks'), join(root, 'tmp')]
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('takeKeyLock', () => {
  it('lets a key be taken once at a time, other keys beside it', async () => {
    const release = await takeKeyLock(KEY, places)
    await expect(takeKeyLock(KEY, places)).rejects.toMatchObject({
      code: 'VALIDATOR_KEY_IN_USE',
      data: { pid: process.pid },
    })
    await expect(takeKeyLock(KEY, places.slice(1))).rejects.toMatchObject({ code: 'VALIDATOR_KEY_IN_USE' })
    const other = await takeKeyLock(OTHER_KEY, places)
    await release()
    await release()
    const again = await takeKeyLock(KEY, places)
    await again()
    await other()
    for (const place of places) expect(await readdir(place)).toEqual([])
  })

  it('leaves nothing behind where it could not take every usable place', async () => {
    const release = await takeKeyLock(KEY, places.slice(1))
    await expect(takeKeyLock(KEY, places)).rejects.toMatchObject({ code: 'VALIDATOR_KEY_IN_USE' })
    expect(await readdir(places[0] ?? '')).toEqual([])
    await release()
  })

  it('keeps another process out until that one is killed', async () => {
    const holder = fork(join(import.meta.dirname, 'key-lock-writer.ts'), [Buffer.from(KEY).toString('hex'), ...places])
    await once(holder, 'message')
    await expect(takeKeyLock(KEY, places)).rejects.toMatchObject({
      code: 'VALIDATOR_KEY_IN_USE',
      data: { pid: holder.pid },
    })
    const exited = once(holder, 'exit')
    holder.kill('SIGKILL')
    await exited
    const release = await takeKeyLock(KEY, places)
    await release()
  })

  it('clears away what was left a day ago, and nothing else', async () => {
    const [place = ''] = places
    await mkdir(place, { recursive: true, mode: 0o700 })
    const nameOf = (digit: string): string => join(place, `key-${digit.repeat(32)}.lock`)
    const dayAgo = Date.now() / 1_000 - 25 * 60 * 60
    for (const [path, content] of [
      [nameOf('a'), '999999999\n'],
      [nameOf('b'), '999999999\n'],
      [nameOf('c'), `${process.pid}\n`],
      [join(place, 'other'), ''],
    ] as const) {
      await writeFile(path, content)
      if (path !== nameOf('b')) await utimes(path, dayAgo, dayAgo)
    }
    const release = await takeKeyLock(KEY, [place])
    await release()
    expect((await readdir(place)).toSorted()).toEqual(
      [nameOf('b'), nameOf('c'), join(place, 'other')].map((path) => basename(path)).toSorted(),
    )
  })

  it('does with one place, refuses with none', async () => {
    const file = join(root, 'file')
    await writeFile(file, '')
    const release = await takeKeyLock(KEY, [join(file, 'below'), places[1] ?? ''])
    await expect(takeKeyLock(KEY, places)).rejects.toMatchObject({ code: 'VALIDATOR_KEY_IN_USE' })
    await release()
    await expect(takeKeyLock(KEY, [join(file, 'below')])).rejects.toMatchObject({ code: 'VALIDATOR_KEY_LOCK_FAILED' })
  })

  const ofUnix = { meta: { skipReason: 'Windows has other permissions' } }
  it.skipIf(process.platform === 'win32')('trusts no place that others may write to, and no link', ofUnix, async () => {
    const [open, target, link] = [join(root, 'open'), join(root, 'target'), join(root, 'link')]
    await mkdir(open)
    await chmod(open, 0o777)
    await mkdir(target)
    await symlink(target, link)
    for (const place of [open, link]) {
      await expect(takeKeyLock(KEY, [place])).rejects.toMatchObject({ code: 'VALIDATOR_KEY_LOCK_FAILED' })
    }
  })

  it('looks in the same places whatever the environment says', () => {
    const before = keyLockDirectories()
    const { HOME, TMPDIR, XDG_RUNTIME_DIR } = process.env
    try {
      Object.assign(process.env, { HOME: root, TMPDIR: root, XDG_RUNTIME_DIR: root })
      expect(keyLockDirectories()).toEqual(before)
      expect(before.every((place) => isAbsolute(place) && !place.startsWith(root))).toBe(true)
    } finally {
      for (const [name, value] of Object.entries({ HOME, TMPDIR, XDG_RUNTIME_DIR })) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })
})
