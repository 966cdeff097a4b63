/** R2's building side: RANDAO reveal, candidates, payload. */
import type { ChainSpec } from '@cairn/chain'
import type { Signer } from '@cairn/consensus'
import { keccak256 } from '@cairn/crypto'
import type { Executor, Log } from '@cairn/ports'
import { type Address, CodedError } from '@cairn/primitives'
import type { EffectOf, InputOf } from './consensus-runtime.ts'
import type { TransactionPool } from './transaction-pool.ts'

/** Room for the Ethereum header, list framing and the access list within `blockSizeMaxBytes`. */
const BLOCK_OVERHEAD_BYTES = 4_096
/** Share of the block left to transactions; the rest is the access list's, which grows with them. */
const TRANSACTIONS_SHARE = 0.5

export interface BlockMakerDeps {
  readonly spec: ChainSpec
  readonly signer: Signer
  readonly executor: Executor
  readonly pool: TransactionPool
  readonly feeRecipient: Address
  readonly log: Log
}

/** Failures that cost the view and nothing else. */
const NOT_BUILT: ReadonlySet<string> = new Set(['UNKNOWN_PARENT', 'BUILD_FAILED'])

/** `undefined` when the parent is no longer there: the view will pass. */
export async function makeBlock(
  effect: EffectOf<'build'>,
  deps: BlockMakerDeps,
): Promise<InputOf<'built'> | undefined> {
  const { spec, signer, executor, pool } = deps
  const randaoReveal = signer.signRandao(effect.epoch, effect.view)
  const sizeMaxBytes = Math.floor((spec.blockSizeMaxBytes - BLOCK_OVERHEAD_BYTES) * TRANSACTIONS_SHARE)
  try {
    const built = await executor.build({
      parentHash: effect.parentHash,
      timeMs: effect.timeMs,
      prevRandao: keccak256(randaoReveal),
      feeRecipient: deps.feeRecipient,
      transactions: pool.candidates(effect.parentHash, { sizeMaxBytes, gasMax: spec.gasLimit }),
      sizeMaxBytes,
    })
    pool.drop(built.rejected)
    const { payload, accessList, executionBlockHash, stateRoot, accessListHash, buildId } = built
    return {
      type: 'built',
      view: effect.view,
      parentHash: effect.parentHash,
      timeMs: effect.timeMs,
      buildId,
      payload,
      accessList,
      executionBlockHash,
      stateRoot,
      accessListHash,
      randaoReveal,
    }
  } catch (error) {
    if (error instanceof CodedError && NOT_BUILT.has(error.code)) {
      deps.log.warn('no block built', { view: effect.view, code: error.code })
      return undefined
    }
    throw error
  }
}
