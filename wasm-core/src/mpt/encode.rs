//! RLP of trie nodes and their references: the keccak of an encoding of 32 bytes or more, else the encoding itself.

use super::path::{KEY_NIBBLES, Path};
use crate::crypto::keccak256;
use alloc::vec::Vec;
use alloy_primitives::B256;

const EMPTY_STRING: u8 = 0x80;
const HASH_STRING: u8 = 0xa0;
const LIST: u8 = 0xc0;
const LEAF_FLAG: u8 = 0x20;
const ODD_FLAG: u8 = 0x10;
/// Of a list below 64 KiB.
const HEADER_MAX_BYTES: usize = 3;

/// 32 bytes: a hash. Fewer: the node's own RLP, embedded in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRef {
    bytes: [u8; 32],
    len: u8,
}

impl NodeRef {
    /// Of no node.
    pub const EMPTY: Self = Self { bytes: [0; 32], len: 0 };

    pub fn of_rlp(rlp: &[u8]) -> Self {
        if rlp.len() >= 32 {
            return Self { bytes: keccak256(rlp).0, len: 32 };
        }
        let mut bytes = [0; 32];
        bytes[..rlp.len()].copy_from_slice(rlp);
        Self { bytes, len: rlp.len() as u8 }
    }

    /// `None` for lengths no reference has.
    pub fn from_slice(slice: &[u8]) -> Option<Self> {
        if slice.is_empty() || slice.len() > 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..slice.len()].copy_from_slice(slice);
        Some(Self { bytes, len: slice.len() as u8 })
    }

    pub fn of_hash(hash: &B256) -> Self {
        Self { bytes: hash.0, len: 32 }
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub fn as_hash(&self) -> Option<B256> {
        (self.len == 32).then(|| B256::new(self.bytes))
    }
}

/// A branch's RLP from its children's references, `None` where there is no child. Branches hold no values here:
/// all keys have the same length.
pub fn branch_rlp<'a>(children: impl Iterator<Item = Option<&'a [u8]>>) -> Vec<u8> {
    BranchBuffer::default().write(children).to_vec()
}

/// The longest header in front of the longest payload: 16 hashes and the empty value.
const BRANCH_MAX_BYTES: usize = 3 + 16 * 33 + 1;

/// Place for a branch's RLP, used again and again.
pub struct BranchBuffer([u8; BRANCH_MAX_BYTES]);

impl Default for BranchBuffer {
    fn default() -> Self {
        Self([0; BRANCH_MAX_BYTES])
    }
}

impl BranchBuffer {
    /// As `branch_rlp`: the payload first, then its header in front of it.
    pub fn write<'a>(&mut self, children: impl Iterator<Item = Option<&'a [u8]>>) -> &[u8] {
        let Self(buffer) = self;
        let mut end = HEADER_MAX_BYTES;
        for child in children {
            match child {
                None => {
                    buffer[end] = EMPTY_STRING;
                    end += 1;
                }
                Some(reference) => match <&[u8; 32]>::try_from(reference) {
                    // A copy of constant length: a few moves, no call.
                    Ok(hash) => {
                        buffer[end] = HASH_STRING;
                        buffer[end + 1..end + 33].copy_from_slice(hash);
                        end += 33;
                    }
                    Err(_) => {
                        buffer[end..end + reference.len()].copy_from_slice(reference);
                        end += reference.len();
                    }
                },
            }
        }
        buffer[end] = EMPTY_STRING;
        end += 1;
        let payload = end - HEADER_MAX_BYTES;
        let from = match payload {
            0..=55 => {
                buffer[2] = LIST + payload as u8;
                2
            }
            56..=255 => {
                buffer[1..3].copy_from_slice(&[0xf8, payload as u8]);
                1
            }
            _ => {
                let [high, low] = (payload as u16).to_be_bytes();
                buffer[..3].copy_from_slice(&[0xf9, high, low]);
                0
            }
        };
        &buffer[from..end]
    }
}

/// The RLP of a branch with sixteen hashes, at the end of a buffer.
pub fn write_dense_branch<'a>(rlp: &mut Vec<u8>, hashes: impl Iterator<Item = &'a [u8; 32]>) {
    let from = rlp.len();
    rlp.extend_from_slice(&DENSE_BRANCH);
    for (item, hash) in rlp[from + HEADER_MAX_BYTES..].as_chunks_mut::<33>().0.iter_mut().zip(hashes) {
        item[1..].copy_from_slice(hash);
    }
}

/// Without the hashes.
static DENSE_BRANCH: [u8; BRANCH_MAX_BYTES] = {
    let mut rlp = [0; BRANCH_MAX_BYTES];
    let [high, low] = ((BRANCH_MAX_BYTES - HEADER_MAX_BYTES) as u16).to_be_bytes();
    (rlp[0], rlp[1], rlp[2]) = (0xf9, high, low);
    let mut item = 0;
    while item < 16 {
        rlp[HEADER_MAX_BYTES + 33 * item] = HASH_STRING;
        item += 1;
    }
    rlp[BRANCH_MAX_BYTES - 1] = EMPTY_STRING;
    rlp
};

/// A leaf hanging at depth `depth`.
pub fn leaf_rlp(key: &B256, depth: usize, value: &[u8]) -> Vec<u8> {
    let mut rlp = Vec::with_capacity(value.len() + 40);
    write_leaf(&mut rlp, key, depth, value);
    rlp
}

/// `leaf_rlp` at the end of a buffer.
pub fn write_leaf(rlp: &mut Vec<u8>, key: &B256, depth: usize, value: &[u8]) {
    let suffix = compact(&key.0, depth, KEY_NIBBLES, LEAF_FLAG);
    let value_header = string_header_size(value);
    let payload = compact_size(&suffix) + value_header + value.len();
    push_list_header(rlp, payload);
    push_compact(rlp, &suffix);
    push_string_header(rlp, value);
    rlp.extend_from_slice(value);
}

/// An extension from depth `depth` to `path`, whose branch has the reference `child`.
pub fn extension_rlp(path: &Path, depth: usize, child: &NodeRef) -> Vec<u8> {
    let mut rlp = Vec::with_capacity(72);
    write_extension(&mut rlp, path, depth, child);
    rlp
}

/// `extension_rlp` at the end of a buffer.
pub fn write_extension(rlp: &mut Vec<u8>, path: &Path, depth: usize, child: &NodeRef) {
    let infix = compact(path.bytes(), depth, path.len(), 0);
    let child = child.as_slice();
    push_list_header(rlp, compact_size(&infix) + child.len() + usize::from(child.len() == 32));
    push_compact(rlp, &infix);
    push_reference(rlp, child);
}

/// The reference an edge at `depth` holds for a branch at `path`: the branch's own, or its extension's.
pub fn branch_edge_ref(path: &Path, depth: usize, own: &NodeRef) -> NodeRef {
    if path.len() == depth { *own } else { NodeRef::of_rlp(&extension_rlp(path, depth, own)) }
}

/// Hex-prefix encoding, at most 33 bytes.
struct Compact {
    bytes: [u8; 33],
    len: usize,
}

impl core::ops::Deref for Compact {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Of the nibbles `from..to`.
fn compact(bytes: &[u8; 32], from: usize, to: usize, flag: u8) -> Compact {
    let nibble = |position| super::path::nibble_of(bytes, position);
    let odd = (to - from) % 2 == 1;
    let mut out = Compact { bytes: [0; 33], len: 1 + (to - from) / 2 };
    out.bytes[0] = if odd { flag | ODD_FLAG | nibble(from) } else { flag };
    let from = from + usize::from(odd);
    if from.is_multiple_of(2) {
        // Whole bytes.
        out.bytes[1..out.len].copy_from_slice(&bytes[from / 2..to / 2]);
    } else {
        for at in 1..out.len {
            let position = from + 2 * (at - 1);
            out.bytes[at] = nibble(position) << 4 | nibble(position + 1);
        }
    }
    out
}

fn compact_size(compact: &[u8]) -> usize {
    compact.len() + usize::from(compact.len() > 1)
}

fn push_compact(out: &mut Vec<u8>, compact: &[u8]) {
    // A single compact byte is below 0x80, so it stands for itself.
    if compact.len() > 1 {
        out.push(EMPTY_STRING + compact.len() as u8);
    }
    out.extend_from_slice(compact);
}

fn push_reference(out: &mut Vec<u8>, reference: &[u8]) {
    if reference.len() == 32 {
        out.push(HASH_STRING);
    }
    out.extend_from_slice(reference);
}

pub(super) fn push_string(out: &mut Vec<u8>, value: &[u8]) {
    push_string_header(out, value);
    out.extend_from_slice(value);
}

fn string_header_size(value: &[u8]) -> usize {
    match value {
        [byte] if *byte < EMPTY_STRING => 0,
        _ if value.len() <= 55 => 1,
        _ => 1 + length_bytes(value.len()),
    }
}

fn push_string_header(out: &mut Vec<u8>, value: &[u8]) {
    match string_header_size(value) {
        0 => {}
        1 => out.push(EMPTY_STRING + value.len() as u8),
        _ => push_long_header(out, 0xb7, value.len()),
    }
}

pub(super) fn push_list_header(out: &mut Vec<u8>, payload: usize) {
    if payload <= 55 {
        out.push(LIST + payload as u8);
    } else {
        push_long_header(out, 0xf7, payload);
    }
}

fn push_long_header(out: &mut Vec<u8>, base: u8, length: usize) {
    let count = length_bytes(length);
    out.push(base + count as u8);
    let bytes = (length as u64).to_be_bytes();
    out.extend_from_slice(&bytes[8 - count..]);
}

fn length_bytes(length: usize) -> usize {
    (8 - (length as u64).leading_zeros() as usize / 8).max(1)
}
