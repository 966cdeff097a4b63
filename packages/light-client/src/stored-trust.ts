/** A trusted block that was kept over a restart: judged anew, like anything else that comes from outside. */
import { decodeLightBlock } from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import { CodedError } from '@cairn/primitives'
import { isExpired } from './trust.ts'
import type { LightClientOptions } from './light-client.ts'
import type { TrustedState } from './trust.ts'
import { judgeLightBlock } from './verify-block.ts'

/** What to begin with, and the block that it came from. */
export interface StoredTrust {
  readonly block: LightBlock
  readonly trusted: TrustedState
}

/**
 * From the bytes of `encodeLightBlock`. Its own set has finalized it; that this is the chain's set is what was verified when
 * it was stored, and holds for the trusting period. One aggregate verification.
 * @throws CodedError `LIGHT_TRUST_EXPIRED`; `LIGHT_TRUST_DAMAGED`: not what this client has stored
 */
export function trustFromStored(
  bytes: Uint8Array,
  { trusted: genesis, trustingPeriodMs, ...rules }: LightClientOptions,
  nowMs: number,
): StoredTrust {
  const decoded = decodeLightBlock(bytes)
  if (!decoded.ok) throw damaged(decoded.code)
  const block = decoded.value
  const own = { ...genesis, validators: block.validators, trustedAtMs: 0 }
  const judgement = judgeLightBlock(block, own, rules, nowMs)
  if (judgement.kind !== 'trusted') throw damaged(judgement.kind === 'fault' ? judgement.code : judgement.kind)
  const trusted = judgement.state
  if (isExpired(trusted, trustingPeriodMs, nowMs)) {
    throw new CodedError('LIGHT_TRUST_EXPIRED', 'what was verified on an earlier visit is too old to go on from')
  }
  return { block, trusted }
}

function damaged(code: string): CodedError {
  return new CodedError('LIGHT_TRUST_DAMAGED', `the stored trust is refused: ${code}`, { data: { code } })
}
