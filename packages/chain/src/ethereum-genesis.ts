/**
 * The genesis of an Ethereum chain in geth's JSON, for chains that are imported: forks at their own blocks, a header of
 * proof of work, no `config.cairn`. What geth does differently for a chain that cannot be imported is refused: clique
 * seals, the DAO's state change, forks after Osaka.
 */
import { CodedError, ZERO_ADDRESS, ZERO_HASH } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { readAlloc } from './alloc-json.ts'
import type { GenesisAccount } from './chain-spec.ts'
import type { BlobSchedule, Fork, ForkSchedule } from './fork-schedule.ts'
import { JsonFields } from './json-fields.ts'
import { CHAIN_SPEC_MAX_CHARACTERS, EXECUTION_EXTRA_DATA_GENESIS_MAX_BYTES } from './limits.ts'

/** Numbers are integers of Ethereum's widths. */
export interface EthereumGenesis {
  readonly schedule: ForkSchedule
  readonly alloc: readonly GenesisAccount[]
  /** Unix seconds. */
  readonly timestamp: bigint
  readonly gasLimit: bigint
  /** Counts from London on. */
  readonly baseFeePerGas: bigint
  readonly difficulty: bigint
  readonly nonce: bigint
  readonly extraData: Uint8Array
  readonly mixHash: Hash
  readonly coinbase: Address
  readonly excessBlobGas: bigint
}

/** @throws CodedError `GENESIS_FILE_INVALID` with the `path` of the field in `data` */
export function parseEthereumGenesis(text: string): EthereumGenesis {
  try {
    return read(text)
  } catch (error) {
    // The fields' reader speaks of a chain spec; this file is none.
    if (!(error instanceof CodedError)) throw error
    throw new CodedError('GENESIS_FILE_INVALID', error.message, { cause: error, data: error.data })
  }
}

function read(text: string): EthereumGenesis {
  if (text.length > CHAIN_SPEC_MAX_CHARACTERS) throw invalid('file', 'too large')
  const file = new JsonFields(parseJson(text), '')
  const schedule = readSchedule(file.object('config'))
  for (const name of ['number', 'gasUsed', 'parentHash', 'blobGasUsed']) {
    if (isGiven(file, name)) file.bigint(name, 0n, 0n)
  }
  const genesis: EthereumGenesis = {
    schedule,
    alloc: readAlloc(file.object('alloc')),
    timestamp: integer(file, 'timestamp', 0n, UINT64_MAX),
    gasLimit: file.bigint('gasLimit', 5_000n, (1n << 63n) - 1n),
    baseFeePerGas: integer(file, 'baseFeePerGas', 1_000_000_000n, UINT64_MAX),
    difficulty: file.bigint('difficulty', 0n, (1n << 256n) - 1n),
    nonce: integer(file, 'nonce', 0n, UINT64_MAX),
    extraData: isGiven(file, 'extraData')
      ? file.bytes('extraData', 0, EXECUTION_EXTRA_DATA_GENESIS_MAX_BYTES)
      : new Uint8Array(0),
    mixHash: isGiven(file, 'mixHash') ? file.hash('mixHash') : ZERO_HASH,
    coinbase: isGiven(file, 'coinbase') ? file.address('coinbase') : ZERO_ADDRESS,
    excessBlobGas: integer(file, 'excessBlobGas', 0n, UINT64_MAX),
  }
  file.end()
  return genesis
}

/** geth's names of the forks by number. */
const NUMBER_FORKS: readonly (readonly [name: string, fork: Fork | undefined])[] = [
  ['homesteadBlock', 'homestead'],
  ['daoForkBlock', undefined],
  ['eip150Block', 'tangerineWhistle'],
  // EIP-155 and EIP-158 are one fork here; a chain that splits them is refused.
  ['eip155Block', 'spuriousDragon'],
  ['eip158Block', 'spuriousDragon'],
  ['byzantiumBlock', 'byzantium'],
  ['constantinopleBlock', 'constantinople'],
  ['petersburgBlock', 'petersburg'],
  ['istanbulBlock', 'istanbul'],
  ['muirGlacierBlock', 'muirGlacier'],
  ['berlinBlock', 'berlin'],
  ['londonBlock', 'london'],
  ['arrowGlacierBlock', 'arrowGlacier'],
  ['grayGlacierBlock', 'grayGlacier'],
]

/** And of those by time, with the blob schedule that each begins, unless the file has another. */
const TIME_FORKS: readonly (readonly [name: string, fork: Fork])[] = [
  ['shanghai', 'shanghai'],
  ['cancun', 'cancun'],
  ['prague', 'prague'],
  ['osaka', 'osaka'],
  ['bpo1', 'osaka'],
  ['bpo2', 'osaka'],
  ['bpo3', 'osaka'],
  ['bpo4', 'osaka'],
  ['bpo5', 'osaka'],
]

const MAINNET_BLOBS: Readonly<Record<string, BlobSchedule>> = {
  cancun: { target: 3, max: 6, fraction: 3_338_477n },
  prague: { target: 6, max: 9, fraction: 5_007_716n },
  osaka: { target: 6, max: 9, fraction: 5_007_716n },
}

function readSchedule(config: JsonFields): ForkSchedule {
  if (config.has('daoForkSupport') && config.take('daoForkSupport') === true) {
    throw invalid(config.pathOf('daoForkSupport'), 'the DAO’s state change is not supported')
  }
  for (const name of ['ethash', 'terminalTotalDifficultyPassed', 'mergeNetsplitBlock']) {
    if (config.has(name)) config.take(name)
  }
  const schedule: ForkSchedule = {
    chainId: config.bigint('chainId', 0n, UINT64_MAX),
    depositContract: isGiven(config, 'depositContractAddress')
      ? config.address('depositContractAddress')
      : MAINNET_DEPOSIT_CONTRACT,
    byNumber: readNumberForks(config),
    terminalTotalDifficulty: isGiven(config, 'terminalTotalDifficulty')
      ? config.bigint('terminalTotalDifficulty', 0n, (1n << 256n) - 1n)
      : undefined,
    byTime: readTimeForks(config),
  }
  // A fork or a seal that is not known here must not be passed over.
  config.end()
  return schedule
}

function readNumberForks(config: JsonFields): ForkSchedule['byNumber'] {
  const forks: { fork: Fork; number: number }[] = []
  for (const [name, fork] of NUMBER_FORKS) {
    if (!isGiven(config, name)) continue
    const number = config.integer(name, 0, Number.MAX_SAFE_INTEGER)
    const last = forks.at(-1)
    if (fork === undefined) continue
    const isOrdered = last === undefined || last.number <= number
    if (!isOrdered || (last?.fork === fork && last.number !== number)) {
      throw invalid(config.pathOf(name), 'forks out of order')
    }
    if (last?.fork !== fork) forks.push({ fork, number })
  }
  return forks
}

function readTimeForks(config: JsonFields): ForkSchedule['byTime'] {
  const blobs = isGiven(config, 'blobSchedule') ? readBlobs(config.object('blobSchedule')) : new Map()
  const forks: { fork: Fork; time: number; blobs: BlobSchedule | undefined }[] = []
  for (const [name, fork] of TIME_FORKS) {
    const field = `${name}Time`
    if (!isGiven(config, field)) continue
    const time = config.integer(field, 0, Number.MAX_SAFE_INTEGER)
    const last = forks.at(-1)
    if (last !== undefined && last.time > time) throw invalid(config.pathOf(field), 'forks out of order')
    forks.push({ fork, time, blobs: blobs.get(name) ?? MAINNET_BLOBS[name] ?? last?.blobs })
  }
  return forks
}

function readBlobs(schedules: JsonFields): Map<string, BlobSchedule> {
  const blobs = new Map<string, BlobSchedule>()
  for (const name of schedules.names()) {
    const fields = schedules.object(name)
    const target = fields.integer('target', 0, 0xffff)
    const max = fields.integer('max', target, 0xffff)
    blobs.set(name, { target, max, fraction: fields.bigint('baseFeeUpdateFraction', 1n, UINT64_MAX) })
    fields.end()
  }
  return blobs
}

/** geth writes `null` for what it has not. */
function isGiven(fields: JsonFields, name: string): boolean {
  if (!fields.has(name)) return false
  return fields.take(name) !== null
}

function integer(fields: JsonFields, name: string, absent: bigint, most: bigint): bigint {
  return isGiven(fields, name) ? fields.bigint(name, 0n, most) : absent
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid('file', 'not JSON')
  }
}

function invalid(path: string, why: string): CodedError {
  return new CodedError('GENESIS_FILE_INVALID', `${path}: ${why}`, { data: { path } })
}

const UINT64_MAX = (1n << 64n) - 1n
const MAINNET_DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa' as Address
