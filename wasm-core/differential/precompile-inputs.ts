/**
 * Inputs for precompiles 1–0x11 and 0x100: well-formed ones with random scalars, edges, and broken ones (bits turned,
 * cut, extended). Points are the generators, their negatives and infinity; richer ones come from programs that feed
 * one precompile's output to the next.
 */
import { bytesFromHex, concatBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
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
      return concatBytes(Uint8Array.of(1), random.bytes(191))
    case 0x100:
      return p256Input(random)
    default:
      return address >= 0x0b && address <= 0x11 ? blsInput(random, address) : random.bytes(random.below(300))
  }
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

const BN_P = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

const BN_G1_POINTS: readonly (readonly bigint[])[] = [
  [1n, 2n],
  [1n, BN_P - 2n],
  [0n, 0n],
  [
    0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3n,
    0x15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4n,
  ],
]

/** The generator of G2, imaginary parts first. */
const BN_G2: readonly bigint[] = [
  0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2n,
  0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6edn,
  0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975bn,
  0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daan,
]

const BLS_P =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn

const BLS_G1 = [
  0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bbn,
  0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1n,
] as const

const BLS_G2 = [
  0x024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8n,
  0x13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7en,
  0x0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801n,
  0x0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79ben,
] as const

/** hash ‖ r ‖ s ‖ x ‖ y of the first test vector of RIP-7212. */
const P256_SIGNATURE = (
  '0x4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d' +
  'a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac' +
  '36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60' +
  '4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3' +
  '7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e') as Hex
