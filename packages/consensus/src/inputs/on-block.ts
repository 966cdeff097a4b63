/** Block data and execution results. */
import type { Input } from '../input.ts'
import { addBlock } from '../rules/blocks.ts'
import type { Core } from '../state.ts'
import { reportPeer } from '../verify-queue.ts'

export function onBlockFetched(core: Core, { block, from }: Extract<Input, { type: 'block-fetched' }>): void {
  const { state } = core
  if (!state.fetches.has(block.hash)) return
  if (core.options.blockChecks.checkBlockData(block).verdict === 'accept') {
    addBlock(core, block, from)
    return
  }
  // The header is the one asked for, so another peer has the bytes that belong to it.
  reportPeer(core, from, 'BLOCK_DATA_INVALID')
  onFetchFailed(core, { type: 'fetch-failed', hash: block.hash })
  if (state.holders.get(block.hash) === from) state.holders.delete(block.hash)
}

/** Not marked dirty: asking again at once would spin; the standstill tick looks again. */
export function onFetchFailed({ state }: Core, { hash }: Extract<Input, { type: 'fetch-failed' }>): void {
  state.fetches.delete(hash)
}

export function onExecuted(core: Core, { hash, verdict }: Extract<Input, { type: 'executed' }>): void {
  const { state } = core
  const entry = state.blocks.get(hash)
  if (entry === undefined || entry.status === 'good' || entry.status === 'bad') return
  if (verdict.verdict === 'accept') entry.status = 'good'
  else if (verdict.verdict === 'ignore') entry.status = 'undecided'
  else if (verdict.code.startsWith('BLOCK_DATA_')) {
    // The header is not to blame: other bytes may belong to it.
    reportPeer(core, entry.from, 'BLOCK_DATA_INVALID')
    state.blocks.delete(hash)
    state.holders.delete(hash)
  } else entry.status = 'bad'
  state.isDirty = true
}
