//! Keccak-256 of many messages, two at a time. A side of the pair that has finished its message takes the next one, so
//! lengths may differ as they like.

use crate::{RATE_BYTES, absorb, digest_of, padded, pair::Pair, permute};

/// A message under way.
struct Side<'a> {
    index: usize,
    rest: &'a [u8],
    /// The padding is absorbed: after the next permutation the digest is there.
    ends: bool,
}

impl Side<'_> {
    fn next_block(&mut self) -> [u8; RATE_BYTES] {
        match self.rest.split_first_chunk() {
            Some((block, rest)) => {
                self.rest = rest;
                *block
            }
            None => {
                self.ends = true;
                padded(self.rest)
            }
        }
    }
}

/// @param digests as many as messages
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn keccak256_each(messages: &[&[u8]], digests: &mut [[u8; 32]]) {
    let mut waiting = messages.iter().enumerate().map(|(index, rest)| Side { index, rest, ends: false });
    let (Some(mut first), second) = (waiting.next(), waiting.next()) else { return };
    let Some(mut second) = second else {
        digests[0] = crate::keccak256(messages[0]);
        return;
    };
    let mut pair = Pair::zero();
    loop {
        pair.absorb(&first.next_block(), &second.next_block());
        pair.permute();
        if first.ends {
            digests[first.index] = digest_of(pair.state(0).into_iter());
            match waiting.next() {
                Some(next) => first = next,
                None => return finish(second, pair.state(1), digests),
            }
            pair.clear(0);
        }
        if second.ends {
            digests[second.index] = digest_of(pair.state(1).into_iter());
            match waiting.next() {
                Some(next) => second = next,
                None => return finish(first, pair.state(0), digests),
            }
            pair.clear(1);
        }
    }
}

/// The last message, when there is none left beside it. It may just have ended itself, or not have begun.
fn finish(mut last: Side<'_>, mut state: [u64; crate::LANES], digests: &mut [[u8; 32]]) {
    while !last.ends {
        absorb(&mut state, &last.next_block());
        permute(&mut state);
    }
    digests[last.index] = digest_of(state.into_iter());
}
