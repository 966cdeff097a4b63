/** On the Web Locks of the host: browsers and Node have the same ones. */
import { expect, it } from 'vitest'
import { takeKeyLock } from '../src/key-lock.ts'

const KEY = new Uint8Array(48).fill(1)

it('lets a key be taken once at a time, and other keys beside it', async () => {
  const release = await takeKeyLock(KEY)
  await expect(takeKeyLock(KEY)).rejects.toMatchObject({ code: 'VALIDATOR_KEY_IN_USE' })
  const releaseOther = await takeKeyLock(new Uint8Array(48).fill(2))
  release()
  release()
  releaseOther()
  // A lock is given back in a task of its own.
  await expect
    .poll(() =>
      takeKeyLock(KEY).then(
        (again) => again() ?? 'taken',
        () => 'in use',
      ),
    )
    .toBe('taken')
})

it('passes on what the lock manager throws', async () => {
  const broken = { request: () => Promise.reject(new Error('no locks here')) }
  await expect(takeKeyLock(KEY, broken)).rejects.toThrow('no locks here')
})
