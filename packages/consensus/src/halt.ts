/** R7: what contradicts the log stops the instance, with the evidence. */
import type { Certificate } from '@cairn/chain'
import type { Halt } from './effect.ts'
import type { Core } from './state.ts'

/** Nothing but the halt leaves this step; later steps do nothing. */
export function halt(core: Core, code: Halt['code'], message: string, certificates: readonly Certificate[]): void {
  core.state.isHalted = true
  core.effects.length = 0
  core.effects.push({ type: 'halt', halt: { code, message, certificates } })
}
