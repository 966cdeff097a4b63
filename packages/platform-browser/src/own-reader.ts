/**
 * Balances in a tab that executes. What it has executed itself is proved against its own roots; until it has come to the
 * network's head for the first time, a finalization vouches for newer ones, and the answer says so.
 */
import type { Executor } from '@cairn/ports'
import { certifiedHeader } from './certified-reader.ts'
import { browserClock } from './browser-ports.ts'
import type { Answerers } from './http-peers.ts'
import type { LightTrust } from './light-trust.ts'
import {
  type CommittedChain,
  type LookUp,
  committedHeader,
  compareWithOwnState,
  findProvenBalance,
} from './proven-balance.ts'

export interface OwnReaderDeps {
  readonly answerers: Answerers
  readonly trust: LightTrust
  readonly executor: Executor
  readonly chain: CommittedChain
  /** As far as peers claim; 0: nobody has said. */
  readonly networkHeight: () => number
  /** Resolves after the next committed block, or after `timeoutMs`. */
  readonly nextBlock: (timeoutMs: number) => Promise<void>
}

export function createOwnReader({
  answerers,
  trust,
  executor,
  chain,
  networkHeight,
  nextBlock,
}: OwnReaderDeps): LookUp {
  let hasCaughtUp = false
  return (address) => {
    hasCaughtUp ||= networkHeight() > 0 && chain.head().height >= networkHeight()
    return findProvenBalance(address, {
      answerers,
      verifiedHeader: async (response, peer) => {
        const isExecuted = hasCaughtUp || (response.headers[0]?.height ?? 0) <= chain.head().height
        const header = isExecuted
          ? await committedHeader(response, { chain, clock: browserClock, nextBlock })
          : await certifiedHeader(response, { peer, answerers, trust })
        return { header, isExecuted }
      },
      compareWithOwnState: (...account) => compareWithOwnState(executor, ...account),
      own: executor,
    })
  }
}
