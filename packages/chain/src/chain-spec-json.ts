/**
 * The chain spec as a file (network.json): geth's genesis JSON with a `config.cairn` section, so that Ethereum tools
 * can write and read the allocation. Whatever of geth's fields Cairn does not have a choice in must have its one value.
 */
import { CodedError, ZERO_HASH, epoch, hexFromBytes } from '@cairn/primitives'
import { readAlloc } from './alloc-json.ts'
import { specError } from './chain-spec.ts'
import type { ChainSpec, ConsensusTiming, GenesisAccount, GenesisValidator, ValidatorChange } from './chain-spec.ts'
import { isSmallChange } from './epoch-state.ts'
import { JsonFields } from './json-fields.ts'
import {
  BLOCK_DATA_MAX_BYTES,
  BOOTSTRAP_MAX,
  CHAIN_SPEC_MAX_CHARACTERS,
  EPOCH_LENGTH_MAX_BLOCKS,
  MULTIADDR_MAX_BYTES,
  PEER_ID_MAX_BYTES,
  UNBONDING_EPOCHS_MAX,
  VALIDATOR_CHANGES_MAX,
} from './limits.ts'
import { createValidatorSet } from './validator-set.ts'

/** Every fork up to Osaka is active from genesis. */
const FORK_BLOCKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'berlinBlock',
  'londonBlock',
] as const
const FORK_TIMES = ['shanghaiTime', 'cancunTime', 'pragueTime', 'osakaTime'] as const

/** EIP-7691 values, which geth wants in a genesis file. Blob transactions are refused, so nothing depends on them. */
const BLOB_SCHEDULE = Object.fromEntries(
  [
    ['cancun', 3, 6, 3338477],
    ['prague', 6, 9, 5007716],
    ['osaka', 6, 9, 5007716],
  ].map(([fork, target, max, baseFeeUpdateFraction]) => [fork, { target, max, baseFeeUpdateFraction }]),
)

/** Fields of geth's genesis that describe a proof-of-work header: absent or zero. */
const ZERO_FIELDS = ['nonce', 'difficulty', 'mixHash', 'coinbase', 'number', 'gasUsed', 'parentHash'] as const

const UINT64_MAX = (1n << 64n) - 1n

/**
 * Parses and validates; `verifyChainSpec` checks the keys' proofs.
 * @throws CodedError `CHAIN_SPEC_INVALID` with the `path` in `data`
 */
export function parseChainSpec(text: string): ChainSpec {
  const file = new JsonFields(parseJson(text), '')
  const config = file.object('config')
  readForks(config)
  const cairn = config.object('cairn')
  const spec: ChainSpec = {
    name: cairn.text('name', 1, 64),
    chainId: config.integer('chainId', 1, 2 ** 52),
    genesisTimeMs: cairn.integer('genesisTimeMs', 0, Number.MAX_SAFE_INTEGER),
    epochLengthBlocks: cairn.integer('epochLengthBlocks', 1, EPOCH_LENGTH_MAX_BLOCKS),
    unbondingEpochs: cairn.integer('unbondingEpochs', 1, UNBONDING_EPOCHS_MAX),
    timing: readTiming(cairn.object('timing')),
    gasLimit: file.bigint('gasLimit', 5_000n, (1n << 63n) - 1n),
    baseFeePerGas: file.bigint('baseFeePerGas', 1n, (1n << 128n) - 1n),
    blockSizeMaxBytes: cairn.integer('blockSizeMaxBytes', 4_096, BLOCK_DATA_MAX_BYTES),
    coreWasmSha256: cairn.hash('coreWasmSha256'),
    depositContractAddress: config.address('depositContractAddress'),
    validators: cairn.objects('validators').map(readValidator),
    ...(cairn.has('validatorChanges') ? { validatorChanges: readChanges(cairn.objects('validatorChanges')) } : {}),
    alloc: readAlloc(file.object('alloc')),
    ...(cairn.has('bootstrap') ? { bootstrap: readBootstrap(cairn) } : {}),
  }
  const seconds = Math.floor(spec.genesisTimeMs / 1000)
  if (file.integer('timestamp', 0, Number.MAX_SAFE_INTEGER) !== seconds) {
    throw specError('timestamp', `must be config.cairn.genesisTimeMs in seconds, ${seconds}`)
  }
  readHeaderConstants(file)
  for (const fields of [file, config, cairn]) fields.end()
  checkValidators(spec.validators, 'config.cairn.validators')
  checkChanges(spec)
  return spec
}

/** JSON text, two-space indent; `parseChainSpec` gives the same spec back. */
export function serializeChainSpec(spec: ChainSpec): string {
  const file = {
    config: {
      chainId: spec.chainId,
      ...Object.fromEntries([...FORK_BLOCKS, ...FORK_TIMES].map((name) => [name, 0])),
      terminalTotalDifficulty: 0,
      depositContractAddress: spec.depositContractAddress,
      blobSchedule: BLOB_SCHEDULE,
      cairn: {
        name: spec.name,
        genesisTimeMs: spec.genesisTimeMs,
        epochLengthBlocks: spec.epochLengthBlocks,
        unbondingEpochs: spec.unbondingEpochs,
        timing: spec.timing,
        blockSizeMaxBytes: spec.blockSizeMaxBytes,
        coreWasmSha256: spec.coreWasmSha256,
        validators: spec.validators.map(jsonFromValidator),
        ...(spec.validatorChanges === undefined
          ? {}
          : {
              validatorChanges: spec.validatorChanges.map((change) => ({
                epoch: change.epoch,
                validators: change.validators.map(jsonFromValidator),
              })),
            }),
        ...(spec.bootstrap === undefined ? {} : { bootstrap: spec.bootstrap }),
      },
    },
    timestamp: quantity(Math.floor(spec.genesisTimeMs / 1000)),
    gasLimit: quantity(spec.gasLimit),
    baseFeePerGas: quantity(spec.baseFeePerGas),
    difficulty: '0x0',
    extraData: '0x',
    alloc: Object.fromEntries(spec.alloc.map((account) => [account.address, jsonFromAccount(account)])),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

function parseJson(text: string): unknown {
  if (text.length > CHAIN_SPEC_MAX_CHARACTERS) throw specError('file', 'too large')
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw specError('file', 'not JSON', cause)
  }
}

function readForks(config: JsonFields): void {
  for (const name of [...FORK_BLOCKS, ...FORK_TIMES, 'terminalTotalDifficulty']) {
    if (config.has(name)) config.bigint(name, 0n, 0n)
  }
  for (const name of ['mergeNetsplitBlock', 'muirGlacierBlock', 'arrowGlacierBlock', 'grayGlacierBlock']) {
    if (config.has(name)) config.bigint(name, 0n, 0n)
  }
  for (const name of FORK_TIMES) config.take(name)
  if (config.has('terminalTotalDifficultyPassed')) config.take('terminalTotalDifficultyPassed')
  if (config.has('ethash')) config.take('ethash')
  if (config.has('blobSchedule') && JSON.stringify(config.take('blobSchedule')) !== JSON.stringify(BLOB_SCHEDULE)) {
    throw specError('config.blobSchedule', `must be ${JSON.stringify(BLOB_SCHEDULE)} or absent`)
  }
}

function readHeaderConstants(file: JsonFields): void {
  for (const name of ZERO_FIELDS) if (file.has(name)) file.bigint(name, 0n, 0n)
  for (const name of ['excessBlobGas', 'blobGasUsed']) {
    if (file.has(name) && file.take(name) !== null) file.bigint(name, 0n, 0n)
  }
  if (file.has('extraData')) file.bytes('extraData', 0, 0)
}

function readTiming(timing: JsonFields): ConsensusTiming {
  const leaderTimeoutMs = timing.integer('leaderTimeoutMs', 20, 60_000)
  const value = {
    leaderTimeoutMs,
    leaderTimeoutMaxMs: timing.integer('leaderTimeoutMaxMs', leaderTimeoutMs, 600_000),
    heartbeatMs: timing.integer('heartbeatMs', 10, 600_000),
  }
  timing.end()
  return value
}

function readValidator(fields: JsonFields): GenesisValidator {
  const validator = {
    publicKey: fields.bytes('publicKey', 48, 48),
    weight: fields.bigint('weight', 1n, UINT64_MAX),
    feeRecipient: fields.address('feeRecipient'),
    peerId: fields.text('peerId', 0, PEER_ID_MAX_BYTES),
    proofOfPossession: fields.bytes('proofOfPossession', 96, 96),
  }
  fields.end()
  return validator
}

/** Whether one leads anywhere, dialing finds out; each must say whom it leads to. */
function readBootstrap(cairn: JsonFields): readonly string[] {
  const value = cairn.take('bootstrap')
  const isGood = (address: unknown): address is string =>
    typeof address === 'string' &&
    address.length <= MULTIADDR_MAX_BYTES &&
    /^\/[\x21-\x7e]+\/p2p\/[A-Za-z0-9]+$/.test(address)
  if (Array.isArray(value) && value.length <= BOOTSTRAP_MAX && value.every(isGood)) return value
  throw specError(
    cairn.pathOf('bootstrap'),
    `not a list of at most ${BOOTSTRAP_MAX} multiaddrs that end in /p2p/<peer id>`,
  )
}

function readChanges(list: readonly JsonFields[]): readonly ValidatorChange[] {
  return list.map((fields) => {
    const change = {
      epoch: epoch(fields.integer('epoch', 1, 2 ** 52)),
      validators: fields.objects('validators').map(readValidator),
    }
    fields.end()
    return change
  })
}

/** Ascending, and each within the limit of what one epoch may change. */
function checkChanges({ validators, validatorChanges = [] }: ChainSpec): void {
  if (validatorChanges.length > VALIDATOR_CHANGES_MAX) throw specError('config.cairn.validatorChanges', 'too many')
  let before = validators
  let beforeEpoch = 0
  for (const [index, change] of validatorChanges.entries()) {
    const path = `config.cairn.validatorChanges[${index}]`
    if (change.epoch <= beforeEpoch) throw specError(`${path}.epoch`, 'not after the change before it')
    checkValidators(change.validators, `${path}.validators`)
    if (!isSmallChange(before, change.validators)) {
      throw specError(`${path}.validators`, 'a third of the weight or more would change at once')
    }
    before = change.validators
    beforeEpoch = change.epoch
  }
}

function checkValidators(validators: readonly GenesisValidator[], path: string): void {
  try {
    createValidatorSet(epoch(0), validators, ZERO_HASH)
  } catch (cause) {
    throw specError(path, cause instanceof CodedError ? cause.message : 'invalid', cause)
  }
}

function jsonFromValidator(validator: GenesisValidator): Record<string, unknown> {
  return {
    publicKey: hexFromBytes(validator.publicKey),
    weight: validator.weight.toString(),
    feeRecipient: validator.feeRecipient,
    peerId: validator.peerId,
    proofOfPossession: hexFromBytes(validator.proofOfPossession),
  }
}

function jsonFromAccount(account: GenesisAccount): Record<string, unknown> {
  return {
    balance: quantity(account.balance),
    ...(account.nonce === 0 ? {} : { nonce: quantity(account.nonce) }),
    ...(account.code === '0x' ? {} : { code: account.code }),
    ...(account.storage.length === 0
      ? {}
      : { storage: Object.fromEntries(account.storage.map(({ slot, value }) => [slot, value])) }),
  }
}

function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
