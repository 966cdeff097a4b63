/**
 * Fault: floods those who collect. Before the votes of a view are there its collectors are sent votes in the names of
 * others with bad signatures, many votes of its own key that contradict each other, and the same certificates over and
 * over: what they hold is bounded, and the true votes must not find the room taken.
 */
import { createCollectorSchedule } from '@cairn/chain'
import type { Certificate, CollectorSchedule, ValidatorSet, VoteKind } from '@cairn/chain'
import { ZERO_HASH, view as viewOf } from '@cairn/primitives'
import type { Hash, View } from '@cairn/primitives'
import { digestOf } from '../model/digest.ts'
import { indexInSet } from '../model/model-chain.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, withBeside } from './faulty-node.ts'
import { forgeVote, keyInSet } from './forged-block.ts'
import type { KeyInSet } from './forged-block.ts'

const TICK_MS = 100
const KINDS: readonly VoteKind[] = ['notarize', 'nullify', 'finalize']
/** More than a collector keeps of one validator, kind and view. */
const OWN_VOTES = 5
const REPEATS = 4
/** The collectors of a set as large as those of production, where all of them are sent everything. */
const COLLECTORS = 8

export function createCollectorFlooder(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const node = createFaultyNode(world, slot, id)
  let collectors: { readonly set: ValidatorSet; readonly of: CollectorSchedule } | undefined
  let last: Certificate | undefined

  const victims = (set: ValidatorSet, view: View): readonly number[] => {
    if (collectors?.set !== set) {
      collectors = { set, of: createCollectorSchedule(set, world.dissemination?.collectors ?? COLLECTORS) }
    }
    const chosen = new Set(collectors.of(view))
    return [...world.actors.keys()].filter((to) => {
      const index = indexInSet(world.chain, set, world.actors[to]?.slot ?? -1)
      return to !== id && index !== undefined && chosen.has(index)
    })
  }

  const burst = ({ set, ...key }: KeyInSet, view: View, hash: Hash): readonly WireMessage[] => {
    const kind = KINDS[random.below(KINDS.length)] ?? 'notarize'
    const own = Array.from({ length: OWN_VOTES }, (_, count) =>
      forgeVote(
        world.chain,
        { set, ...key },
        kind,
        view,
        count === 0 ? hash : digestOf(`flood ${random.below(2 ** 20)}`),
      ),
    )
    const others = set.validators.flatMap((_, validator) =>
      random.chance(0.3)
        ? [
            {
              ...(own[0] as (typeof own)[number]),
              validator,
              signature: new Uint8Array(96).fill(random.below(256), 0, 8),
            },
          ]
        : [],
    )
    const certificates = last === undefined ? [] : Array.from({ length: REPEATS }, () => last as Certificate)
    return [
      ...[...own, ...others].map((vote) => ({ type: 'vote', vote }) as const),
      ...certificates.map((certificate) => ({ type: 'certificate', certificate }) as const),
    ]
  }

  const tick = (): void => {
    world.queue.after(TICK_MS, tick)
    const key = keyInSet(world.chain, node, slot)
    if (key === undefined) return
    const view = viewOf(node.consensus.view + random.below(2))
    const to = victims(key.set, view)
    for (const message of burst(key, view, node.consensus.head.hash)) {
      for (const one of to) world.network.send(id, one, message)
    }
  }

  return withBeside(node, {
    begin: () => world.queue.after(TICK_MS, tick),
    hear(message) {
      if (message.type === 'certificate' && message.certificate.hash !== ZERO_HASH) last = message.certificate
    },
  })
}
