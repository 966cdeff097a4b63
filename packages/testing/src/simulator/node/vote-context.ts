/** What the invariants have to know of an honest vote besides itself. */
import type { ConsensusHeader, Vote } from '@cairn/chain'
import type { Consensus } from '@cairn/consensus'
import type { Hash } from '@cairn/primitives'
import type { VoteContext } from '../invariants.ts'
import type { World } from '../world.ts'
import { actorsOf } from './sent-effect.ts'

export function voteContext(
  vote: Vote,
  consensus: Consensus,
  world: World,
  headerOf: (hash: Hash) => ConsensusHeader | undefined,
): VoteContext {
  const block = vote.kind === 'nullify' ? undefined : consensus.block(vote.hash)
  const { validators } = consensus
  const leaders =
    vote.epoch === validators.epoch ? actorsOf(world, validators, vote.epoch, [consensus.leader(vote.view)]) : []
  return {
    block,
    parent: block && headerOf(block.header.parentHash),
    isLedWell: leaders.length > 0 && leaders.every((id) => world.actors[id]?.isHonest === true),
  }
}
