import { evidenceFromVotes } from '@cairn/chain'
import type { Evidence, Vote } from '@cairn/chain'
import { ZERO_HASH, epoch, hexFromBytes, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, createPendingEvidence } from '@cairn/storage'
import { expect, it } from 'vitest'

const vote = (at: number, kind: 'nullify' | 'finalize'): Vote => ({
  kind,
  epoch: epoch(0),
  view: view(at),
  hash: kind === 'nullify' ? ZERO_HASH : (hexFromBytes(new Uint8Array(32).fill(1)) as Hash),
  validator: 1,
  signature: new Uint8Array(96).fill(at),
})

function evidence(at: number): Evidence {
  const found = evidenceFromVotes(vote(at, 'nullify'), vote(at, 'finalize'))
  if (found === undefined) throw new Error('the votes conflict')
  return found
}

const viewsOf = (items: readonly Evidence[]): readonly number[] =>
  items.map(({ first }) => Number(first.view)).toSorted((a, b) => a - b)

it('keeps what waits through a crash, and only that', async () => {
  const medium = createMemoryMedium()
  const before = createPendingEvidence(createMemoryStore(medium))
  expect(await before.all()).toEqual([])
  await before.keep([evidence(1), evidence(2)])
  await before.keep([evidence(2), evidence(3)])
  medium.crash()
  const after = createPendingEvidence(createMemoryStore(medium))
  const found = await after.all()
  expect(viewsOf(found)).toEqual([2, 3])
  expect(found).toContainEqual(evidence(3))
  await after.keep([])
  medium.crash()
  expect(await createPendingEvidence(createMemoryStore(medium)).all()).toEqual([])
})

it('is whole at each write point: the old or the new', async () => {
  const medium = createMemoryMedium()
  const first = createPendingEvidence(createMemoryStore(medium))
  await first.keep([evidence(1)])
  const underWay = first.keep([evidence(2)])
  medium.crash()
  await underWay.catch(() => undefined)
  const found = viewsOf(await createPendingEvidence(createMemoryStore(medium)).all())
  expect([[1], [2]]).toContainEqual(found)
})

it('leaves out what is damaged, and is bounded', async () => {
  const store = createMemoryStore()
  await store.batch([{ type: 'put', key: Uint8Array.of(0x1e, 1), value: Uint8Array.of(1, 2, 3) }])
  const pending = createPendingEvidence(store)
  expect(await pending.all()).toEqual([])
  await pending.keep(Array.from({ length: 300 }, (_, at) => evidence(at + 1)))
  expect(await createPendingEvidence(store).all()).toHaveLength(256)
})
