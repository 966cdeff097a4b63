import { createMemoryStore } from '@cairn/storage'
import type { Hash } from '@cairn/primitives'
import { expect, test } from 'vitest'
import { encodeRestoreRecord, RESTORE_KEY } from '../src/restore-records.ts'
import { stateStageOf } from '@cairn/executor'
import { HEAD_KEY } from '../src/state-key.ts'

test('a state store is empty, being restored, or whole', async () => {
  const store = createMemoryStore()
  expect(await stateStageOf(store)).toBe('empty')
  const hash = `0x${'11'.repeat(32)}` as Hash
  const value = encodeRestoreRecord({ genesisHash: hash, accountRoot: hash, progress: Uint8Array.of(0xc0) })
  await store.batch([{ type: 'put', key: RESTORE_KEY, value }])
  expect(await stateStageOf(store)).toBe('restoring')
  await store.batch([{ type: 'put', key: HEAD_KEY, value: Uint8Array.of(1) }])
  expect(await stateStageOf(store)).toBe('whole')
})
