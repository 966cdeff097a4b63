/** The answering side of `epoch-ends` and `light-block`: how the sets of one epoch lead to the next. */
import { type ChainSpec, EPOCH_ENDS_MAX, type EpochEnd, type LightBlock, boundaryHeight } from '@cairn/chain'
import { type Epoch, epoch } from '@cairn/primitives'
import type { ChainReader, EpochStore } from '@cairn/storage'
import { EPOCH_ENDS_VALIDATORS_MAX } from './limits.ts'

export interface EpochEndSources {
  readonly chain: ChainReader
  readonly epochs: Pick<EpochStore, 'current' | 'validators'>
  readonly spec: ChainSpec
}

/** Ascending from `fromEpoch`, as many as fit a response; empty while that epoch goes on. */
export async function serveEpochEnds(fromEpoch: Epoch, sources: EpochEndSources): Promise<readonly EpochEnd[]> {
  const ends: EpochEnd[] = []
  let validators = 0
  for (let of = fromEpoch; ends.length < EPOCH_ENDS_MAX; of = epoch(of + 1)) {
    const end = await endOf(of, sources)
    if (end === undefined) break
    validators += end.nextValidators.validators.length
    if (ends.length > 0 && validators > EPOCH_ENDS_VALIDATORS_MAX) break
    ends.push(end)
  }
  return ends
}

/** One end with its own validators; `undefined` while the epoch goes on. */
export async function serveLightBlock(of: Epoch, sources: EpochEndSources): Promise<LightBlock | undefined> {
  const end = await endOf(of, sources)
  const validators = end && (await sources.epochs.validators(of))
  return validators && { ...end, validators }
}

async function endOf(of: Epoch, { chain, epochs, spec }: EpochEndSources): Promise<EpochEnd | undefined> {
  if (of >= epochs.current().validators.epoch) return undefined
  const at = boundaryHeight(of, spec.epochLengthBlocks)
  const header = await chain.headerByHeight(at)
  const found = await chain.certificateAtOrAbove(at)
  const nextValidators = await epochs.validators(epoch(of + 1))
  if (header === undefined || found?.height !== at || nextValidators === undefined) return undefined
  return { header, finalization: found.certificate, nextValidators }
}
