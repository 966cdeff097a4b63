//! 256-bit arithmetic of the opcodes that V8 is slow at. WebAssembly has no 64 × 64 → 128 bit multiplication and a call
//! for each costs more than the four that it is made of, so they stand in line here, and operands that are small (or
//! small and negative), as most are, take a shorter way. Everything else is ruint's.

use alloy_primitives::U256;

pub fn mul(mut a: U256, mut b: U256) -> U256 {
    let negative = is_negative(&a) != is_negative(&b);
    // The magnitudes: a small negative number is a large word.
    a = magnitude(a);
    b = magnitude(b);
    let product = mul_words(a.as_limbs(), b.as_limbs());
    if negative { product.wrapping_neg() } else { product }
}

/// DIV: 0 for a divisor of 0.
pub fn div(a: U256, b: U256) -> U256 {
    match (as_limb(&a), as_limb(&b)) {
        (_, Some(0)) => U256::ZERO,
        (Some(a), Some(b)) => from_limb(a / b),
        _ => a.wrapping_div(b),
    }
}

/// MOD: 0 for a divisor of 0.
pub fn rem(a: U256, b: U256) -> U256 {
    match (as_limb(&a), as_limb(&b)) {
        (_, Some(0)) => U256::ZERO,
        (Some(a), Some(b)) => from_limb(a % b),
        _ => a.wrapping_rem(b),
    }
}

/// SDIV, rounded towards zero; the least number by −1 is the least number.
pub fn sdiv(a: U256, b: U256) -> U256 {
    let quotient = div(magnitude(a), magnitude(b));
    if is_negative(&a) != is_negative(&b) { quotient.wrapping_neg() } else { quotient }
}

/// SMOD: the sign is the dividend's.
pub fn smod(a: U256, b: U256) -> U256 {
    let remainder = rem(magnitude(a), magnitude(b));
    if is_negative(&a) { remainder.wrapping_neg() } else { remainder }
}

/// SLT.
#[inline(always)]
pub fn is_less_signed(a: &U256, b: &U256) -> bool {
    if is_negative(a) == is_negative(b) { is_less(a, b) } else { is_negative(a) }
}

#[inline(always)]
pub fn is_less(a: &U256, b: &U256) -> bool {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a.as_limbs(), *b.as_limbs());
    if a3 != b3 {
        a3 < b3
    } else if a2 != b2 {
        a2 < b2
    } else if a1 != b1 {
        a1 < b1
    } else {
        a0 < b0
    }
}

/// SHL by the word above it.
pub fn shl(by: &U256, value: U256) -> U256 {
    let Some(by) = shift_of(by) else { return U256::ZERO };
    let [v0, v1, v2, v3] = match (by / 64, *value.as_limbs()) {
        (0, limbs) => limbs,
        (1, [v0, v1, v2, _]) => [0, v0, v1, v2],
        (2, [v0, v1, ..]) => [0, 0, v0, v1],
        (_, [v0, ..]) => [0, 0, 0, v0],
    };
    let by = by % 64;
    // In two steps: a shift by 64 is none.
    let up = |low: u64, high: u64| high << by | low >> 1 >> (63 - by);
    U256::from_limbs([v0 << by, up(v0, v1), up(v1, v2), up(v2, v3)])
}

/// SHR.
pub fn shr(by: &U256, value: U256) -> U256 {
    match shift_of(by) {
        Some(by) => shifted_down(by, *value.as_limbs(), 0),
        None => U256::ZERO,
    }
}

/// SAR.
pub fn sar(by: &U256, value: U256) -> U256 {
    let fill = if is_negative(&value) { u64::MAX } else { 0 };
    match shift_of(by) {
        Some(by) => shifted_down(by, *value.as_limbs(), fill),
        None => U256::from_limbs([fill; 4]),
    }
}

fn shifted_down(by: u32, limbs: [u64; 4], fill: u64) -> U256 {
    let [v0, v1, v2, v3] = match (by / 64, limbs) {
        (0, limbs) => limbs,
        (1, [_, v1, v2, v3]) => [v1, v2, v3, fill],
        (2, [.., v2, v3]) => [v2, v3, fill, fill],
        (_, [.., v3]) => [v3, fill, fill, fill],
    };
    let by = by % 64;
    let down = |low: u64, high: u64| low >> by | high << 1 << (63 - by);
    U256::from_limbs([down(v0, v1), down(v1, v2), down(v2, v3), down(v3, fill)])
}

/// `None` from 256 on.
#[inline(always)]
fn shift_of(by: &U256) -> Option<u32> {
    as_limb(by).filter(|by| *by < 256).map(|by| by as u32)
}

#[inline(always)]
fn is_negative(word: &U256) -> bool {
    word.as_limbs()[3] >> 63 != 0
}

#[inline(always)]
fn magnitude(word: U256) -> U256 {
    if is_negative(&word) { word.wrapping_neg() } else { word }
}

#[inline(always)]
fn as_limb(word: &U256) -> Option<u64> {
    let [low, b, c, d] = *word.as_limbs();
    (b | c | d == 0).then_some(low)
}

#[inline(always)]
fn from_limb(limb: u64) -> U256 {
    U256::from_limbs([limb, 0, 0, 0])
}

/// Modulo 2^256.
fn mul_words(a: &[u64; 4], b: &[u64; 4]) -> U256 {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (low, high) = wide(a0, b0);
    if a1 | a2 | a3 | b1 | b2 | b3 == 0 {
        return U256::from_limbs([low, high, 0, 0]);
    }
    let (r1, carry) = add_product(high, 0, a0, b1);
    if a1 | a2 | a3 | b2 | b3 == 0 {
        return U256::from_limbs([low, r1, carry, 0]);
    }
    let (r2, carry) = add_product(0, carry, a0, b2);
    let r3 = a0.wrapping_mul(b3).wrapping_add(carry);
    let (r1, carry) = add_product(r1, 0, a1, b0);
    let (r2, carry) = add_product(r2, carry, a1, b1);
    let r3 = r3.wrapping_add(a1.wrapping_mul(b2)).wrapping_add(carry);
    let (r2, carry) = if a2 == 0 { (r2, 0) } else { add_product(r2, 0, a2, b0) };
    let r3 = r3.wrapping_add(a2.wrapping_mul(b1)).wrapping_add(carry).wrapping_add(a3.wrapping_mul(b0));
    U256::from_limbs([low, r1, r2, r3])
}

/// `sum + carry + a * b` in two limbs; it cannot overflow them.
#[inline(always)]
fn add_product(sum: u64, carry: u64, a: u64, b: u64) -> (u64, u64) {
    let (low, high) = wide(a, b);
    let (low, first) = low.overflowing_add(sum);
    let (low, second) = low.overflowing_add(carry);
    (low, high + u64::from(first) + u64::from(second))
}

#[inline(always)]
fn wide(a: u64, b: u64) -> (u64, u64) {
    const HALF: u64 = 0xffff_ffff;
    let (al, ah, bl, bh) = (a & HALF, a >> 32, b & HALF, b >> 32);
    let low = al * bl;
    let first = ah * bl + (low >> 32);
    let second = al * bh + (first & HALF);
    (a.wrapping_mul(b), ah * bh + (first >> 32) + (second >> 32))
}
