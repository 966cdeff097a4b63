//! The root of a trie that is nowhere stored: transactions, receipts and withdrawals of a block, keyed by the RLP of
//! their index. Keys may have any length and be prefixes of each other: a key that ends at a branch is its value.

use super::encode::{NodeRef, push_list_header, push_string};
use crate::crypto::keccak256;
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_trie::EMPTY_ROOT_HASH;

const EMPTY_STRING: u8 = 0x80;
const LEAF_FLAG: u8 = 0x20;
const ODD_FLAG: u8 = 0x10;

/// @param values in order, as they stand in the leaves.
pub fn ordered_root(values: impl Iterator<Item = Vec<u8>>) -> B256 {
    let mut entries: Vec<_> = values.enumerate().map(|(index, value)| (alloy_rlp::encode(index), value)).collect();
    entries.sort_unstable();
    root_of_entries(&entries)
}

/// @param entries sorted by key, each key once, no value empty. It recurses once per nibble that keys share.
pub fn root_of_entries(entries: &[(Vec<u8>, Vec<u8>)]) -> B256 {
    if entries.is_empty() { EMPTY_ROOT_HASH } else { keccak256(node(entries, 0)) }
}

/// The RLP of the node at `depth` above entries that agree up to there; never without any.
fn node(entries: &[(Vec<u8>, Vec<u8>)], depth: usize) -> Vec<u8> {
    let ((first, value), (last, _)) = (&entries[0], &entries[entries.len() - 1]);
    if entries.len() == 1 {
        let mut body = Vec::with_capacity(value.len() + 40);
        push_string(&mut body, &compact(first, depth, 2 * first.len(), LEAF_FLAG));
        push_string(&mut body, value);
        return list(body);
    }
    // Sorted: what the first and the last share, all share. The first may end here, the others go on.
    let shared = (depth..2 * first.len()).take_while(|at| nibble(first, *at) == nibble(last, *at)).count();
    let branch = branch(entries, depth + shared);
    if shared == 0 {
        return branch;
    }
    let mut body = Vec::with_capacity(72);
    push_string(&mut body, &compact(first, depth, depth + shared, 0));
    push_reference(&mut body, &branch);
    list(body)
}

fn branch(entries: &[(Vec<u8>, Vec<u8>)], depth: usize) -> Vec<u8> {
    let (own, mut rest) = entries.split_at(usize::from(2 * entries[0].0.len() == depth));
    let mut body = Vec::with_capacity(536);
    for index in 0..16 {
        let count = rest.iter().take_while(|(key, _)| nibble(key, depth) == index).count();
        let (below, after) = rest.split_at(count);
        if below.is_empty() {
            body.push(EMPTY_STRING);
        } else {
            push_reference(&mut body, &node(below, depth + 1));
        }
        rest = after;
    }
    push_string(&mut body, own.first().map_or(&[], |(_, value)| value));
    list(body)
}

fn push_reference(out: &mut Vec<u8>, rlp: &[u8]) {
    let reference = NodeRef::of_rlp(rlp);
    match reference.as_hash() {
        Some(hash) => push_string(out, hash.as_slice()),
        None => out.extend_from_slice(reference.as_slice()),
    }
}

fn list(body: Vec<u8>) -> Vec<u8> {
    let mut rlp = Vec::with_capacity(body.len() + 4);
    push_list_header(&mut rlp, body.len());
    rlp.extend_from_slice(&body);
    rlp
}

/// Hex-prefix encoding of the nibbles `from..to`.
fn compact(key: &[u8], from: usize, to: usize, flag: u8) -> Vec<u8> {
    let odd = (to - from) % 2 == 1;
    let first = if odd { flag | ODD_FLAG | nibble(key, from) } else { flag };
    let pairs = (from + usize::from(odd)..to).step_by(2).map(|at| nibble(key, at) << 4 | nibble(key, at + 1));
    core::iter::once(first).chain(pairs).collect()
}

fn nibble(key: &[u8], position: usize) -> u8 {
    let byte = key[position / 2];
    if position.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}
