/** R0: after every input the rules run until none of them has anything to do. */
import { assert } from '@cairn/primitives'
import { showOverdue } from '../dissemination.ts'
import { isEpochOver } from '../state.ts'
import type { Core } from '../state.ts'
import { executeBlocks, fetchMissingBlocks } from './blocks.ts'
import { commit } from './commit.ts'
import { enterView } from './enter-view.ts'
import { finalize } from './finalize.ts'
import { notarize } from './notarize.ts'
import { nullify } from './nullify.ts'
import { propose } from './propose.ts'
import { standstill } from './standstill.ts'
import { armTimer } from './timer.ts'
import { endAmnesia } from '../amnesia.ts'

/** A step can use each rule a few times; more is a rule that does not see its own effect. */
const ROUNDS_MAX = 100

export function runRules(core: Core): void {
  const { state } = core
  let hasChanged = !isEpochOver(core)
  for (let round = 0; hasChanged && !state.isHalted; round++) {
    assert(round < ROUNDS_MAX, 'rules reach a fixpoint')
    if (state.isDirty) lookAgain(core)
    if (state.isHalted || isEpochOver(core)) return
    // R3 before R5: a block that came in time is voted for even when the timer's input is handled first.
    hasChanged = propose(core) || notarize(core) || nullify(core) || standstill(core) || state.isDirty
  }
  if (state.isHalted || isEpochOver(core)) return
  showOverdue(core)
  armTimer(core)
}

/** Rules that only certificates, blocks and the head can wake; skipped for a mere vote. */
function lookAgain(core: Core): void {
  core.state.isDirty = false
  enterView(core)
  fetchMissingBlocks(core)
  executeBlocks(core)
  finalize(core)
  commit(core)
  endAmnesia(core)
}
