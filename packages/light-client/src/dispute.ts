/**
 * Two peers, each with a chain of its own that follows from the same trusted state: at most one of them is the chain.
 * Both are asked for epoch ends between, by bisection, until one is found where they part right after one on which they
 * agree. There only one set may finalize, the one that the agreed end names: who cannot show its certificate is the
 * lunatic; if both can, the chain itself has forked, and no client can say which side to follow.
 */
import { hashHeader } from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import { assert, epoch as asEpoch } from '@cairn/primitives'
import type { Epoch } from '@cairn/primitives'
import { forkProof } from './attack.ts'
import type { AttackProof } from './attack.ts'
import type { TrustedState } from './trust.ts'
import { judgeLightBlock } from './verify-block.ts'
import { walk } from './walk.ts'
import type { Answer, Ask, PeerView, Step, WalkContext } from './walk.ts'

/** What a peer has led to; the last step's block is the one in dispute. */
export interface Side {
  readonly view: PeerView
  readonly steps: readonly Step[]
}

export type Settlement =
  | { readonly kind: 'fork'; readonly proof: AttackProof }
  /** `proof` is missing when the liar's signers are not enough of the common set for one: then a peer lies, and nobody else. */
  | { readonly kind: 'liar'; readonly liar: Side; readonly proof: AttackProof | undefined }
  | { readonly kind: 'both-lie' }
  /** Somebody does not show what would decide it. */
  | { readonly kind: 'undecided' }

export function* settle(
  from: TrustedState,
  sides: readonly [Side, Side],
  context: WalkContext,
): Generator<Ask, Settlement, Answer> {
  const parting = yield* findParting(from, sides)
  if (parting === undefined) return { kind: 'undecided' }
  const [first, second] = sides
  const common = yield* trustBefore(parting.epoch, from, first.view, context)
  if (common === undefined) return { kind: 'undecided' }
  const isGood = parting.blocks.map(
    (block) => judgeLightBlock(block, common, context.rules, context.nowMs()).kind === 'trusted',
  )
  if (isGood[0] && isGood[1]) return { kind: 'fork', proof: forkProof(common.validators, ...parting.blocks) }
  if (!isGood[0] && !isGood[1]) return { kind: 'both-lie' }
  const [liar, honest] = isGood[0] ? [second, first] : [first, second]
  return { kind: 'liar', liar, proof: yield* lunaticProof(parting.epoch, liar, honest) }
}

interface Parting {
  /** The two agree on the end of the epoch before. */
  readonly epoch: Epoch
  readonly blocks: readonly [LightBlock, LightBlock]
}

/** O(log epochs) requests to each. */
function* findParting(
  from: TrustedState,
  [first, second]: readonly [Side, Side],
): Generator<Ask, Parting | undefined, Answer> {
  let blocks: readonly [LightBlock, LightBlock] = [lastBlock(first), lastBlock(second)]
  let agreed = from.validators.epoch - 1
  for (let parted = blocks[0].header.epoch; parted - agreed > 1;) {
    const middle = asEpoch(agreed + Math.floor((parted - agreed) / 2))
    const one = yield* first.view.blockAt(middle)
    const other = yield* second.view.blockAt(middle)
    if (typeof one === 'string' || typeof other === 'string') return undefined
    if (hashHeader(one.header) === hashHeader(other.header)) {
      agreed = middle
    } else {
      parted = middle
      blocks = [one, other]
    }
  }
  return { epoch: blocks[0].header.epoch, blocks }
}

/** The set that has to finalize `epoch`, by the end of the epoch before. */
function* trustBefore(
  epoch: Epoch,
  from: TrustedState,
  view: PeerView,
  context: WalkContext,
): Generator<Ask, TrustedState | undefined, Answer> {
  let trusted = from
  while (trusted.validators.epoch < epoch) {
    const walked = yield* walk(view, trusted, asEpoch(epoch - 1), context)
    if (walked.kind === 'fault') return undefined
    trusted = (walked.steps.at(-1) as Step).to
  }
  return trusted
}

/**
 * The first step of the liar beyond the parting began on a set that is the chain's: those of that set who have signed it are
 * to blame. Beside it stands the honest side's block of the same epoch.
 */
function* lunaticProof(parting: Epoch, liar: Side, honest: Side): Generator<Ask, AttackProof | undefined, Answer> {
  const step = liar.steps.find(({ block }) => block.header.epoch >= parting)
  assert(step !== undefined, 'the last step is beyond the parting')
  const other = yield* honest.view.blockAt(step.block.header.epoch)
  if (typeof other === 'string') return undefined
  return { kind: 'lunatic', common: step.from.validators, block: step.block, other }
}

export function lastBlock({ steps }: Side): LightBlock {
  const last = steps.at(-1)
  assert(last !== undefined, 'a side has led somewhere')
  return last.block
}
