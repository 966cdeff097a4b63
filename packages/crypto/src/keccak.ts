/**
 * Keccak-256 (the Keccak team's reference, version 3.0; Ethereum's padding 0x01, not SHA3-256's). Each block, header and
 * trie node is hashed, mostly of one or two permutations, so the permutation keeps its 25 lanes in 50 local variables:
 * in V8 that takes less than half the time of a loop over an array. Pure, synchronous, the same code in every host.
 *
 * lane (x, y) = variables l and h (low and high 32 bits) with the index x + 5y
 */

const RATE_BYTES = 136
const DIGEST_BYTES = 32

/** One state for all calls: hashing is synchronous and never nested. */
const state = new Int32Array(50)
/** The same state as little-endian bytes, on hosts of that order; there are no others with WebAssembly. */
const stateBytes = new Uint8Array(state.buffer)

/** 32 new bytes. */
export function keccak256Digest(message: Uint8Array): Uint8Array {
  state.fill(0)
  let at = 0
  for (let index = 0; index < message.length; index++) {
    stateBytes[at] = (stateBytes[at] as number) ^ (message[index] as number)
    if (++at < RATE_BYTES) continue
    permute(state)
    at = 0
  }
  stateBytes[at] = (stateBytes[at] as number) ^ 0x01
  stateBytes[RATE_BYTES - 1] = (stateBytes[RATE_BYTES - 1] as number) ^ 0x80
  permute(state)
  return stateBytes.slice(0, DIGEST_BYTES)
}

/** Low and high half of each round's constant (iota). */
const ROUND_CONSTANTS = Int32Array.of(
  0x00000001,
  0x00000000,
  0x00008082,
  0x00000000,
  0x0000808a,
  0x80000000 | 0,
  0x80008000 | 0,
  0x80000000 | 0,
  0x0000808b,
  0x00000000,
  0x80000001 | 0,
  0x00000000,
  0x80008081 | 0,
  0x80000000 | 0,
  0x00008009,
  0x80000000 | 0,
  0x0000008a,
  0x00000000,
  0x00000088,
  0x00000000,
  0x80008009 | 0,
  0x00000000,
  0x8000000a | 0,
  0x00000000,
  0x8000808b | 0,
  0x00000000,
  0x0000008b,
  0x80000000 | 0,
  0x00008089,
  0x80000000 | 0,
  0x00008003,
  0x80000000 | 0,
  0x00008002,
  0x80000000 | 0,
  0x00000080,
  0x80000000 | 0,
  0x0000800a,
  0x00000000,
  0x8000000a | 0,
  0x80000000 | 0,
  0x80008081 | 0,
  0x80000000 | 0,
  0x00008080,
  0x80000000 | 0,
  0x80000001 | 0,
  0x00000000,
  0x80008008 | 0,
  0x80000000 | 0,
)

/** Keccak-f[1600], unrolled: 24 rounds over local variables. */
function permute(s: Int32Array): void {
  let l0 = s[0] as number
  let h0 = s[1] as number
  let l1 = s[2] as number
  let h1 = s[3] as number
  let l2 = s[4] as number
  let h2 = s[5] as number
  let l3 = s[6] as number
  let h3 = s[7] as number
  let l4 = s[8] as number
  let h4 = s[9] as number
  let l5 = s[10] as number
  let h5 = s[11] as number
  let l6 = s[12] as number
  let h6 = s[13] as number
  let l7 = s[14] as number
  let h7 = s[15] as number
  let l8 = s[16] as number
  let h8 = s[17] as number
  let l9 = s[18] as number
  let h9 = s[19] as number
  let l10 = s[20] as number
  let h10 = s[21] as number
  let l11 = s[22] as number
  let h11 = s[23] as number
  let l12 = s[24] as number
  let h12 = s[25] as number
  let l13 = s[26] as number
  let h13 = s[27] as number
  let l14 = s[28] as number
  let h14 = s[29] as number
  let l15 = s[30] as number
  let h15 = s[31] as number
  let l16 = s[32] as number
  let h16 = s[33] as number
  let l17 = s[34] as number
  let h17 = s[35] as number
  let l18 = s[36] as number
  let h18 = s[37] as number
  let l19 = s[38] as number
  let h19 = s[39] as number
  let l20 = s[40] as number
  let h20 = s[41] as number
  let l21 = s[42] as number
  let h21 = s[43] as number
  let l22 = s[44] as number
  let h22 = s[45] as number
  let l23 = s[46] as number
  let h23 = s[47] as number
  let l24 = s[48] as number
  let h24 = s[49] as number
  for (let round = 0; round < 48; round += 2) {
    // theta: column parities, then what each column takes from its neighbours
    const lc0 = l0 ^ l5 ^ l10 ^ l15 ^ l20
    const hc0 = h0 ^ h5 ^ h10 ^ h15 ^ h20
    const lc1 = l1 ^ l6 ^ l11 ^ l16 ^ l21
    const hc1 = h1 ^ h6 ^ h11 ^ h16 ^ h21
    const lc2 = l2 ^ l7 ^ l12 ^ l17 ^ l22
    const hc2 = h2 ^ h7 ^ h12 ^ h17 ^ h22
    const lc3 = l3 ^ l8 ^ l13 ^ l18 ^ l23
    const hc3 = h3 ^ h8 ^ h13 ^ h18 ^ h23
    const lc4 = l4 ^ l9 ^ l14 ^ l19 ^ l24
    const hc4 = h4 ^ h9 ^ h14 ^ h19 ^ h24
    const ld0 = lc4 ^ ((lc1 << 1) | (hc1 >>> 31))
    const hd0 = hc4 ^ ((hc1 << 1) | (lc1 >>> 31))
    const ld1 = lc0 ^ ((lc2 << 1) | (hc2 >>> 31))
    const hd1 = hc0 ^ ((hc2 << 1) | (lc2 >>> 31))
    const ld2 = lc1 ^ ((lc3 << 1) | (hc3 >>> 31))
    const hd2 = hc1 ^ ((hc3 << 1) | (lc3 >>> 31))
    const ld3 = lc2 ^ ((lc4 << 1) | (hc4 >>> 31))
    const hd3 = hc2 ^ ((hc4 << 1) | (lc4 >>> 31))
    const ld4 = lc3 ^ ((lc0 << 1) | (hc0 >>> 31))
    const hd4 = hc3 ^ ((hc0 << 1) | (lc0 >>> 31))
    // rho and pi: each lane turned, and to its new place
    const lb0 = l0 ^ ld0
    const hb0 = h0 ^ hd0
    const le1 = l6 ^ ld1
    const he1 = h6 ^ hd1
    const lb1 = (he1 << 12) | (le1 >>> 20)
    const hb1 = (le1 << 12) | (he1 >>> 20)
    const le2 = l12 ^ ld2
    const he2 = h12 ^ hd2
    const lb2 = (he2 << 11) | (le2 >>> 21)
    const hb2 = (le2 << 11) | (he2 >>> 21)
    const le3 = l18 ^ ld3
    const he3 = h18 ^ hd3
    const lb3 = (le3 << 21) | (he3 >>> 11)
    const hb3 = (he3 << 21) | (le3 >>> 11)
    const le4 = l24 ^ ld4
    const he4 = h24 ^ hd4
    const lb4 = (le4 << 14) | (he4 >>> 18)
    const hb4 = (he4 << 14) | (le4 >>> 18)
    const le5 = l3 ^ ld3
    const he5 = h3 ^ hd3
    const lb5 = (le5 << 28) | (he5 >>> 4)
    const hb5 = (he5 << 28) | (le5 >>> 4)
    const le6 = l9 ^ ld4
    const he6 = h9 ^ hd4
    const lb6 = (le6 << 20) | (he6 >>> 12)
    const hb6 = (he6 << 20) | (le6 >>> 12)
    const le7 = l10 ^ ld0
    const he7 = h10 ^ hd0
    const lb7 = (le7 << 3) | (he7 >>> 29)
    const hb7 = (he7 << 3) | (le7 >>> 29)
    const le8 = l16 ^ ld1
    const he8 = h16 ^ hd1
    const lb8 = (he8 << 13) | (le8 >>> 19)
    const hb8 = (le8 << 13) | (he8 >>> 19)
    const le9 = l22 ^ ld2
    const he9 = h22 ^ hd2
    const lb9 = (he9 << 29) | (le9 >>> 3)
    const hb9 = (le9 << 29) | (he9 >>> 3)
    const le10 = l1 ^ ld1
    const he10 = h1 ^ hd1
    const lb10 = (le10 << 1) | (he10 >>> 31)
    const hb10 = (he10 << 1) | (le10 >>> 31)
    const le11 = l7 ^ ld2
    const he11 = h7 ^ hd2
    const lb11 = (le11 << 6) | (he11 >>> 26)
    const hb11 = (he11 << 6) | (le11 >>> 26)
    const le12 = l13 ^ ld3
    const he12 = h13 ^ hd3
    const lb12 = (le12 << 25) | (he12 >>> 7)
    const hb12 = (he12 << 25) | (le12 >>> 7)
    const le13 = l19 ^ ld4
    const he13 = h19 ^ hd4
    const lb13 = (le13 << 8) | (he13 >>> 24)
    const hb13 = (he13 << 8) | (le13 >>> 24)
    const le14 = l20 ^ ld0
    const he14 = h20 ^ hd0
    const lb14 = (le14 << 18) | (he14 >>> 14)
    const hb14 = (he14 << 18) | (le14 >>> 14)
    const le15 = l4 ^ ld4
    const he15 = h4 ^ hd4
    const lb15 = (le15 << 27) | (he15 >>> 5)
    const hb15 = (he15 << 27) | (le15 >>> 5)
    const le16 = l5 ^ ld0
    const he16 = h5 ^ hd0
    const lb16 = (he16 << 4) | (le16 >>> 28)
    const hb16 = (le16 << 4) | (he16 >>> 28)
    const le17 = l11 ^ ld1
    const he17 = h11 ^ hd1
    const lb17 = (le17 << 10) | (he17 >>> 22)
    const hb17 = (he17 << 10) | (le17 >>> 22)
    const le18 = l17 ^ ld2
    const he18 = h17 ^ hd2
    const lb18 = (le18 << 15) | (he18 >>> 17)
    const hb18 = (he18 << 15) | (le18 >>> 17)
    const le19 = l23 ^ ld3
    const he19 = h23 ^ hd3
    const lb19 = (he19 << 24) | (le19 >>> 8)
    const hb19 = (le19 << 24) | (he19 >>> 8)
    const le20 = l2 ^ ld2
    const he20 = h2 ^ hd2
    const lb20 = (he20 << 30) | (le20 >>> 2)
    const hb20 = (le20 << 30) | (he20 >>> 2)
    const le21 = l8 ^ ld3
    const he21 = h8 ^ hd3
    const lb21 = (he21 << 23) | (le21 >>> 9)
    const hb21 = (le21 << 23) | (he21 >>> 9)
    const le22 = l14 ^ ld4
    const he22 = h14 ^ hd4
    const lb22 = (he22 << 7) | (le22 >>> 25)
    const hb22 = (le22 << 7) | (he22 >>> 25)
    const le23 = l15 ^ ld0
    const he23 = h15 ^ hd0
    const lb23 = (he23 << 9) | (le23 >>> 23)
    const hb23 = (le23 << 9) | (he23 >>> 23)
    const le24 = l21 ^ ld1
    const he24 = h21 ^ hd1
    const lb24 = (le24 << 2) | (he24 >>> 30)
    const hb24 = (he24 << 2) | (le24 >>> 30)
    // chi
    l0 = lb0 ^ (~lb1 & lb2)
    h0 = hb0 ^ (~hb1 & hb2)
    l1 = lb1 ^ (~lb2 & lb3)
    h1 = hb1 ^ (~hb2 & hb3)
    l2 = lb2 ^ (~lb3 & lb4)
    h2 = hb2 ^ (~hb3 & hb4)
    l3 = lb3 ^ (~lb4 & lb0)
    h3 = hb3 ^ (~hb4 & hb0)
    l4 = lb4 ^ (~lb0 & lb1)
    h4 = hb4 ^ (~hb0 & hb1)
    l5 = lb5 ^ (~lb6 & lb7)
    h5 = hb5 ^ (~hb6 & hb7)
    l6 = lb6 ^ (~lb7 & lb8)
    h6 = hb6 ^ (~hb7 & hb8)
    l7 = lb7 ^ (~lb8 & lb9)
    h7 = hb7 ^ (~hb8 & hb9)
    l8 = lb8 ^ (~lb9 & lb5)
    h8 = hb8 ^ (~hb9 & hb5)
    l9 = lb9 ^ (~lb5 & lb6)
    h9 = hb9 ^ (~hb5 & hb6)
    l10 = lb10 ^ (~lb11 & lb12)
    h10 = hb10 ^ (~hb11 & hb12)
    l11 = lb11 ^ (~lb12 & lb13)
    h11 = hb11 ^ (~hb12 & hb13)
    l12 = lb12 ^ (~lb13 & lb14)
    h12 = hb12 ^ (~hb13 & hb14)
    l13 = lb13 ^ (~lb14 & lb10)
    h13 = hb13 ^ (~hb14 & hb10)
    l14 = lb14 ^ (~lb10 & lb11)
    h14 = hb14 ^ (~hb10 & hb11)
    l15 = lb15 ^ (~lb16 & lb17)
    h15 = hb15 ^ (~hb16 & hb17)
    l16 = lb16 ^ (~lb17 & lb18)
    h16 = hb16 ^ (~hb17 & hb18)
    l17 = lb17 ^ (~lb18 & lb19)
    h17 = hb17 ^ (~hb18 & hb19)
    l18 = lb18 ^ (~lb19 & lb15)
    h18 = hb18 ^ (~hb19 & hb15)
    l19 = lb19 ^ (~lb15 & lb16)
    h19 = hb19 ^ (~hb15 & hb16)
    l20 = lb20 ^ (~lb21 & lb22)
    h20 = hb20 ^ (~hb21 & hb22)
    l21 = lb21 ^ (~lb22 & lb23)
    h21 = hb21 ^ (~hb22 & hb23)
    l22 = lb22 ^ (~lb23 & lb24)
    h22 = hb22 ^ (~hb23 & hb24)
    l23 = lb23 ^ (~lb24 & lb20)
    h23 = hb23 ^ (~hb24 & hb20)
    l24 = lb24 ^ (~lb20 & lb21)
    h24 = hb24 ^ (~hb20 & hb21)
    l0 ^= ROUND_CONSTANTS[round] as number
    h0 ^= ROUND_CONSTANTS[round + 1] as number
  }
  s[0] = l0
  s[1] = h0
  s[2] = l1
  s[3] = h1
  s[4] = l2
  s[5] = h2
  s[6] = l3
  s[7] = h3
  s[8] = l4
  s[9] = h4
  s[10] = l5
  s[11] = h5
  s[12] = l6
  s[13] = h6
  s[14] = l7
  s[15] = h7
  s[16] = l8
  s[17] = h8
  s[18] = l9
  s[19] = h9
  s[20] = l10
  s[21] = h10
  s[22] = l11
  s[23] = h11
  s[24] = l12
  s[25] = h12
  s[26] = l13
  s[27] = h13
  s[28] = l14
  s[29] = h14
  s[30] = l15
  s[31] = h15
  s[32] = l16
  s[33] = h16
  s[34] = l17
  s[35] = h17
  s[36] = l18
  s[37] = h18
  s[38] = l19
  s[39] = h19
  s[40] = l20
  s[41] = h20
  s[42] = l21
  s[43] = h21
  s[44] = l22
  s[45] = h22
  s[46] = l23
  s[47] = h23
  s[48] = l24
  s[49] = h24
}
