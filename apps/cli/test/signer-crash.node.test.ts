/** R10 on a real file and real kills: over all lives of a process, no two of its signatures are slashable together. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Vote, evidenceFromVotes } from '@cairn/chain'
import { epoch } from '@cairn/primitives'
import { afterEach, beforeEach, expect, it } from 'vitest'

const LIVES = 12
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cairn-signer-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

it('is killed in the middle of its work a dozen times, and never contradicts itself', async () => {
  const votesByView = new Map<number, Vote[]>()
  let signed = 0
  for (let life = 1; life <= LIVES; life++) {
    const child = fork(join(import.meta.dirname, 'signer-writer.ts'), [join(directory, 'wal'), String(life)])
    let heard = 0
    child.on('message', (told) => {
      const vote = { epoch: epoch(0), validator: 0, signature: new Uint8Array(96), ...(told as object) } as Vote
      const others = votesByView.get(vote.view) ?? []
      for (const other of others) expect(evidenceFromVotes(other, vote)).toBeUndefined()
      votesByView.set(vote.view, [...others, vote])
      heard += 1
      // Somewhere in a write, a different one in each life.
      if (heard === 20 + 7 * life) child.kill('SIGKILL')
    })
    await once(child, 'exit')
    signed += heard
  }
  expect(signed).toBeGreaterThan(20 * LIVES)
  expect(votesByView.size).toBeGreaterThan(LIVES)
}, 90_000)
