//! Where a record stands: in which trie, at which path.

use super::upper::upper_place;
use crate::mpt::path::Path;
use alloy_primitives::B256;

/// Where in which trie; two places may share the number, since the node's hash decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(super) mixed: u32,
    /// Among those of the account trie's upper levels.
    pub(super) upper: Option<u16>,
}

impl Place {
    pub fn of(owner: Option<&B256>, path: &Path) -> Self {
        Self::at(owner, head_of(path.bytes()), path.len())
    }

    /// Of the key's first nibbles. @param depth 1 to 15
    pub fn on_the_way(owner: Option<&B256>, key: &B256, depth: usize) -> Self {
        Self::at(owner, head_of(&key.0) & !(u64::MAX >> (4 * depth)), depth)
    }

    fn at(owner: Option<&B256>, head: u64, depth: usize) -> Self {
        let trie = owner.map_or(0, |owner| head_of(&owner.0));
        // Knuth's multiplicative hash: the product's highest bits, by which sets are chosen, depend on all bits.
        let mixed = (head ^ trie ^ depth as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let upper = if owner.is_none() { upper_place(head, depth) } else { None };
        Self { mixed: (mixed >> 32) as u32, upper }
    }
}

fn head_of(bytes: &[u8; 32]) -> u64 {
    bytes.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_passes_the_places_of_its_prefixes() {
        let key = B256::new(core::array::from_fn(|at| (at as u8).wrapping_mul(31).wrapping_add(7)));
        for owner in [None, Some(&B256::repeat_byte(0x77))] {
            for depth in 1..=15 {
                let place = Place::of(owner, &Path::prefix_of(&key, depth));
                assert!(Place::on_the_way(owner, &key, depth) == place, "{depth}");
            }
        }
    }
}
