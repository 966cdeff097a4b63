import { expect, test } from 'vitest'
import { createQuestions } from '../src/questions.ts'
import { dueTimers } from './due-timers.ts'

test('work waits until the last open question is answered, whether well or not', async () => {
  const { timers, due } = dueTimers()
  const questions = createQuestions(timers)
  await questions.none()
  const first = Promise.withResolvers<number>()
  const second = Promise.withResolvers<number>()
  const answers = [questions.count(first.promise), questions.count(second.promise)]
  const events: string[] = []
  const free = questions.none().then(() => events.push('free'))
  first.resolve(1)
  expect(await answers[0]).toBe(1)
  events.push('first')
  second.reject(new Error('no answer'))
  await expect(answers[1]).rejects.toThrow('no answer')
  await free
  expect(events).toEqual(['first', 'free'])
  expect(due).toEqual([])
})

test('work waits no longer than its patience where there is always a question', async () => {
  const { timers, due } = dueTimers()
  const questions = createQuestions(timers)
  void questions.count(new Promise(() => undefined))
  const free = questions.none()
  expect(due).toHaveLength(1)
  due[0]?.()
  await free
})
