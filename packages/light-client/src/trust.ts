/**
 * What a light client stands on (consensus.md «Light client»: trusted (header, V_e, time)), and for how long: beyond the
 * unbonding time validators can sign another past at no cost, so the trusting period is shorter.
 */
import { CLOCK_DRIFT_MAX_MS, genesisValidatorSet } from '@cairn/chain'
import type { ChainSpec, ConsensusHeader, LightBlock, ValidatorSet } from '@cairn/chain'
import { height, hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'

export interface TrustedState {
  /** Genesis, or the last block of the epoch before that of `validators`: what counts of it besides the next set's hash. */
  readonly header: Pick<ConsensusHeader, 'height' | 'timeMs'>
  /** V_e: who finalizes what follows `header`. */
  readonly validators: ValidatorSet
  /**
   * From when the trusting period counts, wall time: that of the newest header that `validators` have finalized, of `header`,
   * or when somebody trusted has vouched for it or its past.
   */
  readonly trustedAtMs: number
}

/** In the chain spec, by whoever has handed it over at `vouchedAtMs`. */
export function trustInGenesis(spec: ChainSpec, vouchedAtMs: number): TrustedState {
  const header = { height: height(0), timeMs: spec.genesisTimeMs }
  return { header, validators: genesisValidatorSet(spec), trustedAtMs: vouchedAtMs }
}

/**
 * After a verified block. It is trusted at least as long as what it was verified from: a chain that has stood still has
 * old headers, and the validators of its last one are still bonded.
 */
export function trustAfter({ header, nextValidators }: LightBlock, from: TrustedState): TrustedState {
  const { height: at, timeMs } = header
  return { header: { height: at, timeMs }, validators: nextValidators, trustedAtMs: Math.max(timeMs, from.trustedAtMs) }
}

/**
 * After a header that the trusted validators have finalized was verified: they were bonded when they signed it. One of another
 * epoch or from the future says nothing of that, and what has expired stays so, whatever its validators sign now.
 */
export function trustConfirmed(
  trusted: TrustedState,
  { epoch, timeMs }: Pick<ConsensusHeader, 'epoch' | 'timeMs'>,
  { trustingPeriodMs, nowMs }: { readonly trustingPeriodMs: number; readonly nowMs: number },
): TrustedState {
  const isOfNow = epoch === trusted.validators.epoch && timeMs <= nowMs + CLOCK_DRIFT_MAX_MS
  if (!isOfNow || isExpired(trusted, trustingPeriodMs, nowMs)) return trusted
  return { ...trusted, trustedAtMs: Math.max(trusted.trustedAtMs, timeMs) }
}

/** Of T0, which is granted for a proposal at the worst: blocks of a busy chain come about so fast. */
const BUSY_BLOCK_SHARE = 1 / 4

/**
 * Two thirds of the unbonding time of a chain that is always busy. The spec counts that time in epochs, and an idle chain, with a block
 * each heartbeat, takes longer for them: there trust ends sooner than it must for who has been away. Who follows the chain trusts it from its
 * newest block on (ADR 044).
 */
export function trustingPeriodMs({ unbondingEpochs, epochLengthBlocks, timing }: ChainSpec): number {
  const blockMs = Math.min(timing.heartbeatMs, BUSY_BLOCK_SHARE * timing.leaderTimeoutMs)
  return Math.floor((2 * unbondingEpochs * epochLengthBlocks * blockMs) / 3)
}

export function isExpired({ trustedAtMs }: TrustedState, periodMs: number, nowMs: number): boolean {
  return nowMs > trustedAtMs + periodMs
}

/**
 * Keys whose owners have proved that they have the secret: the chain spec's, which `verifyChainSpec` has checked. An
 * aggregate with any other key proves nothing (rogue keys), unless a trusted set vouches for it.
 */
export function provenKeysOf({ validators, validatorChanges = [] }: ChainSpec): ReadonlySet<Hex> {
  const all = [validators, ...validatorChanges.map((change) => change.validators)].flat()
  return new Set(all.map(({ publicKey }) => hexFromBytes(publicKey)))
}
