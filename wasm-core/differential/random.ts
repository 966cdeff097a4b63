/**
 * Seeded random numbers: sfc32 (Doty-Humphrey, PractRand), 32-bit integer arithmetic only, so every host draws the
 * same numbers from the same seed.
 */
export interface Random {
  /** Unsigned, 32 bits. */
  uint32(): number
  /** 0 … bound - 1; bound ≤ 2^32. */
  below(bound: number): number
  /** True once in `n` draws on average. */
  oneIn(n: number): boolean
  pick<T>(items: readonly T[]): T
  bytes(sizeBytes: number): Uint8Array
}

export function createRandom(seed: number): Random {
  let a = 0
  let b = seed | 0
  let c = 0x9e3779b9
  let counter = 1
  const uint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let round = 0; round < 15; round++) uint32()
  const below = (bound: number): number => uint32() % bound
  return {
    uint32,
    below,
    oneIn: (n) => below(n) === 0,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('pick from nothing')
      return item
    },
    bytes: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => uint32() & 0xff),
  }
}

/** 256-bit words, mostly at the edges where arithmetic goes wrong. */
export function randomWord(random: Random): bigint {
  const edge = random.pick(WORD_EDGES)
  switch (random.below(6)) {
    case 0:
      return edge
    case 1:
      return BigInt.asUintN(256, edge + BigInt(random.below(5)) - 2n)
    case 2:
      return BigInt(random.below(300))
    case 3:
      return BigInt.asUintN(256, -BigInt(random.below(300)))
    case 4:
      return 1n << BigInt(random.below(256))
    default:
      return integerFromBytes(random.bytes(1 + random.below(32)))
  }
}

function integerFromBytes(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

/** Big-endian, padded on the left. @throws RangeError when it does not fit. */
export function bytesFromInteger(value: bigint, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  let rest = value
  for (let index = sizeBytes - 1; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 0xffn)
  if (rest !== 0n) throw new RangeError(`${value} does not fit ${sizeBytes} bytes`)
  return bytes
}

const WORD_EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  31n,
  32n,
  255n,
  256n,
  (1n << 64n) - 1n,
  1n << 64n,
  (1n << 128n) - 1n,
  (1n << 255n) - 1n,
  1n << 255n,
  (1n << 256n) - 1n,
]
