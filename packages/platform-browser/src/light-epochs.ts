/**
 * Validator sets of a light tab, from epoch to epoch by certificates alone (consensus.md «Catch-up»): the set of one
 * epoch has finalized the block that names the next one. The newest few are kept, since certificates arrive late.
 */
import {
  type ChainSpec,
  type ValidatorSet,
  decodeEpochEndsResponse,
  encodeEpochEndsRequest,
  genesisValidatorSet,
  hashHeader,
  verifyEpochEnd,
} from '@cairn/chain'
import type { Checkpoint, EpochKeys } from '@cairn/node'
import type { Network, PeerId } from '@cairn/ports'
import { CodedError, assert } from '@cairn/primitives'
import { LIGHT_SETS_MAX, PROOF_TIMEOUT_MS } from './limits.ts'

export interface LightEpochs {
  /** Ascending; the newest known last. */
  recentSets(): readonly ValidatorSet[]
  /** Takes what `peer` proves of later epochs. @throws CodedError `PROOF_MALFORMED`, `PROOF_NOT_CERTIFIED`; the network's */
  advance(peer: PeerId, network: Network, keys: EpochKeys): Promise<void>
}

/** `checkpoint`: the epochs must lead through it. */
export function createLightEpochs(spec: ChainSpec, checkpoint?: Checkpoint): LightEpochs {
  let sets: readonly ValidatorSet[] = [genesisValidatorSet(spec)]
  const newest = (): ValidatorSet => {
    const set = sets.at(-1)
    assert(set !== undefined, 'there is always a set')
    return set
  }
  return {
    recentSets: () => sets,
    async advance(peer, network, keys) {
      const request = encodeEpochEndsRequest({ fromEpoch: newest().epoch })
      const data = await network.request(peer, 'epoch-ends', request, { timeoutMs: PROOF_TIMEOUT_MS })
      const decoded = decodeEpochEndsResponse(data)
      if (!decoded.ok) throw new CodedError('PROOF_MALFORMED', 'The peer’s answer is malformed.')
      for (const end of decoded.value.ends) {
        const context = keys.contextOf(newest())
        if (verifyEpochEnd(end, newest(), context.keys, context.genesisHash).verdict !== 'accept') {
          throw new CodedError('PROOF_NOT_CERTIFIED', 'The validators have not finalized the end of the epoch.')
        }
        if (end.header.epoch === checkpoint?.epoch && hashHeader(end.header) !== checkpoint.hash) {
          throw new CodedError('PROOF_NOT_CERTIFIED', 'The peer’s chain does not go through the checkpoint.')
        }
        sets = [...sets, end.nextValidators].slice(-LIGHT_SETS_MAX)
      }
    },
  }
}
