import { expect, test } from 'vitest'
import { createFirstLookUp } from '../src/first-look-up.ts'
import type { LookUp } from '../src/proven-balance.ts'
import { dueTimers } from './due-timers.ts'

const refusing: LookUp = () => Promise.resolve({ refused: { code: 'NO_PEER', message: '' } })
const better: LookUp = () => Promise.resolve({ refused: { code: 'PROOF_TOO_NEW', message: '' } })

test('a question that comes before the node can read waits for it; later ones have the newest way', async () => {
  const { timers, due } = dueTimers()
  const lookUps = createFirstLookUp(timers)
  const early = [lookUps.get(), lookUps.get()]
  expect(due).toHaveLength(2)
  lookUps.set(refusing)
  expect(await Promise.all(early)).toEqual([refusing, refusing])
  expect(due).toEqual([])
  lookUps.set(better)
  expect(await lookUps.get()).toBe(better)
})

test('it waits neither for ever, nor for a start that has failed', async () => {
  const { timers, due } = dueTimers()
  const lookUps = createFirstLookUp(timers)
  const early = lookUps.get()
  due[0]?.()
  expect(await early).toBeUndefined()

  const hopeless = lookUps.get()
  lookUps.giveUp()
  expect(await hopeless).toBeUndefined()
  expect(await lookUps.get()).toBeUndefined()
})
