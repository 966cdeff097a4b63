//! The core's keccak, directly and through alloy, against the specification written down plainly (FIPS 202, 3.2) and against
//! known answers.

use alloy_primitives::{B256, b256};
use cairn_core::crypto::{keccak256, keccak256_each};

const RATE: usize = 136;

#[test]
fn agrees_with_the_specification_at_every_length() {
    let bytes: Vec<u8> = (0..600u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for length in 0..=bytes.len() {
        let expected = plain_keccak256(&bytes[..length]);
        assert_eq!(keccak256(&bytes[..length]), expected, "length {length}");
        assert_eq!(alloy_primitives::keccak256(&bytes[..length]), expected, "length {length}, through alloy");
    }
}

#[test]
fn hashes_many_as_it_hashes_each() {
    let bytes: Vec<u8> = (0..700u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let mut seed = 1u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for count in 0..60 {
        // Lengths around a block's borders, so that the sides of a pair end together, apart and at once.
        let lengths = [0, 1, 64, 134, 135, 136, 137, 271, 272, 273, 532, 680];
        let messages: Vec<&[u8]> = (0..count).map(|_| &bytes[random(20)..][..lengths[random(12)]]).collect();
        let expected: Vec<_> = messages.iter().map(plain_keccak256_of).collect();
        assert_eq!(keccak256_each(&messages), expected);
    }
}

#[test]
fn known_answers() {
    let empty = b256!("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_eq!(keccak256([]), empty);
    let text = b256!("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_eq!(keccak256("abc"), text);
}

fn plain_keccak256_of(bytes: &&[u8]) -> B256 {
    plain_keccak256(bytes)
}

fn plain_keccak256(bytes: &[u8]) -> B256 {
    let mut padded = bytes.to_vec();
    padded.push(1);
    padded.resize(padded.len().div_ceil(RATE) * RATE, 0);
    *padded.last_mut().expect("a block") |= 0x80;
    let mut state = [[0u64; 5]; 5];
    for block in padded.chunks(RATE) {
        for (at, lane) in block.chunks(8).enumerate() {
            state[at % 5][at / 5] ^= u64::from_le_bytes(lane.try_into().expect("eight bytes"));
        }
        permute(&mut state);
    }
    let digest: Vec<u8> = (0..4).flat_map(|x| state[x][0].to_le_bytes()).collect();
    B256::from_slice(&digest)
}

/// `state[x][y]`, as the specification has it.
fn permute(state: &mut [[u64; 5]; 5]) {
    let mut register = 1u32;
    for _ in 0..24 {
        let parity: Vec<u64> = state.iter().map(|column| column.iter().fold(0, |sum, lane| sum ^ lane)).collect();
        for x in 0..5 {
            let d = parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1);
            state[x].iter_mut().for_each(|lane| *lane ^= d);
        }
        let (mut x, mut y, mut moved) = (1, 0, state[1][0]);
        for step in 0..24u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            let here = state[x][y];
            state[x][y] = moved.rotate_left((step + 1) * (step + 2) / 2 % 64);
            moved = here;
        }
        for y in 0..5 {
            let row: Vec<u64> = (0..5).map(|x| state[x][y]).collect();
            for x in 0..5 {
                state[x][y] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
        for j in 0..7 {
            state[0][0] ^= u64::from(register & 1) << ((1 << j) - 1);
            register = register << 1 ^ if register & 0x80 == 0 { 0 } else { 0x171 };
        }
    }
}
