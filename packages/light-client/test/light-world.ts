/**
 * Chains of epoch ends without blocks in between, honest and forged, and peers that show them. Signatures are stand-ins: a
 * hash over the message and the signers' keys, which only `sign` makes; a test decides who signs what.
 */
import {
  bitmapFromIndices,
  createValidatorSet,
  encodeLightBlockResponse,
  hashHeader,
  voteSigningBytes,
} from '@cairn/chain'
import type { Certificate, ConsensusHeader, LightBlock, Validator, ValidatorSet } from '@cairn/chain'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import type { BlsKeySet } from '@cairn/crypto'
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesFromUint64,
  concatBytes,
  epoch,
  equalBytes,
  height,
  hexFromBytes,
  view,
} from '@cairn/primitives'
import type { Hash, Hex } from '@cairn/primitives'
import { createLightClient } from '../src/index.ts'
import type { ChainRules, LightClient, LightEffect, LightRefusal, TrustedState } from '../src/index.ts'

export const EPOCH_BLOCKS = 10
export const EPOCH_MS = 10_000
export const GENESIS_MS = 1_700_000_000_000
export const GENESIS_HASH = keccak256(new TextEncoder().encode('genesis of the light client tests'))

/** A member by number: the same number is the same key in every set. */
export interface Member {
  readonly id: number
  readonly weight: bigint
}

export const equal = (ids: readonly number[]): readonly Member[] => ids.map((id) => ({ id, weight: 1n }))

const KEYS = Array.from({ length: 100 }, (_, id) =>
  concatBytes(keccak256Bytes(bytesFromUint64(id)), new Uint8Array(16)),
)

function keyOf(id: number): Uint8Array {
  const key = KEYS[id]
  if (key === undefined) throw new RangeError(`no member ${id}`)
  return key
}

export function keyHex(id: number): Hex {
  return hexFromBytes(keyOf(id))
}

export function setOf(of: number, members: readonly Member[], seed: Hash = ZERO_HASH): ValidatorSet {
  return createValidatorSet(epoch(of), members.map(validatorOf), seed)
}

export function validatorOf({ id, weight }: Member): Validator {
  return { publicKey: keyOf(id), weight, feeRecipient: ZERO_ADDRESS, peerId: '' }
}

export interface BlockParts {
  readonly validators: ValidatorSet
  readonly nextValidators: ValidatorSet
  /** Member numbers; by default everybody. */
  readonly signers?: readonly number[] | undefined
  /** Blocks that differ in nothing else differ in this. */
  readonly salt?: number
  readonly view?: number
  readonly header?: Partial<ConsensusHeader>
}

export function lightBlock(parts: BlockParts): LightBlock {
  const { validators, nextValidators, salt = 0 } = parts
  const of = validators.epoch
  const header: ConsensusHeader = {
    chainId: 1337,
    epoch: of,
    view: view(parts.view ?? 9),
    parentView: view(8),
    height: height((of + 1) * EPOCH_BLOCKS),
    parentHash: ZERO_HASH,
    timeMs: GENESIS_MS + (of + 1) * EPOCH_MS,
    proposer: 0,
    executionBlockHash: keccak256(bytesFromUint64(salt)),
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
    randaoReveal: new Uint8Array(96),
    validatorSetHash: validators.hash,
    nextValidatorSetHash: nextValidators.hash,
    ...parts.header,
  }
  return { header, finalization: finalize(header, validators, parts.signers), validators, nextValidators }
}

function finalize(header: ConsensusHeader, set: ValidatorSet, signers?: readonly number[]): Certificate {
  const keys = signers?.map(keyHex)
  const indices = set.validators.flatMap(({ publicKey }, index) =>
    keys === undefined || keys.includes(hexFromBytes(publicKey)) ? [index] : [],
  )
  const subject = { kind: 'finalize', epoch: header.epoch, view: header.view, hash: hashHeader(header) } as const
  const signature = sign(
    voteSigningBytes(GENESIS_HASH, subject),
    indices.map((index) => set.validators[index]?.publicKey as Uint8Array),
  )
  return { ...subject, signers: bitmapFromIndices(indices, set.validators.length), signature }
}

function sign(message: Uint8Array, keys: readonly Uint8Array[]): Uint8Array {
  const digest = keccak256Bytes(concatBytes(message, ...keys))
  return concatBytes(digest, digest, digest)
}

/** Counts aggregate verifications. */
export function createFakeKeys(): { readonly keysOf: ChainRules['keysOf']; count(): number } {
  let verified = 0
  return {
    count: () => verified,
    keysOf: (set): BlsKeySet => ({
      size: set.validators.length,
      verify: () => false,
      verifyAggregate: (indices, message, signature) => {
        verified += 1
        const keys = indices.map((index) => set.validators[index]?.publicKey as Uint8Array)
        return equalBytes(sign(message, keys), signature)
      },
    }),
  }
}

/** Epochs 0 … memberships.length − 2; the last membership is the set after the last end. */
export function chainOf(
  memberships: readonly (readonly Member[])[],
  signersOf: (of: number, set: ValidatorSet) => readonly number[] | undefined = () => undefined,
): readonly LightBlock[] {
  const sets = memberships.map((members, of) => setOf(of, members, keccak256(bytesFromUint64(of))))
  return sets.slice(1).map((nextValidators, of) => {
    const validators = sets[of] as ValidatorSet
    return lightBlock({ validators, nextValidators, signers: signersOf(of, validators) })
  })
}

export function genesisTrust(validators: ValidatorSet): TrustedState {
  return { header: { height: height(0), timeMs: GENESIS_MS }, validators, trustedAtMs: GENESIS_MS }
}

/** Which block the client stands on. */
export function trustedPoint(client: LightClient): string {
  const { header, validators } = client.trusted()
  return `${header.height} ${validators.hash}`
}

/** The same for one who trusts this block. */
export function pointAfter({ header, nextValidators }: LightBlock): string {
  return `${header.height} ${nextValidators.hash}`
}

/** What a peer shows at an epoch; `undefined`: a time-out, an array: bytes as they are. */
export type Shown = (epoch: number) => LightBlock | Uint8Array | 'none' | undefined

export const showing =
  (chain: readonly LightBlock[]): Shown =>
  (of) =>
    chain[of] ?? 'none'

export interface World {
  readonly client: LightClient
  readonly rules: ChainRules
  verifications(): number
  /** One run. */
  advance(options: {
    readonly to: number
    readonly peers: Readonly<Record<string, Shown>>
    readonly nowMs?: number
  }): Ran
}

export interface Ran {
  readonly effects: readonly LightEffect[]
  readonly requests: number
  readonly code: LightRefusal | undefined
  readonly penalized: readonly string[]
}

export interface WorldOptions {
  readonly trusted: TrustedState
  /** Members whose keys are proven beside those of the trusted set; by default the first hundred. */
  readonly proven?: readonly number[]
  readonly trustingPeriodMs?: number
  readonly witnessesMin?: number
  readonly checkpoint?: ChainRules['checkpoint']
}

const FIRST_HUNDRED = Array.from({ length: 100 }, (_, id) => id)

export function createWorld({
  trusted,
  proven = FIRST_HUNDRED,
  trustingPeriodMs = 1e9,
  witnessesMin = 1,
  checkpoint,
}: WorldOptions): World {
  const keys = createFakeKeys()
  const rules: ChainRules = {
    chainId: 1337,
    genesisHash: GENESIS_HASH,
    epochLengthBlocks: EPOCH_BLOCKS,
    provenKeys: new Set(proven.map(keyHex)),
    checkpoint,
    keysOf: keys.keysOf,
  }
  const client = createLightClient({ ...rules, trusted, trustingPeriodMs, witnessesMin })
  return {
    client,
    rules,
    verifications: keys.count,
    advance: ({ to, peers, nowMs = GENESIS_MS + (to + 2) * EPOCH_MS }) => {
      const [peer, ...witnesses] = Object.keys(peers) as [string, ...string[]]
      const effects: LightEffect[] = []
      const queue = [...client.handle({ type: 'advance', peer, epoch: epoch(to), witnesses }, nowMs)]
      let requests = 0
      for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
        effects.push(effect)
        if (effect.type !== 'request') continue
        requests += 1
        const { requestId } = effect
        const shown = peers[effect.peer]?.(effect.epoch)
        const input =
          shown === undefined
            ? ({ type: 'request-failed', requestId } as const)
            : ({ type: 'response', requestId, data: shown instanceof Uint8Array ? shown : responseOf(shown) } as const)
        queue.push(...client.handle(input, nowMs))
      }
      const last = effects.at(-1)
      if (last?.type !== 'done') throw new Error('a run ends')
      return {
        effects,
        requests,
        code: last.code,
        penalized: effects.flatMap((effect) => (effect.type === 'penalize' ? [`${effect.peer} ${effect.code}`] : [])),
      }
    },
  }
}

function responseOf(shown: LightBlock | 'none'): Uint8Array {
  return encodeLightBlockResponse({ block: shown === 'none' ? undefined : shown })
}
