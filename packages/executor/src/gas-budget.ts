/**
 * How much gas an honest proposer packs: gas is a poor measure of time in WebAssembly (a recovery costs 200 times
 * what its gas says), so the budget follows the measured speed of recent blocks. Local policy, not a validity rule.
 */
import { BUILD_GAS_MIN, BUILD_TIME_BUDGET_MS, GAS_SAMPLE_MIN, GAS_SAMPLE_WEIGHT } from './limits.ts'

export interface GasBudget {
  /** One execution or build, including the time the state took to load. */
  record(gasUsed: bigint, elapsedMs: number): void
  /** Gas for the next block, at most `gasLimit`. */
  budget(gasLimit: bigint): bigint
}

export function createGasBudget(): GasBudget {
  let msPerMegagas: number | undefined
  return {
    record: (gasUsed, elapsedMs) => {
      if (gasUsed < GAS_SAMPLE_MIN) return
      const sample = elapsedMs / (Number(gasUsed) / 1e6)
      msPerMegagas = msPerMegagas === undefined ? sample : msPerMegagas + GAS_SAMPLE_WEIGHT * (sample - msPerMegagas)
    },
    budget: (gasLimit) => {
      if (msPerMegagas === undefined || msPerMegagas <= 0) return gasLimit
      const gas = BigInt(Math.floor((BUILD_TIME_BUDGET_MS / msPerMegagas) * 1e6))
      const bounded = gas < BUILD_GAS_MIN ? BUILD_GAS_MIN : gas
      return bounded < gasLimit ? bounded : gasLimit
    },
  }
}
