/** The executor's part of a simulated node: builds on a parent's state, and judges blocks by it. */
import type { Block, ConsensusHeader } from '@cairn/chain'
import type { Effect, Input, Signer } from '@cairn/consensus'
import { ACCEPT, assert, ignore, reject } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import { digestOf } from '../model/digest.ts'
import { payloadOf } from '../model/ledger.ts'
import type { Ledgers } from '../model/ledger.ts'

/** A child of `parent` with `transactions`, which are executable on it. */
export function buildOn(
  { view, epoch, parentHash, timeMs }: Extract<Effect, { type: 'build' }>,
  parent: ConsensusHeader,
  transactions: readonly Uint8Array[],
  salt: number,
  ledgers: Ledgers,
  signer: Signer,
): Input {
  const payload = payloadOf(salt, transactions)
  const stateRoot = ledgers.execute(parent.stateRoot, payload)
  assert(stateRoot !== undefined, 'only executable transactions are taken')
  const accessList = new Uint8Array()
  return {
    type: 'built',
    view,
    parentHash,
    timeMs,
    buildId: view,
    payload,
    accessList,
    executionBlockHash: digestOf(payload),
    stateRoot,
    accessListHash: digestOf(accessList),
    randaoReveal: signer.signRandao(epoch, view),
  }
}

/** `parent` is `undefined` when it was committed and left behind meanwhile. */
export function judgeBlock(block: Block, parent: ConsensusHeader | undefined, ledgers: Ledgers): Verdict {
  if (parent === undefined) return ignore('NO_PARENT')
  const root = ledgers.execute(parent.stateRoot, block.payload)
  return root === block.header.stateRoot ? ACCEPT : reject('STATE_ROOT_MISMATCH')
}
