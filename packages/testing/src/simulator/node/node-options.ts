/** What a simulated node is told when it is made. */
import type { Effect } from '@cairn/consensus'
import type { WireMessage } from '../wire.ts'
import type { Disk } from './disk.ts'

export interface SimulatedNodeOptions {
  readonly id: number
  readonly slot: number
  readonly isHonest: boolean
  /** `false`: follows without voting; adversaries learn through it. */
  readonly isVoting: boolean
  readonly disk: Disk
  /** Wall clock against true time, milliseconds. */
  readonly skewMs?: number
  /** Adversaries. `true`: the effect was dealt with. */
  readonly onEffect?: (effect: Effect) => boolean
  /** Adversaries. `true`: the message was dealt with. */
  readonly onSend?: (to: number, message: WireMessage) => boolean
}
