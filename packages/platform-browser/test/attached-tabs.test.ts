import { expect, test } from 'vitest'
import { attachTabs } from '../src/attached-tabs.ts'
import { TAB_WORDS_VERSION } from '../src/limits.ts'
import { initialSnapshot } from '../src/snapshot-publisher.ts'
import type { TabSnapshot } from '../src/tab-snapshot.ts'

function setup({ isOurs = true } = {}) {
  const shown: TabSnapshot[] = []
  const said: unknown[] = []
  let listener: ((data: unknown) => void) | undefined
  const channel = {
    onMessage: (added: (data: unknown) => void) => void (listener = added),
    postMessage: (word: unknown) => void said.push(word),
  }
  const publish = attachTabs(
    (snapshot) => void shown.push(snapshot),
    () => isOurs,
    channel,
  )
  const hear = (data: unknown): void => listener?.(data)
  return { shown, said, publish, hear }
}

const running: TabSnapshot = { ...initialSnapshot, phase: 'live', trust: {} as TabSnapshot['trust'], verifiedHeight: 7 }
const waiting: TabSnapshot = { ...initialSnapshot, phase: 'waiting' }

test('a waiting tab shows what the running one says', () => {
  const [first, second] = [setup(), setup()]
  first.publish(running)
  second.publish(waiting)
  for (const word of first.said) second.hear(word)
  expect(second.shown.at(-1)).toEqual({ ...running, phase: 'waiting' })
  expect(second.said).toEqual([])
})

test('a tab that only waits for the lock, and reads meanwhile, says nothing to others', () => {
  const tab = setup({ isOurs: false })
  tab.publish({ ...running, phase: 'starting' })
  expect(tab.shown).toHaveLength(1)
  expect(tab.said).toEqual([])
})

test('what a waiting tab reads by itself does not hide what the running one says', () => {
  const tab = setup({ isOurs: false })
  tab.publish(waiting)
  tab.hear({ version: TAB_WORDS_VERSION, snapshot: running })
  tab.publish({ ...waiting, trust: running.trust })
  expect(tab.shown.at(-1)).toEqual({ ...running, phase: 'waiting' })
  tab.publish({ ...waiting, phase: 'starting' })
  expect(tab.shown.at(-1)?.phase).toBe('starting')
})

test('of another version it takes nothing, says so, and forgets it when it takes over', () => {
  for (const word of [running, { version: TAB_WORDS_VERSION + 1, snapshot: running }, 'older', undefined, null]) {
    const tab = setup()
    tab.publish(waiting)
    tab.hear(word)
    expect(tab.shown.at(-1)?.failure?.code).toBe('TAB_VERSION_DIFFERS')
    expect(tab.shown.at(-1)?.verifiedHeight).toBeUndefined()
    tab.publish(running)
    expect(tab.shown.at(-1)).toEqual(running)
  }
})

test('a tab that runs the node hears nobody', () => {
  const tab = setup()
  tab.publish(running)
  tab.hear({ version: TAB_WORDS_VERSION, snapshot: waiting })
  expect(tab.shown).toEqual([running])
})
