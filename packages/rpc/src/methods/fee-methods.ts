/** Fee market: EIP-1559 suggestions and history. */
import { height as heightFrom } from '@cairn/primitives'
import * as z from 'zod'
import { heightOf, requireBlock } from '../block-reference.ts'
import type { BlockView } from '../block-view.ts'
import { JsonRpcError, RPC_CODE, invalidParams } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcContext, RpcMethod } from '../method.ts'
import { blockNumberParam, indexParam } from '../param-schema.ts'
import { nextBaseFee, tipsOf } from '../priority-fee.ts'
import { quantity } from '../quantity.ts'

/** EIP-4844's minimum: no block carries blobs, so the blob fee never leaves it. Wei. */
const BLOB_BASE_FEE = 1n

/** web3 libraries send the block count as a number, the specification says quantity: both are taken. */
const countParam = z.union([indexParam, z.int().nonnegative()], { error: 'want a block count' })

export const feeMethods: readonly RpcMethod[] = [
  defineMethod('eth_gasPrice', 'Next base fee and suggested tip together, in wei.', [], async (_params, context) => {
    const head = await requireBlock({ kind: 'head' }, context)
    return quantity(nextBaseFee(head) + (await context.priorityFee.suggest()))
  }),
  defineMethod('eth_maxPriorityFeePerGas', 'Suggested tip in wei.', [], async (_params, { priorityFee }) =>
    quantity(await priorityFee.suggest()),
  ),
  defineMethod('eth_blobBaseFee', 'The minimum: blob transactions are not taken.', [], () => quantity(BLOB_BASE_FEE)),
  defineMethod(
    'eth_feeHistory',
    'Base fees, fullness and tip percentiles of a range of blocks.',
    [countParam, blockNumberParam, z.array(z.number().min(0).max(100)).nullish()],
    ([count, newest, percentiles], context) => feeHistory(count, newest, percentiles ?? [], context),
  ),
]

async function feeHistory(
  count: number,
  newest: z.output<typeof blockNumberParam>,
  percentiles: readonly number[],
  context: RpcContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { feeHistoryBlocksMax, feeHistoryPercentilesMax } = context.limits
  if (percentiles.length > feeHistoryPercentilesMax)
    throw invalidParams(`over the limit of ${feeHistoryPercentilesMax} percentiles`)
  if (percentiles.some((value, index) => index > 0 && value <= (percentiles[index - 1] ?? 0))) {
    throw invalidParams('invalid reward percentile: want ascending values')
  }
  const last = newest.kind === 'hash' ? undefined : heightOf(newest, context)
  if (last === undefined) throw new JsonRpcError(RPC_CODE.invalidInput, 'request beyond head block')
  const length = Math.min(count, last + 1, feeHistoryBlocksMax)
  if (length === 0) return { oldestBlock: '0x0', gasUsedRatio: [], baseFeePerGas: [] }
  const oldest = last - length + 1
  const views: BlockView[] = []
  for (let offset = 0; offset < length; offset++) {
    views.push(await requireBlock({ kind: 'height', height: BigInt(heightFrom(oldest + offset)) }, context))
  }
  const newestView = views.at(-1)
  return {
    oldestBlock: quantity(oldest),
    baseFeePerGas: [...views.map(({ baseFee }) => baseFee), ...(newestView ? [nextBaseFee(newestView)] : [])].map(
      quantity,
    ),
    gasUsedRatio: views.map((view) => Number(view.gasUsed) / Number(view.gasLimit)),
    baseFeePerBlobGas: Array.from({ length: length + 1 }, () => quantity(BLOB_BASE_FEE)),
    blobGasUsedRatio: views.map(() => 0),
    ...(percentiles.length === 0 ? {} : { reward: views.map((view) => rewards(view, percentiles)) }),
  }
}

/** The tips at which `percentiles` of the block's gas was bought. */
function rewards(view: BlockView, percentiles: readonly number[]): readonly string[] {
  const tips = tipsOf(view)
  return percentiles.map((percentile) => {
    const wantedGas = (view.gasUsed * BigInt(Math.round(percentile * 1_000))) / 100_000n
    let gas = 0n
    const reached = tips.find((entry) => (gas += entry.gasUsed) >= wantedGas) ?? tips.at(-1)
    return quantity(reached?.tip ?? 0n)
  })
}
