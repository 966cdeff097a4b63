//! The difficulty of a proof-of-work block from its parent's. Sources: Yellow Paper 4.3.4, EIP-2 (Homestead), EIP-100
//! (Byzantium: uncles count), EIP-649, 1234, 2384, 3554, 4345 and 5133 (the bomb's delays).

use crate::types::Fork;
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_primitives::U256;

const DIFFICULTY_MIN: u64 = 131_072;
const ADJUSTMENT_DIVISOR: u64 = 2_048;
/// Most steps down at once.
const STEPS_DOWN_MAX: u64 = 99;
const BOMB_PERIOD_BLOCKS: u64 = 100_000;
const FRONTIER_BLOCK_SECONDS: u64 = 13;
const HOMESTEAD_STEP_SECONDS: u64 = 10;
const BYZANTIUM_STEP_SECONDS: u64 = 9;

/// @param fork the new block's, before Paris.
pub fn next_difficulty(fork: Fork, timestamp: u64, parent: &Header) -> U256 {
    let seconds = timestamp.saturating_sub(parent.timestamp);
    let (up, down) = match fork {
        Fork::Frontier if seconds < FRONTIER_BLOCK_SECONDS => (1, 0),
        Fork::Frontier => (0, 1),
        _ if fork < Fork::Byzantium => (1, seconds / HOMESTEAD_STEP_SECONDS),
        _ => (1 + u64::from(parent.ommers_hash != EMPTY_OMMER_ROOT_HASH), seconds / BYZANTIUM_STEP_SECONDS),
    };
    let step = parent.difficulty / U256::from(ADJUSTMENT_DIVISOR);
    let rise = step * U256::from(up.saturating_sub(down));
    let fall = step * U256::from(down.saturating_sub(up).min(STEPS_DOWN_MAX));
    let minimum = U256::from(DIFFICULTY_MIN);
    let base = parent.difficulty.saturating_add(rise).saturating_sub(fall).max(minimum);
    base.saturating_add(bomb(fork, parent.number)).max(minimum)
}

fn bomb(fork: Fork, parent_number: u64) -> U256 {
    let number = (parent_number + 1).saturating_sub(bomb_delay(fork));
    match number / BOMB_PERIOD_BLOCKS {
        0 | 1 => U256::ZERO,
        period => U256::from(1).checked_shl(usize::try_from(period - 2).unwrap_or(usize::MAX)).unwrap_or(U256::MAX),
    }
}

fn bomb_delay(fork: Fork) -> u64 {
    match fork {
        _ if fork < Fork::Byzantium => 0,
        Fork::Byzantium => 3_000_000,
        _ if fork < Fork::MuirGlacier => 5_000_000,
        _ if fork < Fork::London => 9_000_000,
        Fork::London => 9_700_000,
        Fork::ArrowGlacier => 10_700_000,
        _ => 11_400_000,
    }
}
