//! Keccak-f[1600] and Keccak-256 (the Keccak team's submission, padding 0x01), with the whole state in 25 variables. V8
//! keeps those in registers and stack slots where it must load and store an array: less than half the time of the crate
//! that this one replaces, whose interface it keeps as far as sha3 uses it. `keccak256_each` hashes two messages at a time.

#![no_std]

mod each;
mod pair;
mod permutation;

pub use each::keccak256_each;

pub(crate) const RATE_BYTES: usize = 136;
pub(crate) const LANES: usize = 25;

pub type State1600 = [u64; LANES];
pub type Fn1600 = fn(&mut State1600);

/// The handle that sha3 holds. There is one implementation here.
#[derive(Debug, Default, Clone, Copy)]
pub struct Keccak;

impl Keccak {
    #[inline]
    pub fn new() -> Self {
        Self
    }

    #[inline]
    pub fn with_f1600(&self, f: impl FnOnce(Fn1600)) {
        f(permute);
    }
}

pub(crate) static ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut state = [0; LANES];
    let (blocks, rest) = bytes.as_chunks::<RATE_BYTES>();
    for block in blocks {
        absorb(&mut state, block);
        permute(&mut state);
    }
    absorb(&mut state, &padded(rest));
    permute(&mut state);
    digest_of(state.iter().copied())
}

/// The last block: what is left of a message, less than a block, and the padding.
pub(crate) fn padded(rest: &[u8]) -> [u8; RATE_BYTES] {
    let mut last = [0; RATE_BYTES];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x01;
    last[RATE_BYTES - 1] |= 0x80;
    last
}

pub(crate) fn digest_of(lanes: impl Iterator<Item = u64>) -> [u8; 32] {
    let mut digest = [0; 32];
    for (out, lane) in digest.as_chunks_mut::<8>().0.iter_mut().zip(lanes) {
        *out = lane.to_le_bytes();
    }
    digest
}

pub(crate) fn absorb(state: &mut State1600, block: &[u8; RATE_BYTES]) {
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane ^= u64::from_le_bytes(*bytes);
    }
}

/// Keccak-f[1600].
pub fn permute(state: &mut State1600) {
    permutation::permutation!(
        state: u64,
        |a, b| a ^ b,
        |a, b, c| a ^ (!b & c),
        |lane, by| lane.rotate_left(by),
        |constant| constant,
        rounds: a b c d
    );
}
