import { createMemoryAppendLog } from '@cairn/storage'
import type { MemoryLogMedium } from '@cairn/storage'
import { runAppendLogContract } from '@cairn/testing/contracts'
import { expect, it } from 'vitest'

runAppendLogContract('memory', async () => {
  const medium = { bytes: new Uint8Array(0) }
  return { open: async () => createMemoryAppendLog(medium), cleanUp: async () => {} }
})

it('cuts a torn end and appends in its place', async () => {
  const medium: MemoryLogMedium = { bytes: new Uint8Array(0) }
  const log = createMemoryAppendLog(medium)
  await log.append(Uint8Array.of(1))
  await log.append(Uint8Array.of(2))
  medium.bytes = medium.bytes.slice(0, -1)
  const reopened = createMemoryAppendLog(medium)
  await reopened.append(Uint8Array.of(3))
  expect(await reopened.read()).toEqual([Uint8Array.of(1), Uint8Array.of(3)])
})
