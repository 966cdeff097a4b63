/** One older state of the chain, as the state host reads it. */
import type { ExecutedBlock } from '@cairn/ports'

/** `undefined` of a key: nothing above that height changed it, so the committed value holds; `null`: it was absent. */
export interface PastState {
  readonly block: ExecutedBlock
  find(key: string): Promise<Uint8Array | null | undefined>
  /** Present where the store reads synchronously. */
  readonly findSync?: (key: string) => Uint8Array | null | undefined
}
