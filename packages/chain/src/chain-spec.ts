/**
 * The chain spec: every consensus-relevant parameter, hashed into genesis. Anything that may differ
 * between two honest nodes of a chain belongs to `NodeOptions`, not here.
 */
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { CodedError, bytesFromHex, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Address, Epoch, Hash, Hex, RlpInput } from '@cairn/primitives'
import type { Validator } from './validator-set.ts'

/** One account of the genesis allocation (geth's `alloc` entry, normalized). */
export interface GenesisAccount {
  readonly address: Address
  /** Wei. */
  readonly balance: bigint
  readonly nonce: number
  readonly code: Hex
  /** Ascending by slot; no zero values. */
  readonly storage: readonly { readonly slot: Hash; readonly value: Hash }[]
}

/** A validator that the spec names. */
export interface GenesisValidator extends Validator {
  /** 96 bytes; shows that the owner holds the secret key. Not part of the validator set's hash. */
  readonly proofOfPossession: Uint8Array
}

/** A scheduled change: these are the validators from `epoch` on. */
export interface ValidatorChange {
  /** ≥ 1 */
  readonly epoch: Epoch
  /** In order; the whole set, not a difference. */
  readonly validators: readonly GenesisValidator[]
}

/** R1 and idle timing, milliseconds. */
export interface ConsensusTiming {
  /** T0: base leader timeout. */
  readonly leaderTimeoutMs: number
  /** Tmax: cap of the backed-off leader timeout. */
  readonly leaderTimeoutMaxMs: number
  /** An idle leader proposes an empty block this long after the parent's time. */
  readonly heartbeatMs: number
}

export interface ChainSpec {
  readonly name: string
  readonly chainId: number
  readonly genesisTimeMs: number
  readonly epochLengthBlocks: number
  /** Who leaves stays slashable for so many epochs: evidence that is older than this at its block is invalid. */
  readonly unbondingEpochs: number
  readonly timing: ConsensusTiming
  readonly gasLimit: bigint
  /** Wei; the genesis block's EIP-1559 base fee. */
  readonly baseFeePerGas: bigint
  /** Payload and access list together; larger blocks are invalid. */
  readonly blockSizeMaxBytes: number
  /** SHA-256 of the `core.wasm` that defines the state transition. */
  readonly coreWasmSha256: Hash
  /** Its logs are validator deposits (EIP-6110). */
  readonly depositContractAddress: Address
  /** Validators of epoch 0, in order. */
  readonly validators: readonly GenesisValidator[]
  /** Ascending by epoch; each a small change of the one before (`isSmallChange`). Absent: only evidence changes the set. */
  readonly validatorChanges?: readonly ValidatorChange[]
  /** Ascending by address. */
  readonly alloc: readonly GenesisAccount[]
  /**
   * Multiaddrs of first peers. Not part of the hash: addresses change while the chain stays the same, and they are
   * trusted with nothing.
   */
  readonly bootstrap?: readonly string[]
}

/** keccak256 of `encodeChainSpec`: the parent hash of the genesis header. Computed once for each object: an allocation is long. */
export function chainSpecHash(spec: ChainSpec): Hash {
  const known = hashes.get(spec)
  if (known !== undefined) return known
  const hash = keccak256(encodeChainSpec(spec))
  hashes.set(spec, hash)
  return hash
}

const hashes = new WeakMap<ChainSpec, Hash>()

/** Canonical RLP of every field but `bootstrap`, in the order of the type. */
export function encodeChainSpec(spec: ChainSpec): Uint8Array {
  return encodeRlp([
    ascii(spec.name),
    rlpUint(spec.chainId),
    rlpUint(spec.genesisTimeMs),
    rlpUint(spec.epochLengthBlocks),
    rlpUint(spec.unbondingEpochs),
    [spec.timing.leaderTimeoutMs, spec.timing.leaderTimeoutMaxMs, spec.timing.heartbeatMs].map(rlpUint),
    rlpUint(spec.gasLimit),
    rlpUint(spec.baseFeePerGas),
    rlpUint(spec.blockSizeMaxBytes),
    bytesFromHex(spec.coreWasmSha256),
    bytesFromHex(spec.depositContractAddress),
    spec.validators.map(rlpFromValidator),
    (spec.validatorChanges ?? []).map((change) => [rlpUint(change.epoch), change.validators.map(rlpFromValidator)]),
    spec.alloc.map(rlpFromAccount),
  ])
}

/**
 * Checks what needs curve arithmetic: keys are in the subgroup and each proof of possession holds.
 * @throws CodedError `CHAIN_SPEC_INVALID` with the `path` in `data`
 */
export function verifyChainSpec(spec: ChainSpec, bls: Bls): void {
  for (const check = chainSpecChecks(spec, bls); check.next().done !== true;);
}

/**
 * The same, a validator with each step: a thread that has to answer others pauses in between.
 * @throws CodedError as `verifyChainSpec`
 */
export function* chainSpecChecks(spec: ChainSpec, bls: Bls): Generator<void> {
  yield* checksOf(spec.validators, 'config.cairn.validators', bls)
  for (const [index, { validators }] of (spec.validatorChanges ?? []).entries()) {
    yield* checksOf(validators, `config.cairn.validatorChanges[${index}].validators`, bls)
  }
}

function* checksOf(validators: readonly GenesisValidator[], listPath: string, bls: Bls): Generator<void> {
  for (const [index, { publicKey, proofOfPossession }] of validators.entries()) {
    const path = `${listPath}[${index}]`
    try {
      bls.keySet([publicKey])
    } catch (cause) {
      throw specError(`${path}.publicKey`, 'no BLS12-381 public key', cause)
    }
    if (!bls.verifyPossession(publicKey, proofOfPossession)) {
      throw specError(`${path}.proofOfPossession`, 'does not prove possession of the key')
    }
    yield
  }
}

/** `CHAIN_SPEC_INVALID` naming the path into the JSON file. */
export function specError(path: string, why: string, cause?: unknown): CodedError {
  return new CodedError('CHAIN_SPEC_INVALID', `${path}: ${why}`, { data: { path }, cause })
}

function rlpFromValidator(validator: GenesisValidator): RlpInput {
  return [
    validator.publicKey,
    rlpUint(validator.weight),
    bytesFromHex(validator.feeRecipient),
    ascii(validator.peerId),
    validator.proofOfPossession,
  ]
}

function rlpFromAccount(account: GenesisAccount): RlpInput {
  return [
    bytesFromHex(account.address),
    rlpUint(account.balance),
    rlpUint(account.nonce),
    bytesFromHex(account.code),
    account.storage.map(({ slot, value }) => [bytesFromHex(slot), bytesFromHex(value)]),
  ]
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
