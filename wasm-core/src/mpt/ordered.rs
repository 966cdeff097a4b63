//! The root of a trie that is nowhere stored: transactions, receipts and withdrawals of a block, keyed by the RLP of
//! their index. Keys may have any length and be prefixes of each other: a key that ends at a branch is its value.

use super::{
    encode::{NodeRef, push_list_header, push_string},
    nodes::Nodes,
};
use crate::crypto::keccak256;
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_trie::EMPTY_ROOT_HASH;

const EMPTY_STRING: u8 = 0x80;
const LEAF_FLAG: u8 = 0x20;
const ODD_FLAG: u8 = 0x10;

/// @param values in order, as they stand in the leaves.
pub fn ordered_root<V: AsRef<[u8]>>(values: impl Iterator<Item = V>) -> B256 {
    let mut entries: Vec<_> = values.enumerate().map(|(index, value)| (alloy_rlp::encode(index), value)).collect();
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    root_of_entries(&entries)
}

/// @param entries sorted by key, each key once, no value empty. It recurses once per nibble that keys share.
pub fn root_of_entries<V: AsRef<[u8]>>(entries: &[(Vec<u8>, V)]) -> B256 {
    // The leaves are most of the nodes and depend on nothing: they are hashed together.
    let mut leaves = Nodes::default();
    match entries {
        [] => EMPTY_ROOT_HASH,
        [only] => keccak256(leaf(only, 0)),
        _ => {
            add_leaves(entries, 0, &mut leaves);
            keccak256(node(entries, 0, &mut leaves.references().into_iter()))
        }
    }
}

fn leaf<V: AsRef<[u8]>>((key, value): &(Vec<u8>, V), depth: usize) -> Vec<u8> {
    let value = value.as_ref();
    let mut body = Vec::with_capacity(value.len() + 40);
    push_string(&mut body, &compact(key, depth, 2 * key.len(), LEAF_FLAG));
    push_string(&mut body, value);
    list(body)
}

/// In the order in which `node` comes to them.
fn add_leaves<V: AsRef<[u8]>>(entries: &[(Vec<u8>, V)], depth: usize, leaves: &mut Nodes) {
    match entries {
        [] => {}
        [only] => leaves.add(|bytes| bytes.extend_from_slice(&leaf(only, depth))),
        _ => {
            let depth = depth + shared(entries, depth);
            let (_, rest) = own_and_rest(entries, depth);
            for below in rest.chunk_by(|(a, _), (b, _)| nibble(a, depth) == nibble(b, depth)) {
                add_leaves(below, depth + 1, leaves);
            }
        }
    }
}

/// The RLP of the node at `depth` above at least two entries that agree up to there.
fn node<V: AsRef<[u8]>>(entries: &[(Vec<u8>, V)], depth: usize, leaves: &mut impl Iterator<Item = NodeRef>) -> Vec<u8> {
    let shared = shared(entries, depth);
    let branch = branch(entries, depth + shared, leaves);
    if shared == 0 {
        return branch;
    }
    let mut body = Vec::with_capacity(72);
    push_string(&mut body, &compact(&entries[0].0, depth, depth + shared, 0));
    push_reference(&mut body, &NodeRef::of_rlp(&branch));
    list(body)
}

fn branch<V: AsRef<[u8]>>(
    entries: &[(Vec<u8>, V)],
    depth: usize,
    leaves: &mut impl Iterator<Item = NodeRef>,
) -> Vec<u8> {
    let (own, mut rest) = own_and_rest(entries, depth);
    let mut body = Vec::with_capacity(536);
    for index in 0..16 {
        let count = rest.iter().take_while(|(key, _)| nibble(key, depth) == index).count();
        let (below, after) = rest.split_at(count);
        match below {
            [] => body.push(EMPTY_STRING),
            [_] => push_reference(&mut body, &leaves.next().unwrap_or(NodeRef::EMPTY)),
            _ => push_reference(&mut body, &NodeRef::of_rlp(&node(below, depth + 1, leaves))),
        }
        rest = after;
    }
    push_string(&mut body, own.first().map_or(&[], |(_, value)| value.as_ref()));
    list(body)
}

/// Nibbles from `depth` on that all entries share. Sorted: what the first and the last share, all share.
fn shared<V>(entries: &[(Vec<u8>, V)], depth: usize) -> usize {
    let ((first, _), (last, _)) = (&entries[0], &entries[entries.len() - 1]);
    (depth..2 * first.len()).take_while(|at| nibble(first, *at) == nibble(last, *at)).count()
}

/// The first may end at a branch, the others go on.
fn own_and_rest<V>(entries: &[(Vec<u8>, V)], depth: usize) -> (&[(Vec<u8>, V)], &[(Vec<u8>, V)]) {
    entries.split_at(usize::from(2 * entries[0].0.len() == depth))
}

fn push_reference(out: &mut Vec<u8>, reference: &NodeRef) {
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
