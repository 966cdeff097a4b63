import { CHAINS_KEPT_MAX } from './limits.ts'

/** All but the `CHAINS_KEPT_MAX` opened last; never `current`. */
export function chainsToForget(chains: ReadonlyMap<string, number>, current: string): readonly string[] {
  return [...chains]
    .filter(([id]) => id !== current)
    .toSorted(([, a], [, b]) => b - a)
    .slice(CHAINS_KEPT_MAX - 1)
    .map(([id]) => id)
}
