//! Verification of a range of leaves against a root. No state access; every byte is a stranger's.
//!
//! From the root down: a subtree wholly inside the range must have the reference that the items under it give, one
//! outside holds none of them, and one on the boundary is opened, its node taken from the proof by its hash. So the
//! items are proved to be all keys of the trie in `[start, last]`, with their values.

use super::{
    encode::{BranchBuffer, NodeRef, branch_edge_ref, write_leaf},
    path::{KEY_NIBBLES, Path, common_nibbles, nibble_of},
    range::{Place, Range},
    verify::{Expected, ProofError, child, list_items, path_nibbles, string},
};
use crate::crypto::keccak256;
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_trie::EMPTY_ROOT_HASH;

/// A leaf: key and value (RLP).
pub type RangeItem<'a> = (B256, &'a [u8]);

/// Buffers for nodes' RLP, used again and again.
#[derive(Default)]
struct Scratch {
    leaf: Vec<u8>,
    branch: BranchBuffer,
}

struct Verifier<'a> {
    range: Range,
    nodes: core::slice::Iter<'a, &'a [u8]>,
    scratch: Scratch,
    more: bool,
}

/// @param items all keys from `start` to the last item's; none: there is no key from `start` on.
/// @param nodes as `prove_range` gives them; none: the items are the whole trie.
/// @return whether the trie has keys after the last item.
pub fn verify_range(root: &B256, start: B256, items: &[RangeItem<'_>], nodes: &[&[u8]]) -> Result<bool, ProofError> {
    let ascending = items.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let from_start = items.first().is_none_or(|(key, _)| *key >= start);
    if !ascending || !from_start || items.iter().any(|(_, value)| value.is_empty()) {
        return Err(ProofError);
    }
    if nodes.is_empty() {
        return if root_of(items) == *root { Ok(false) } else { Err(ProofError) };
    }
    let range = Range::new(start, items.last().map(|(key, _)| *key));
    let mut verifier = Verifier { range, nodes: nodes.iter(), scratch: Scratch::default(), more: false };
    verifier.open(Expected::Hash(*root), &Path::ROOT, items)?;
    if verifier.nodes.next().is_some() { Err(ProofError) } else { Ok(verifier.more) }
}

impl<'a> Verifier<'a> {
    /// @param items those under this position.
    fn check(&mut self, expected: Option<Expected<'a>>, at: &Path, items: &[RangeItem<'_>]) -> Result<(), ProofError> {
        let Some(expected) = expected else { return none(items) };
        match self.range.place(at) {
            Place::Below => none(items),
            Place::Above => {
                self.more = true;
                none(items)
            }
            Place::Boundary => self.open(expected, at, items),
            Place::Inside => {
                let reference = reference_of(items, at.len(), &mut self.scratch).ok_or(ProofError)?;
                let same = match expected {
                    Expected::Hash(hash) => reference.as_hash() == Some(hash),
                    Expected::Embedded(node) => reference.as_slice() == node,
                };
                if same { Ok(()) } else { Err(ProofError) }
            }
        }
    }

    fn open(&mut self, expected: Expected<'a>, at: &Path, items: &[RangeItem<'_>]) -> Result<(), ProofError> {
        let node = match expected {
            Expected::Embedded(node) => node,
            Expected::Hash(hash) => {
                let node: &'a [u8] = self.nodes.next().ok_or(ProofError)?;
                if keccak256(node) != hash {
                    return Err(ProofError);
                }
                node
            }
        };
        match list_items(node)?.as_slice() {
            [path, target] => self.open_short(path, target, at, items),
            [children @ .., value] if children.len() == 16 && at.len() < KEY_NIBBLES && string(value)?.is_empty() => {
                let mut rest = items;
                for (nibble, target) in (0..16).zip(children) {
                    let count = rest.partition_point(|(key, _)| nibble_of(&key.0, at.len()) <= nibble);
                    let (under, after) = rest.split_at(count);
                    self.check(child(target)?, &at.child(nibble), under)?;
                    rest = after;
                }
                none(rest)
            }
            _ => Err(ProofError),
        }
    }

    /// A leaf or an extension.
    fn open_short(
        &mut self,
        path: &[u8],
        target: &'a [u8],
        at: &Path,
        items: &[RangeItem<'_>],
    ) -> Result<(), ProofError> {
        let (is_leaf, nibbles) = path_nibbles(string(path)?)?;
        let end = at.len() + nibbles.len();
        if end > KEY_NIBBLES || is_leaf != (end == KEY_NIBBLES) || (nibbles.is_empty() && !is_leaf) {
            return Err(ProofError);
        }
        let whole = nibbles.iter().fold(*at, |path, nibble| path.child(*nibble));
        if items.iter().any(|(key, _)| !whole.is_prefix_of(key)) {
            return Err(ProofError);
        }
        if !is_leaf {
            return self.check(Some(child(target)?.ok_or(ProofError)?), &whole, items);
        }
        match self.range.place(&whole) {
            Place::Inside => match items {
                [(_, value)] if string(target)? == *value => Ok(()),
                _ => Err(ProofError),
            },
            Place::Above => {
                self.more = true;
                none(items)
            }
            Place::Below | Place::Boundary => none(items),
        }
    }
}

fn none(items: &[RangeItem<'_>]) -> Result<(), ProofError> {
    if items.is_empty() { Ok(()) } else { Err(ProofError) }
}

fn root_of(items: &[RangeItem<'_>]) -> B256 {
    match reference_of(items, 0, &mut Scratch::default()) {
        None => EMPTY_ROOT_HASH,
        Some(reference) => reference.as_hash().unwrap_or_else(|| keccak256(reference.as_slice())),
    }
}

/// The reference that a parent holds for the trie of these items at `depth`; `None` for no items.
fn reference_of(items: &[RangeItem<'_>], depth: usize, scratch: &mut Scratch) -> Option<NodeRef> {
    let (first, last) = match items {
        [] => return None,
        [(key, value)] => {
            scratch.leaf.clear();
            write_leaf(&mut scratch.leaf, key, depth, value);
            return Some(NodeRef::of_rlp(&scratch.leaf));
        }
        [(first, _), .., (last, _)] => (first, last),
    };
    let split = common_nibbles(&first.0, &last.0);
    let mut children: [Option<NodeRef>; 16] = [None; 16];
    let mut rest = items;
    while let Some((key, _)) = rest.first() {
        let nibble = nibble_of(&key.0, split);
        let count = rest.partition_point(|(other, _)| nibble_of(&other.0, split) <= nibble);
        children[usize::from(nibble)] = reference_of(&rest[..count], split + 1, scratch);
        rest = &rest[count..];
    }
    let rlp = scratch.branch.write(children.iter().map(|child| child.as_ref().map(NodeRef::as_slice)));
    Some(branch_edge_ref(&Path::prefix_of(first, split), depth, &NodeRef::of_rlp(rlp)))
}
