/**
 * Validator sets of a light tab, from epoch to epoch by certificates alone (consensus.md «Light client»), with other peers
 * as witnesses. What was trusted when the page was left is gone on from, while it is fresh enough.
 */
import { type ChainSpec, type ConsensusHeader, type ValidatorSet, genesisValidatorSet } from '@cairn/chain'
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
  /** Ascending; the newest known last. None when trust has expired. */
  recentSets(): readonly ValidatorSet[]
  /** A certificate of one of those for this header has been verified: trust in the newest counts from then. */
  confirm(header: Pick<ConsensusHeader, 'epoch' | 'timeMs'>): void
  /**
   * Takes what `peer` proves of later epochs; liars are penalized. @throws CodedError `LIGHT_…`, `CHECKPOINT_TOO_OLD`; the
   * network's
   */
  advance(peer: PeerId, network: LightPeers & Pick<Network, 'peers'>): Promise<void>
}

export interface LightEpochsDeps {
  readonly keys: EpochKeys
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
  const open = async (): Promise<LightDriver> => {
    opening ??= createLightDriver({ spec, checkpoint }, deps)
    return (driver = await opening)
  }
  return {
    recentSets: () => driver?.recentSets() ?? [genesis],
    // Nobody waits for this one.
    confirm: (header) =>
      void open().then(
        (opened) => opened.finalized(header),
        (error: unknown) => deps.log.warn('trust does not count from a new block', { error }),
      ),
    advance: async (peer, network) => {
      const opened = await open()
      await opened.advance(peer, serversFirst(network.peers()), network)
    },
  }
}
