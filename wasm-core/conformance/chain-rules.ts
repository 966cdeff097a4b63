/** Forks that the core knows (`ABI.md` «Chain»), and their mainnet blob schedules. */
import type { AbiWriter } from '@cairn/executor/abi'
import { type JsonObject, integerOf, objectOf } from './fixture-value.ts'

export interface ChainRules {
  readonly chainId: bigint
  /** The number of the fork in the ABI. */
  readonly fork: number
  readonly blobTarget: number
  readonly blobMax: number
  readonly blobFraction: bigint
}

/** `undefined`: a fork before what import needs. `config` is the one of a fixture, where it has one. */
export function chainRules(forkName: string, config?: JsonObject): ChainRules | undefined {
  const fork = forkNumbers[forkName]
  if (fork === undefined) return undefined
  const chainId = config?.['chainid'] === undefined ? 1n : integerOf(config['chainid'])
  const schedule = config?.['blobSchedule'] === undefined ? undefined : objectOf(config['blobSchedule'])[forkName]
  if (schedule === undefined) return { chainId, fork, ...(fork >= FORK_CANCUN ? cancunBlobs : pragueBlobs) }
  const { target, max, baseFeeUpdateFraction } = objectOf(schedule)
  return {
    chainId,
    fork,
    blobTarget: Number(integerOf(target)),
    blobMax: Number(integerOf(max)),
    blobFraction: integerOf(baseFeeUpdateFraction),
  }
}

export function writeChainRules(writer: AbiWriter, rules: ChainRules): AbiWriter {
  return writer.u64(rules.chainId).u8(rules.fork).u32(rules.blobTarget).u32(rules.blobMax).u64(rules.blobFraction)
}

const forkNumbers: Readonly<Record<string, number>> = { Osaka: 0, Prague: 1, Cancun: 2, Shanghai: 3, Paris: 4 }
const FORK_CANCUN = 2
const cancunBlobs = { blobTarget: 3, blobMax: 6, blobFraction: 3_338_477n }
const pragueBlobs = { blobTarget: 6, blobMax: 9, blobFraction: 5_007_716n }
