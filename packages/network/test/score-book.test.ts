import { expect, test } from 'vitest'
import { SCORED_PEERS_MAX, SCORE_HALF_LIFE_MS } from '../src/limits.ts'
import { createScoreBook } from '../src/score-book.ts'
import { createFakeTime } from './fake-time.ts'

test('scores halve every ten minutes', async () => {
  const time = createFakeTime()
  const book = createScoreBook(time)
  expect(book.score('a')).toBe(0)
  book.report('a', 16)
  await time.advance(SCORE_HALF_LIFE_MS)
  expect(book.score('a')).toBeCloseTo(-8, 6)
})

test('at −20 a peer is disconnected for a while, at −50 banned until it has decayed to −20', async () => {
  const time = createFakeTime()
  const book = createScoreBook(time)
  expect(book.report('a', 19)).toBe('keep')
  expect(book.isRefused('a')).toBe(false)
  expect(book.report('a', 2)).toBe('disconnect')
  expect(book.isRefused('a')).toBe(true)
  await time.advance(30_000)
  expect(book.isRefused('a')).toBe(false)
  expect(book.report('a', 60)).toBe('ban')
  await time.advance(SCORE_HALF_LIFE_MS)
  expect(book.isRefused('a')).toBe(true)
  await time.advance(2 * SCORE_HALF_LIFE_MS)
  expect(book.isRefused('a')).toBe(false)
})

test('no score falls below the floor, and the number of peers is bounded, the worst staying', () => {
  const time = createFakeTime()
  const book = createScoreBook(time)
  for (let count = 0; count < 50; count++) book.report('bad', 10)
  expect(book.score('bad')).toBe(-100)
  for (let index = 0; index < SCORED_PEERS_MAX + 10; index++) book.report(`peer-${index}`, 1)
  expect(book.isRefused('bad')).toBe(true)
})
