/** Evidence in simulated chains, with loss, partitions and crashes: the faulty are convicted, nobody else ever is, and no block says it twice. */
import { evidenceHash, voteSigningBytes } from '@cairn/chain'
import type { Evidence } from '@cairn/chain'
import { equalBytes } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { applyFaults } from '../src/simulator/faults/apply-faults.ts'
import { evidenceIn } from '../src/simulator/node/disk.ts'
import { createRun } from '../src/simulator/run.ts'
import type { Adversary, Run } from '../src/simulator/run.ts'

/** Virtual time after the last fault, enough for the next blocks. */
const AFTER_HEAL_MS = 10_000

async function play(seed: number, adversary: Adversary): Promise<Run> {
  const run = createRun({ seed, nodes: 4, adversary })
  const { queue } = run.world
  for (const actor of run.world.actors) actor.start()
  run.clients.start()
  applyFaults(run.world, run.honest, run.clients, run.schedule, undefined)
  while (queue.nowMs < run.schedule.healedAtMs + AFTER_HEAL_MS) await queue.pop()?.()
  return run
}

/** Whose key made the first half. */
function offenderOf({ world }: Run, { first }: Evidence): number {
  const { bls, secretKeys, genesisHash } = world.chain
  const bytes = voteSigningBytes(genesisHash, first)
  return secretKeys.findIndex((key) => equalBytes(bls.sign(key, bytes), first.signature))
}

describe.each<[Adversary, boolean]>([
  ['sign-everything', true],
  ['equivocator', true],
  ['twins', false],
  ['none', false],
])('%s', (adversary, isSure) => {
  it('is on the chain with its own key only, once for each offence', async () => {
    let found = 0
    for (let seed = 1; seed <= 6; seed++) {
      const run = await play(seed, adversary)
      expect(run.world.invariants.violation).toBeUndefined()
      const honest = new Set(run.honest.map(({ slot }) => slot))
      for (const { disk } of run.honest) {
        const items = evidenceIn(disk.committed)
        found += items.length
        expect(new Set(items.map(evidenceHash)).size).toBe(items.length)
        for (const evidence of items) {
          const slot = offenderOf(run, evidence)
          expect(slot).toBeGreaterThanOrEqual(0)
          expect(honest.has(slot)).toBe(false)
        }
      }
    }
    if (isSure) expect(found).toBeGreaterThan(0)
    if (adversary === 'none') expect(found).toBe(0)
  })
})
