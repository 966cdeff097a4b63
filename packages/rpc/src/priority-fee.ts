/** Fee suggestions: EIP-1559's next base fee, and the median tip of the latest blocks. */
import { height as heightFrom } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import type { RpcChain } from './backend.ts'
import type { BlockView, BlockViews } from './block-view.ts'

/** EIP-1559. */
const ELASTICITY = 2n
const BASE_FEE_CHANGE_DENOMINATOR = 8n

/** Blocks whose tips count. */
const SAMPLE_BLOCKS = 10
/** Tips kept of one block, cheapest first as in geth, so that one block does not outvote the rest. */
const SAMPLES_PER_BLOCK = 8
/** Suggested where nobody paid lately: 0.001 gwei. */
const TIP_DEFAULT_WEI = 1_000_000n
/** Never suggest more: 500 gwei, geth's cap. */
const TIP_MAX_WEI = 500_000_000_000n

/** Base fee of the block after `view`, in wei. */
export function nextBaseFee(view: BlockView): bigint {
  const target = view.gasLimit / ELASTICITY
  if (target === 0n || view.gasUsed === target) return view.baseFee
  if (view.gasUsed > target) {
    const rise = (view.baseFee * (view.gasUsed - target)) / target / BASE_FEE_CHANGE_DENOMINATOR
    return view.baseFee + (rise > 1n ? rise : 1n)
  }
  return view.baseFee - (view.baseFee * (target - view.gasUsed)) / target / BASE_FEE_CHANGE_DENOMINATOR
}

/** Tips per gas of a block's transactions in wei, ascending, each with the gas it bought. */
export function tipsOf(view: BlockView): readonly { readonly tip: bigint; readonly gasUsed: bigint }[] {
  return view.outcomes
    .map((outcome) => ({ tip: outcome.effectiveGasPrice - view.baseFee, gasUsed: outcome.gasUsed }))
    .toSorted((a, b) => (a.tip < b.tip ? -1 : Number(a.tip > b.tip)))
}

export interface PriorityFeeOracle {
  /** Wei per gas; computed once per head. */
  suggest(): Promise<bigint>
}

export function createPriorityFeeOracle(chain: RpcChain, views: BlockViews): PriorityFeeOracle {
  let last: { readonly head: Height; readonly tip: bigint } | undefined
  return {
    suggest: async () => {
      const head = chain.headHeight()
      if (last?.head === head) return last.tip
      const tips: bigint[] = []
      for (let height = head; height > 0 && height > head - SAMPLE_BLOCKS; height = heightFrom(height - 1)) {
        const view = await views.byHeight(height)
        if (view === undefined) break
        tips.push(
          ...tipsOf(view)
            .slice(0, SAMPLES_PER_BLOCK)
            .map(({ tip }) => tip),
        )
      }
      const tip = bounded(median(tips) ?? last?.tip ?? TIP_DEFAULT_WEI)
      last = { head, tip }
      return tip
    },
  }
}

function median(values: readonly bigint[]): bigint | undefined {
  return values.toSorted((a, b) => (a < b ? -1 : Number(a > b)))[values.length >> 1]
}

function bounded(tip: bigint): bigint {
  if (tip < 1n) return 1n
  return tip > TIP_MAX_WEI ? TIP_MAX_WEI : tip
}
