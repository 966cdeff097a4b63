/**
 * Inputs for precompiles 1–0x11 and 0x100: well-formed ones with random scalars, edges, and broken ones (bits turned,
 * cut, extended). Points are the generators, their negatives and infinity; richer ones come from programs that feed
 * one precompile's output to the next.
 */
import { sha256 } from '@cairn/crypto'
import { bytesFromHex, concatBytes } from '@cairn/primitives'
import { BLS_G1, BLS_G2, BLS_P, BN_G1_POINTS, BN_G2, P256_SIGNATURE } from './curve-points.ts'
import { bytesFromInteger, randomWord } from './random.ts'
import type { Random } from './random.ts'

/** ecrecover … BLAKE2F, KZG, BLS, P256VERIFY. */
export const PRECOMPILES: readonly number[] = [...Array.from({ length: 0x11 }, (_, index) => index + 1), 0x100]

/** Input for the precompile at `address`; roughly two of three are well-formed. */
export function precompileInput(random: Random, address: number): Uint8Array {
  const valid = validInput(random, address)
  switch (random.below(9)) {
    case 0:
      return flipBit(random, valid)
    case 1:
      return valid.subarray(0, random.below(valid.length + 1))
    case 2:
      return concatBytes(valid, random.bytes(1 + random.below(40)))
    default:
      return valid
  }
}

/** Bytes of the precompile's output that are worth reading. */
export function precompileOutputBytes(address: number): number {
  return address >= 0x0b ? 256 : 128
}

function validInput(random: Random, address: number): Uint8Array {
  switch (address) {
    case 0x01:
      return recoverInput(random)
    case 0x05:
      return modexpInput(random)
    case 0x06:
      return concatBytes(bnPoint(random), bnPoint(random))
    case 0x07:
      return concatBytes(bnPoint(random), word(randomWord(random)))
    case 0x08:
      return bnPairingInput(random)
    case 0x09:
      return blakeInput(random)
    case 0x0a:
      return random.oneIn(4)
        ? concatBytes(Uint8Array.of(1), random.bytes(191))
        : kzgInput(randomWord(random), random.oneIn(6) ? 1n : 0n)
    case 0x100:
      return p256Input(random)
    default:
      return address >= 0x0b && address <= 0x11 ? blsInput(random, address) : random.bytes(random.below(300))
  }
}

/** The zero polynomial: commitment and proof are infinity, and its value is 0 everywhere, in particular at `z`. */
export function kzgInput(z: bigint, y: bigint): Uint8Array {
  const infinity = new Uint8Array(48)
  infinity[0] = 0xc0
  const versionedHash = bytesFromHex(sha256(infinity))
  versionedHash[0] = 1
  return concatBytes(versionedHash, word(z), word(y), infinity, infinity)
}

function recoverInput(random: Random): Uint8Array {
  const v = random.pick([27n, 28n, 27n, 28n, 0n, 29n])
  const r = random.oneIn(3) ? randomWord(random) : random.pick(SECP256K1_R)
  const s = random.oneIn(6) ? randomWord(random) : BigInt(1 + random.below(1 << 30)) ** 7n
  return concatBytes(random.bytes(32), word(v), word(r), word(s))
}

function modexpInput(random: Random): Uint8Array {
  const sizes = [random.below(70), random.below(40), random.below(70)].map((size) => (random.oneIn(8) ? 0 : size))
  if (random.oneIn(12)) sizes[random.below(3)] = random.pick([1023, 1024, 1025])
  const numbers = sizes.map((size) => (random.oneIn(6) ? new Uint8Array(size) : random.bytes(size)))
  const lengths = sizes.map((size) => word(random.oneIn(60) ? randomWord(random) : BigInt(size)))
  return concatBytes(...lengths, ...numbers)
}

function bnPoint(random: Random): Uint8Array {
  return concatBytes(...random.pick(BN_G1_POINTS).map(word))
}

function bnPairingInput(random: Random): Uint8Array {
  const pairs = random.below(4)
  const parts: Uint8Array[] = []
  for (let pair = 0; pair < pairs; pair++) {
    parts.push(bnPoint(random), random.oneIn(4) ? new Uint8Array(128) : concatBytes(...BN_G2.map(word)))
  }
  return concatBytes(...parts)
}

function blakeInput(random: Random): Uint8Array {
  const rounds = bytesFromInteger(BigInt(random.below(40)), 4)
  return concatBytes(rounds, random.bytes(208), Uint8Array.of(random.oneIn(12) ? 2 : random.below(2)))
}

function p256Input(random: Random): Uint8Array {
  const input = bytesFromHex(P256_SIGNATURE)
  if (random.oneIn(4)) input.set(word(randomWord(random)), 32 * random.below(5))
  return input
}

function blsInput(random: Random, address: number): Uint8Array {
  const many = (item: () => Uint8Array): Uint8Array => {
    return concatBytes(...Array.from({ length: 1 + random.below(3) }, item))
  }
  switch (address) {
    case 0x0b:
      return concatBytes(blsG1(random), blsG1(random))
    case 0x0c:
      return many(() => concatBytes(blsG1(random), word(randomWord(random))))
    case 0x0d:
      return concatBytes(blsG2(random), blsG2(random))
    case 0x0e:
      return many(() => concatBytes(blsG2(random), word(randomWord(random))))
    case 0x0f:
      return many(() => concatBytes(blsG1(random), blsG2(random)))
    case 0x10:
      return fieldElement(random)
    default:
      return concatBytes(fieldElement(random), fieldElement(random))
  }
}

function blsG1(random: Random): Uint8Array {
  if (random.oneIn(5)) return new Uint8Array(128)
  return concatBytes(...(random.oneIn(2) ? BLS_G1 : [BLS_G1[0], negate(BLS_G1[1])]).map(padded))
}

function blsG2(random: Random): Uint8Array {
  if (random.oneIn(5)) return new Uint8Array(256)
  const [x0, x1, y0, y1] = BLS_G2
  return concatBytes(...(random.oneIn(2) ? BLS_G2 : [x0, x1, negate(y0), negate(y1)]).map(padded))
}

function fieldElement(random: Random): Uint8Array {
  if (random.oneIn(4)) return padded(random.pick([0n, 1n, BLS_P - 1n, BLS_P, (BLS_P - 1n) / 2n]))
  return concatBytes(new Uint8Array(17), random.bytes(47))
}

function flipBit(random: Random, bytes: Uint8Array): Uint8Array {
  const flipped = bytes.slice()
  const index = random.below(Math.max(1, bytes.length))
  if (index < flipped.length) flipped[index] = (flipped[index] as number) ^ (1 << random.below(8))
  return flipped
}

function word(value: bigint): Uint8Array {
  return bytesFromInteger(value, 32)
}

function padded(value: bigint): Uint8Array {
  return bytesFromInteger(value, 64)
}

function negate(value: bigint): bigint {
  return BLS_P - value
}

/** x coordinates on secp256k1 (that of the generator, and 1), and one beyond the order. */
const SECP256K1_R: readonly bigint[] = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  1n,
  0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142n,
]
