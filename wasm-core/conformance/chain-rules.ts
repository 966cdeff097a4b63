/** The fixtures' names of forks, and mainnet's blob schedules. */
import type { ChainRules, Fork } from '@cairn/chain'
import type { Address } from '@cairn/primitives'
import { type JsonObject, integerOf, objectOf } from './fixture-value.ts'

/** `undefined`: a fork before what import needs. `config` is the one of a fixture, where it has one. */
export function chainRules(forkName: string, config?: JsonObject): ChainRules | undefined {
  const fork = forks[forkName]
  if (fork === undefined) return undefined
  const chainId = config?.['chainid'] === undefined ? 1n : integerOf(config['chainid'])
  const schedule = config?.['blobSchedule'] === undefined ? undefined : objectOf(config['blobSchedule'])[forkName]
  const mainnet = fork === 'osaka' || fork === 'prague' ? pragueBlobs : cancunBlobs
  if (schedule === undefined) return { chainId, fork, blobs: mainnet, depositContract: DEPOSIT_CONTRACT }
  const { target, max, baseFeeUpdateFraction } = objectOf(schedule)
  const blobs = {
    target: Number(integerOf(target)),
    max: Number(integerOf(max)),
    fraction: integerOf(baseFeeUpdateFraction),
  }
  return { chainId, fork, blobs, depositContract: DEPOSIT_CONTRACT }
}

/** Whether blocks are sealed by proof of work. */
export function isProofOfWork({ fork }: ChainRules): boolean {
  return !mergedForks.includes(fork)
}

const forks: Readonly<Record<string, Fork>> = {
  Osaka: 'osaka',
  Prague: 'prague',
  Cancun: 'cancun',
  Shanghai: 'shanghai',
  Paris: 'paris',
  London: 'london',
  Berlin: 'berlin',
  Istanbul: 'istanbul',
  ConstantinopleFix: 'petersburg',
  Constantinople: 'constantinople',
  Byzantium: 'byzantium',
  EIP158: 'spuriousDragon',
  EIP150: 'tangerineWhistle',
  Homestead: 'homestead',
  Frontier: 'frontier',
}
const mergedForks: readonly Fork[] = ['osaka', 'prague', 'cancun', 'shanghai', 'paris']
const cancunBlobs = { target: 3, max: 6, fraction: 3_338_477n }
const pragueBlobs = { target: 6, max: 9, fraction: 5_007_716n }
const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa' as Address
