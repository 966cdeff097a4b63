//! Verification of an EIP-1186 node list against a root. No state access; every byte is a stranger's.

use super::path::{KEY_NIBBLES, nibble_of};
use crate::crypto::keccak256;
use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_rlp::{Decodable, Header};
use alloy_trie::EMPTY_ROOT_HASH;

/// The nodes do not lead from the root to the key's value or absence.
#[derive(Debug, PartialEq, Eq)]
pub struct ProofError;

/// @return the leaf's value (RLP), or `None` for proved absence. All nodes must be used, in order.
pub fn verify_proof(root: &B256, key: &B256, nodes: &[&[u8]]) -> Result<Option<Vec<u8>>, ProofError> {
    if nodes.is_empty() {
        return if *root == EMPTY_ROOT_HASH { Ok(None) } else { Err(ProofError) };
    }
    let mut unused = nodes.iter();
    let mut expected = Expected::Hash(*root);
    let mut depth = 0;
    loop {
        let node = match &expected {
            Expected::Hash(hash) => {
                let node = unused.next().ok_or(ProofError)?;
                if keccak256(node) != *hash {
                    return Err(ProofError);
                }
                *node
            }
            Expected::Embedded(node) => node,
        };
        match step(node, key, &mut depth)? {
            Step::Down(next) => expected = next,
            Step::End(value) => {
                return if unused.next().is_none() { Ok(value.map(<[u8]>::to_vec)) } else { Err(ProofError) };
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Expected<'a> {
    Hash(B256),
    Embedded(&'a [u8]),
}

enum Step<'a> {
    Down(Expected<'a>),
    End(Option<&'a [u8]>),
}

fn step<'a>(node: &'a [u8], key: &B256, depth: &mut usize) -> Result<Step<'a>, ProofError> {
    let items = list_items(node)?;
    match items.as_slice() {
        [path, target] => {
            let path = string(path)?;
            let (is_leaf, nibbles) = path_nibbles(path)?;
            let end = *depth + nibbles.len();
            if end > KEY_NIBBLES || is_leaf != (end == KEY_NIBBLES) || (nibbles.is_empty() && !is_leaf) {
                return Err(ProofError);
            }
            if (*depth..end).zip(&nibbles).any(|(position, nibble)| nibble_of(&key.0, position) != *nibble) {
                return Ok(Step::End(None));
            }
            *depth = end;
            if is_leaf {
                Ok(Step::End(Some(string(target)?)))
            } else {
                child(target)?.map(Step::Down).ok_or(ProofError)
            }
        }
        [children @ .., value] if children.len() == 16 => {
            if !string(value)?.is_empty() || *depth >= KEY_NIBBLES {
                return Err(ProofError);
            }
            let target = children[usize::from(nibble_of(&key.0, *depth))];
            *depth += 1;
            Ok(child(target)?.map_or(Step::End(None), Step::Down))
        }
        _ => Err(ProofError),
    }
}

/// The reference in a child position: `None` for an empty one.
pub(super) fn child(item: &[u8]) -> Result<Option<Expected<'_>>, ProofError> {
    if item.first().is_some_and(|first| *first >= 0xc0) {
        return if item.len() < 32 { Ok(Some(Expected::Embedded(item))) } else { Err(ProofError) };
    }
    let bytes = string(item)?;
    match bytes.len() {
        0 => Ok(None),
        32 => Ok(Some(Expected::Hash(B256::from_slice(bytes)))),
        _ => Err(ProofError),
    }
}

/// The whole encodings of a list's items.
pub(super) fn list_items(node: &[u8]) -> Result<Vec<&[u8]>, ProofError> {
    let mut rest = node;
    let header = Header::decode(&mut rest).map_err(|_| ProofError)?;
    if !header.list || header.payload_length != rest.len() {
        return Err(ProofError);
    }
    let mut items = Vec::with_capacity(17);
    while !rest.is_empty() {
        let mut after = rest;
        let header = Header::decode(&mut after).map_err(|_| ProofError)?;
        let after = after.get(header.payload_length..).ok_or(ProofError)?;
        let size = rest.len() - after.len();
        if items.len() == 17 || size == 0 {
            return Err(ProofError);
        }
        items.push(&rest[..size]);
        rest = after;
    }
    Ok(items)
}

pub(super) fn string(item: &[u8]) -> Result<&[u8], ProofError> {
    let mut rest = item;
    let bytes = Header::decode_bytes(&mut rest, false).map_err(|_| ProofError)?;
    if rest.is_empty() { Ok(bytes) } else { Err(ProofError) }
}

pub(super) fn path_nibbles(path: &[u8]) -> Result<(bool, Vec<u8>), ProofError> {
    let (first, rest) = path.split_first().ok_or(ProofError)?;
    let flag = first >> 4;
    if flag > 3 || (flag & 1 == 0 && first & 0x0f != 0) || rest.len() > 32 {
        return Err(ProofError);
    }
    let mut nibbles = Vec::with_capacity(KEY_NIBBLES + 1);
    if flag & 1 == 1 {
        nibbles.push(first & 0x0f);
    }
    for byte in rest {
        nibbles.extend([byte >> 4, byte & 0x0f]);
    }
    Ok((flag & 2 == 2, nibbles))
}

/// Decodes exactly one value from the whole of `bytes`.
pub fn decode_whole<T: Decodable>(bytes: &[u8]) -> Result<T, ProofError> {
    let mut rest = bytes;
    match T::decode(&mut rest) {
        Ok(value) if rest.is_empty() => Ok(value),
        _ => Err(ProofError),
    }
}
