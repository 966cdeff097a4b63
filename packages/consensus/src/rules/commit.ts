/** R7: commit the newest finalized block with its ancestors, in order. A contradiction to the log halts. */
import type { Block } from '@cairn/chain'
import { halt } from '../halt.ts'
import { pruneBlocks } from '../prune.ts'
import type { Core } from '../state.ts'

export function commit(core: Core): void {
  const { state, effects } = core
  const { finalization, head } = state
  if (finalization === undefined || finalization.hash === head.hash) return
  if (head.finalization !== undefined && head.finalization.view >= finalization.view) return
  const blocks: Block[] = []
  for (let hash = finalization.hash; hash !== head.hash; ) {
    const entry = state.blocks.get(hash)
    if (entry === undefined) return
    if (entry.block.header.height <= head.header.height) {
      halt(core, 'FINALIZATION_CONFLICT', `finalized chain leaves the log at height ${entry.block.header.height}`, [
        ...(head.finalization === undefined ? [] : [head.finalization]),
        finalization,
      ])
      return
    }
    if (entry.status === 'bad') {
      halt(core, 'FINALIZED_BLOCK_INVALID', `finalized block ${hash} is invalid here`, [finalization])
      return
    }
    if (entry.status !== 'good') return
    blocks.push(entry.block)
    hash = entry.block.header.parentHash
  }
  const [tip] = blocks
  if (tip === undefined) return
  effects.push({ type: 'commit', blocks: blocks.toReversed(), finalization })
  state.head = { header: tip.header, hash: tip.hash, finalization }
  state.isDirty = true
  pruneBlocks(state)
}
