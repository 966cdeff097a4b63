/** Every fault that has a file here, by its name. */
import type { SeededRandom } from '../random.ts'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createAmnesiac } from './amnesiac.ts'
import { createBadBundle } from './bad-bundle.ts'
import { createCollectorFlooder } from './collector-flooder.ts'
import { createEquivocator } from './equivocator.ts'
import { createFalseCollector } from './false-collector.ts'
import { createFavouringCollector } from './favouring-collector.ts'
import { createForger } from './forger.ts'
import { createFutureFlooder } from './future-flooder.ts'
import { createGarbler } from './garbler.ts'
import { createInvalidRoot } from './invalid-root.ts'
import { createSignEverything } from './sign-everything.ts'
import { createSilentCollector } from './silent-collector.ts'
import { createSilent } from './silent.ts'
import { createSplitCollector } from './split-collector.ts'
import { createStaleProof } from './stale-proof.ts'
import { createTwins } from './twins.ts'
import { createVoteSplitter } from './vote-splitter.ts'
import { createWithholder } from './withholder.ts'

/** Actors with ids from `firstId` on that hold the key of `slot`. */
type CreateAdversary = (world: World, slot: number, firstId: number) => readonly Actor[]

const CREATE = {
  silent: createSilent,
  equivocator: createEquivocator,
  twins: createTwins,
  withholder: createWithholder,
  amnesiac: createAmnesiac,
  'sign-everything': createSignEverything,
  'stale-proof': createStaleProof,
  'bad-bundle': createBadBundle,
  'vote-splitter': createVoteSplitter,
  'future-flooder': createFutureFlooder,
  'invalid-root': createInvalidRoot,
  forger: createForger,
  garbler: createGarbler,
  'silent-collector': createSilentCollector,
  'split-collector': createSplitCollector,
  'favouring-collector': createFavouringCollector,
  'false-collector': createFalseCollector,
  'collector-flooder': createCollectorFlooder,
} satisfies Record<string, CreateAdversary>

export type AdversaryName = keyof typeof CREATE

export const ADVERSARY_NAMES = Object.keys(CREATE) as readonly AdversaryName[]

export function createAdversary(name: AdversaryName, world: World, slot: number, firstId: number): readonly Actor[] {
  return CREATE[name](world, slot, firstId)
}

export function drawAdversary(random: SeededRandom): AdversaryName {
  return ADVERSARY_NAMES[random.below(ADVERSARY_NAMES.length)] ?? 'silent'
}
