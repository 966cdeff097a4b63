/** Seeded pseudo-random numbers (sfc32): integer arithmetic only, the same on every engine. Not for secrets. */

export interface SeededRandom {
  /** In [0, 1). */
  next(): number
  /** Integer in [0, limit). */
  below(limit: number): number
  /** Integer in [low, high]. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  /** A generator of its own; drawing from it does not move this one. */
  fork(): SeededRandom
}

export function createSeededRandom(seed: number): SeededRandom {
  let a = 0x9e3779b9
  let b = 0x243f6a88
  let c = seed | 0
  let counter = 1
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) draw()
  const next = (): number => draw() / 2 ** 32
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (probability) => next() < probability,
    fork: () => createSeededRandom(draw()),
  }
}
