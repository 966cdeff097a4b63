/** Arithmetic on the 256-bit key space of a trie; keys are hashes, which compare as text. */
import type { KeyInterval } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import { SNAPSHOT_SLICES } from '../limits.ts'

export const FIRST_KEY = `0x${'0'.repeat(64)}` as Hash
export const LAST_KEY = `0x${'f'.repeat(64)}` as Hash

/** `undefined` after the last key. */
export function keyAfter(key: Hash): Hash | undefined {
  return key === LAST_KEY ? undefined : keyOf(BigInt(key) + 1n)
}

/** Equal parts, fewer where there are not so many keys. */
export function slicesOf({ start, end }: KeyInterval): readonly KeyInterval[] {
  const first = BigInt(start)
  const count = BigInt(end) - first + 1n
  const width = (count + BigInt(SNAPSHOT_SLICES) - 1n) / BigInt(SNAPSHOT_SLICES)
  const slices: KeyInterval[] = []
  for (let at = first; at < first + count; at += width) {
    const last = at + width < first + count ? at + width - 1n : first + count - 1n
    slices.push({ start: keyOf(at), end: keyOf(last) })
  }
  return slices
}

/** Share of the key space, 0 to 1: hashed keys are spread evenly, so this is the share of the accounts too. */
export function shareOf(intervals: readonly KeyInterval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + (topBits(end) - topBits(start)) / 2 ** 48, 0)
}

function topBits(key: Hash): number {
  return Number.parseInt(key.slice(2, 14), 16)
}

function keyOf(value: bigint): Hash {
  return `0x${value.toString(16).padStart(64, '0')}` as Hash
}
