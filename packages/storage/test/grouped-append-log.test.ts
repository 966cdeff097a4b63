import { CodedError } from '@cairn/primitives'
import { createGroupedAppendLog } from '@cairn/storage'
import { expectFailure } from '@cairn/testing/contracts'
import { expect, it } from 'vitest'

const record = (byte: number): Uint8Array => Uint8Array.of(byte)

it('hands appends that wait together to the medium as one group', async () => {
  const groups: number[] = []
  const log = createGroupedAppendLog({
    append: async (records) => void groups.push(records.length),
    read: async () => [],
    replace: async () => {},
    close: async () => {},
  })
  const first = Array.from({ length: 10 }, (_, index) => log.append(record(index)))
  const read = log.read()
  const second = Array.from({ length: 5 }, (_, index) => log.append(record(index)))
  await Promise.all([...first, read, ...second])
  await log.append(record(1))
  expect(groups).toEqual([10, 5, 1])
})

it('refuses appends after one failed, until it is replaced', async () => {
  let isFull = true
  let appended = 0
  const log = createGroupedAppendLog({
    append: async (records) => {
      if (isFull) throw new CodedError('STORE_FULL', 'no space left')
      appended += records.length
    },
    read: async () => [],
    replace: async () => {},
    close: async () => {},
  })
  await Promise.all([1, 2].map((byte) => expectFailure(() => log.append(record(byte)), 'STORE_FULL')))
  isFull = false
  await expectFailure(() => log.append(record(3)), 'STORE_FAILED')
  expect(appended).toBe(0)
  await log.replace([])
  await log.append(record(4))
  expect(appended).toBe(1)
})
