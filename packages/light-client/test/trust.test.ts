/** How long something is trusted, whose keys are proven, and what is left of it after a restart. */
import { encodeLightBlock } from '@cairn/chain'
import type { ChainSpec, LightBlock } from '@cairn/chain'
import { describe, expect, it } from 'vitest'
import { provenKeysOf, trustFromStored, trustingPeriodMs } from '../src/index.ts'
import {
  EPOCH_MS,
  GENESIS_MS,
  chainOf,
  createWorld,
  equal,
  genesisTrust,
  keyHex,
  lightBlock,
  setOf,
} from './light-world.ts'

const chain = chainOf(Array.from({ length: 12 }, () => equal([1, 2, 3, 4])))
const block = chain[10] as LightBlock
const trusted = genesisTrust((chain[0] as LightBlock).validators)
const options = { ...createWorld({ trusted }).rules, trusted, trustingPeriodMs: 100_000 }
const nowMs = GENESIS_MS + 11 * EPOCH_MS

describe('the trusting period', () => {
  const spec = { unbondingEpochs: 28, epochLengthBlocks: 120, timing: { heartbeatMs: 1_000, leaderTimeoutMs: 400 } }
  const periodOf = (timing: Partial<ChainSpec['timing']>): number =>
    trustingPeriodMs({ ...spec, timing: { ...spec.timing, ...timing } } as ChainSpec)

  it('is two thirds of the unbonding time of a chain that is always busy', () => {
    expect(periodOf({})).toBe(224_000)
    // Shorter than it takes 28 epochs at ten blocks a second to pass, and longer than an idle epoch.
    expect(periodOf({})).toBeLessThan(28 * 120 * 100)
    expect(periodOf({})).toBeGreaterThan(120 * 1_000)
  })

  it('does not grow with a heartbeat that a busy chain never waits for, and is never longer than an idle chain allows', () => {
    expect(periodOf({ heartbeatMs: 60_000 })).toBe(224_000)
    expect(periodOf({ heartbeatMs: 50 })).toBe(112_000)
  })
})

describe('proven keys', () => {
  it('are those of the chain spec, of genesis and of every scheduled change', () => {
    const validators = [...setOf(0, equal([1, 2])).validators]
    const later = [...setOf(0, equal([2, 3])).validators]
    const spec = { validators, validatorChanges: [{ epoch: 4, validators: later }] } as unknown as ChainSpec
    expect(provenKeysOf(spec)).toEqual(new Set([1, 2, 3].map(keyHex)))
  })
})

describe('a stored block', () => {
  const codeOf = (bytes: Uint8Array, atMs = nowMs): string => {
    try {
      trustFromStored(bytes, options, atMs)
      return 'trusted'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it('is gone on from', () => {
    const { trusted: restored } = trustFromStored(encodeLightBlock(block), options, nowMs)
    expect(restored).toEqual({
      header: { height: block.header.height, timeMs: block.header.timeMs },
      validators: block.nextValidators,
      trustedAtMs: block.header.timeMs,
    })
  })

  it('is refused when it has become too old, or is not what was stored', () => {
    expect(codeOf(encodeLightBlock(block), nowMs + 100_000)).toBe('trusted')
    expect(codeOf(encodeLightBlock(block), nowMs + 100_001)).toBe('LIGHT_TRUST_EXPIRED')
    expect(codeOf(encodeLightBlock(block), nowMs - 10_000)).toBe('LIGHT_TRUST_DAMAGED')
    expect(codeOf(encodeLightBlock(block).subarray(1))).toBe('LIGHT_TRUST_DAMAGED')
    const { validators, nextValidators } = block
    const other = lightBlock({ validators, nextValidators, header: { chainId: 1 } })
    const unsigned = { ...block, finalization: { ...block.finalization, signature: new Uint8Array(96) } }
    expect(codeOf(encodeLightBlock(other))).toBe('LIGHT_TRUST_DAMAGED')
    expect(codeOf(encodeLightBlock(unsigned))).toBe('LIGHT_TRUST_DAMAGED')
  })
})
