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
        let (firsts, first_end) = first.as_chunks();
        let (seconds, second_end) = second.as_chunks();
        for ([low, high], (first, second)) in self.0.as_chunks_mut().0.iter_mut().zip(firsts.iter().zip(seconds)) {
            let (first, second) = word::beside(first, second);
            (*low, *high) = (word::xor(*low, first), word::xor(*high, second));
        }
        let last = &mut self.0[RATE_BYTES / 8 - 1];
        *last = word::xor(*last, word::both(lane(first_end), lane(second_end)));
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn permute(&mut self) {
        let state = &mut self.0;
        permutation!(
            state: Word,
            |a, b| word::xor(a, b),
            |a, b, c| word::xor(a, word::and_not(c, b)),
            |lane, by| word::rotate_left(lane, by),
            |constant| word::both(constant, constant),
            rounds: a b c d
        );
    }

    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub(crate) fn state(&self, side: usize) -> [u64; LANES] {
        self.0.map(|word| if side == 0 { word::first(word) } else { word::second(word) })
    }
}

fn lane(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(target_arch = "wasm32")]
mod word {
    use core::arch::wasm32::{
        i64x2_shl, i64x2_shuffle, u64x2, u64x2_extract_lane, u64x2_shr, v128, v128_andnot, v128_or, v128_xor,
    };

    pub(super) type Word = v128;

    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn both(first: u64, second: u64) -> Word {
        u64x2(first, second)
    }

    /// Two lanes of each. They are loaded together: half the instructions of a load for every lane.
    #[inline]
    #[target_feature(enable = "simd128")]
    pub(super) fn beside(first: &[u8; 16], second: &[u8; 16]) -> (Word, Word) {
        let lanes = |bytes: &[u8; 16]| u64x2(super::lane(&bytes[..8]), super::lane(&bytes[8..]));
        let (first, second) = (lanes(first), lanes(second));
        (i64x2_shuffle::<0, 2>(first, second), i64x2_shuffle::<1, 3>(first, second))
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

    pub(super) fn beside(first: &[u8; 16], second: &[u8; 16]) -> (Word, Word) {
        let lanes = |at: usize| both(super::lane(&first[at..at + 8]), super::lane(&second[at..at + 8]));
        (lanes(0), lanes(8))
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
