/** R7: commit the newest finalized block with its ancestors, in order. A contradiction to the log halts. */
import type { Certificate } from '@cairn/chain'
import { halt } from '../halt.ts'
import { epochStateOf } from '../justification.ts'
import { pruneBlocks } from '../prune.ts'
import type { BlockEntry, Core } from '../state.ts'

export function commit(core: Core): void {
  const { state, effects } = core
  const { finalization, head } = state
  if (finalization === undefined || finalization.hash === head.hash) return
  const isOwn = head.finalization?.hash === head.hash && head.header.epoch === finalization.epoch
  if (isOwn && head.finalization.view >= finalization.view) return
  const entries = ancestryToHead(core, finalization)
  if (entries === undefined) return
  const invalid = entries.find((entry) => entry.status === 'bad')
  if (invalid !== undefined) {
    halt(core, 'FINALIZED_BLOCK_INVALID', `finalized block ${invalid.block.hash} is invalid here`, [finalization])
    return
  }
  if (entries.some((entry) => entry.status !== 'good')) return
  const blocks = entries.map((entry) => entry.block)
  const [tip] = blocks
  if (tip === undefined) return
  const oldestFirst = blocks.toReversed()
  for (const block of oldestFirst) core.book.commit(block)
  effects.push({ type: 'commit', blocks: oldestFirst, finalization })
  state.head = { header: tip.header, hash: tip.hash, finalization, epochState: epochStateOf(state, tip.hash) }
  state.isDirty = true
  pruneBlocks(state)
}

/** The finalized block first, the head's child last; `undefined` while a block is missing. */
function ancestryToHead(core: Core, finalization: Certificate): readonly BlockEntry[] | undefined {
  const { head, blocks } = core.state
  const entries: BlockEntry[] = []
  for (let hash = finalization.hash; hash !== head.hash;) {
    const entry = blocks.get(hash)
    if (entry === undefined) return undefined
    const { height, parentHash } = entry.block.header
    if (height <= head.header.height + 1 && parentHash !== head.hash) {
      const known = head.finalization === undefined ? [] : [head.finalization]
      halt(core, 'FINALIZATION_CONFLICT', `finalized chain leaves the log at height ${height}`, [
        ...known,
        finalization,
      ])
      return undefined
    }
    entries.push(entry)
    hash = parentHash
  }
  return entries
}
