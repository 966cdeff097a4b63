/**
 * Validator sets of a light tab, from epoch to epoch by certificates alone (consensus.md «Light client»), with other peers
 * as witnesses. What was trusted when the page was left is gone on from, while it is fresh enough.
 */
import { type ChainSpec, type ValidatorSet, genesisValidatorSet } from '@cairn/chain'
import {
  type Checkpoint,
  type EpochKeys,
  type LightDriver,
  type LightMemory,
  type LightPeers,
  createLightDriver,
} from '@cairn/node'
import type { Clock, Log, Network, PeerId } from '@cairn/ports'
import { serversFirst } from './servers-first.ts'

export interface LightEpochs {
  /** Ascending; the newest known last. */
  recentSets(): readonly ValidatorSet[]
  /**
   * Takes what `peer` proves of later epochs; liars are penalized. @throws CodedError `LIGHT_…`, `CHECKPOINT_TOO_OLD`; the
   * network's
   */
  advance(peer: PeerId, network: LightPeers & Pick<Network, 'peers'>, keys: EpochKeys): Promise<void>
}

export interface LightEpochsDeps {
  readonly clock: Clock
  readonly log: Log
  readonly memory: LightMemory
}

/** `checkpoint`: the epochs must lead through it. */
export function createLightEpochs(
  spec: ChainSpec,
  checkpoint: Checkpoint | undefined,
  deps: LightEpochsDeps,
): LightEpochs {
  const genesis = genesisValidatorSet(spec)
  let opening: Promise<LightDriver> | undefined
  let driver: LightDriver | undefined
  return {
    recentSets: () => driver?.recentSets() ?? [genesis],
    advance: async (peer, network, keys) => {
      opening ??= createLightDriver({ spec, checkpoint }, { ...deps, keys })
      driver = await opening
      await driver.advance(peer, serversFirst(network.peers()), network)
    },
  }
}
