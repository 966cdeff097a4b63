//! Two permutations at once: lane by lane beside each other in a 128-bit word. WebAssembly has instructions for that
//! (integers only: the same result on every host); elsewhere two u64 stand for them, so that tests run this code too.

use crate::{LANES, RATE_BYTES, permutation::permutation};
use word::Word;

/// Two states: `0[lane]` holds that lane of both.
pub(crate) struct Pair([Word; LANES]);

impl Pair {
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn zero() -> Self {
        Self([word::both(0, 0); LANES])
    }

    /// One state begins anew.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn clear(&mut self, side: usize) {
        for word in &mut self.0 {
            *word = if side == 0 { word::both(0, word::second(*word)) } else { word::both(word::first(*word), 0) };
        }
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn absorb(&mut self, first: &[u8; RATE_BYTES], second: &[u8; RATE_BYTES]) {
        let lanes = first.as_chunks::<8>().0.iter().zip(second.as_chunks::<8>().0);
        for (word, (first, second)) in self.0.iter_mut().zip(lanes) {
            *word = word::xor(*word, word::both(u64::from_le_bytes(*first), u64::from_le_bytes(*second)));
        }
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn permute(&mut self) {
        let state = &mut self.0;
        permutation!(
            state: Word,
            |a, b| word::xor(a, b),
            |a, b, c| word::xor(a, word::and_not(c, b)),
            |lane, by| word::rotate_left(lane, by),
            |constant| word::both(constant, constant)
        );
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn state(&self, side: usize) -> [u64; LANES] {
        self.0.map(|word| if side == 0 { word::first(word) } else { word::second(word) })
    }
}

#[cfg(target_arch = "wasm32")]
mod word {
    use core::arch::wasm32::{i64x2_shl, u64x2, u64x2_extract_lane, u64x2_shr, v128, v128_andnot, v128_or, v128_xor};

    pub(super) type Word = v128;

    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn both(first: u64, second: u64) -> Word {
        u64x2(first, second)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn first(word: Word) -> u64 {
        u64x2_extract_lane::<0>(word)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn second(word: Word) -> u64 {
        u64x2_extract_lane::<1>(word)
    }

    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn xor(a: Word, b: Word) -> Word {
        v128_xor(a, b)
    }

    /// a & !b
    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn and_not(a: Word, b: Word) -> Word {
        v128_andnot(a, b)
    }

    /// By 1 to 63 bits.
    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn rotate_left(word: Word, by: u32) -> Word {
        v128_or(i64x2_shl(word, by), u64x2_shr(word, 64 - by))
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod word {
    pub(super) type Word = (u64, u64);

    pub(super) fn both(first: u64, second: u64) -> Word {
        (first, second)
    }

    pub(super) fn first(word: Word) -> u64 {
        word.0
    }

    pub(super) fn second(word: Word) -> u64 {
        word.1
    }

    pub(super) fn xor(a: Word, b: Word) -> Word {
        (a.0 ^ b.0, a.1 ^ b.1)
    }

    /// a & !b
    pub(super) fn and_not(a: Word, b: Word) -> Word {
        (a.0 & !b.0, a.1 & !b.1)
    }

    pub(super) fn rotate_left(word: Word, by: u32) -> Word {
        (word.0.rotate_left(by), word.1.rotate_left(by))
    }
}
