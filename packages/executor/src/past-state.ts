/** One older state of the chain, as the state host reads it. */
import type { ExecutedBlock } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'

/** `undefined` of a key: nothing above that height changed it, so the committed value holds; `null`: it was absent. */
export interface PastState {
  readonly block: ExecutedBlock
  find(key: string): Promise<Uint8Array | null | undefined>
  /** Present where the store reads synchronously. */
  readonly findSync?: (key: string) => Uint8Array | null | undefined
}

/** `undefined`: the committed head itself. @throws CodedError `UNKNOWN_BLOCK` above it, `STATE_PRUNED` */
export async function pastStateAt(
  at: Height | undefined,
  head: ExecutedBlock,
  history: { at(height: Height, head: ExecutedBlock): Promise<PastState> },
): Promise<PastState | undefined> {
  if (at === undefined || at === head.height) return undefined
  if (at > head.height) throw new CodedError('UNKNOWN_BLOCK', `height ${at} is above the head ${head.height}`)
  return history.at(at, head)
}
