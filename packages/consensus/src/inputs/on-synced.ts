/** Sync committed blocks by itself: go on from its head. */
import { adoptFinalization } from '../certificates.ts'
import type { Input } from '../input.ts'
import { pruneBlocks } from '../prune.ts'
import { isEpochOver } from '../state.ts'
import type { Core } from '../state.ts'

export function onSynced(core: Core, { head, blocks = [] }: Extract<Input, { type: 'synced' }>): void {
  const { state, options, book } = core
  for (const block of blocks) book.commit(block)
  if (head.header.height <= state.head.header.height) return
  state.head = head
  state.behindHeight = undefined
  const { finalization } = head
  const isNews = finalization?.epoch === options.validators.epoch && finalization.view > state.finalizedView
  if (finalization !== undefined && isNews) adoptFinalization(core, finalization)
  if (!isEpochOver(core)) pruneBlocks(state)
  state.isDirty = true
}
