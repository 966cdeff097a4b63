/** R2, second half: the built payload becomes a block; its vote follows when the executor has adopted it. */
import { EMPTY_LIST_HASH, blockFromParts, isBoundaryHeight } from '@cairn/chain'
import { ZERO_HASH, assert, height } from '@cairn/primitives'
import type { Input } from '../input.ts'
import { executedHeader } from '../justification.ts'
import type { Core } from '../state.ts'

export function onBuilt(core: Core, built: Extract<Input, { type: 'built' }>): void {
  const { state, options, effects } = core
  const own = state.ownProposal
  const parent = executedHeader(state, built.parentHash)
  const isCurrent = own !== undefined && own.blockHash === undefined && own.view === built.view
  if (!isCurrent || own.parentHash !== built.parentHash || parent === undefined) return
  assert(options.self !== undefined, 'only validators build')
  const blockHeight = height(parent.height + 1)
  const isBoundary = isBoundaryHeight(blockHeight, options.spec.epochLengthBlocks)
  const header = {
    chainId: options.spec.chainId,
    epoch: options.validators.epoch,
    view: built.view,
    parentView: own.parentView,
    height: blockHeight,
    parentHash: built.parentHash,
    timeMs: built.timeMs,
    proposer: options.self,
    executionBlockHash: built.executionBlockHash,
    stateRoot: built.stateRoot,
    accessListHash: built.accessListHash,
    evidenceRoot: EMPTY_LIST_HASH,
    randaoReveal: built.randaoReveal,
    validatorSetHash: options.validators.hash,
    nextValidatorSetHash: isBoundary ? options.validators.hash : ZERO_HASH,
  }
  const block = blockFromParts(header, built.payload, built.accessList)
  own.blockHash = block.hash
  state.blocks.set(block.hash, { block, from: undefined, status: 'executing', isPersisted: false })
  effects.push({ type: 'adopt', buildId: built.buildId, block })
}
