/** R2, second half: the built payload becomes a block; its vote follows when the executor has adopted it. */
import { blockFromParts, epochStateAfter, isBoundaryHeight } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, assert, height } from '@cairn/primitives'
import type { Input } from '../input.ts'
import { ancestorsAboveHead, epochStateOf, executedHeader } from '../justification.ts'
import type { Core } from '../state.ts'

export function onBuilt(core: Core, built: Extract<Input, { type: 'built' }>): void {
  const { state, options, effects } = core
  const own = state.ownProposal
  const parent = executedHeader(state, built.parentHash)
  const isCurrent = own !== undefined && own.blockHash === undefined && own.view === built.view
  if (!isCurrent || own.parentHash !== built.parentHash || parent === undefined) return
  assert(options.self !== undefined, 'only validators build')
  const blockHeight = height(parent.height + 1)
  const evidence = core.book.pick(ancestorsAboveHead(state, built.parentHash), options.validators.epoch)
  const isBoundary = isBoundaryHeight(blockHeight, options.spec.epochLengthBlocks)
  const content = { header: { height: blockHeight, randaoReveal: built.randaoReveal }, evidence }
  const epochState = epochStateAfter(epochStateOf(state, built.parentHash), content, options.spec)
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
    evidenceRoot: keccak256(evidence),
    randaoReveal: built.randaoReveal,
    validatorSetHash: options.validators.hash,
    nextValidatorSetHash: isBoundary ? epochState.validators.hash : ZERO_HASH,
  }
  const block = blockFromParts(header, built.payload, built.accessList, evidence)
  own.blockHash = block.hash
  state.blocks.set(block.hash, {
    block,
    from: undefined,
    status: 'executing',
    repeatsEvidence: false,
    isPersisted: false,
    epochState,
  })
  effects.push({ type: 'adopt', buildId: built.buildId, block })
}
