//! Parsing and writing of trie records (layout in ABI.md). Records come from the host's disk, so everything is checked.

use super::{encode::NodeRef, path::Path};
use crate::{bytes::is_same, mpt::path::KEY_NIBBLES};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::B256;
use core::ops::Range;

pub const TAG_BRANCH: u8 = 1;
pub const TAG_ROOT_EDGE: u8 = 2;
/// After tag and mask.
const EDGES_AT: usize = 3;
const KIND_LEAF: u8 = 0;
const KIND_BRANCH: u8 = 1;

/// What hangs at a child position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Leaf { key: B256, reference: NodeRef },
    Branch { path: Path, reference: NodeRef },
}

/// A branch record with the byte range of every edge; edges are decoded when a walk needs them.
#[derive(Debug, Clone)]
pub struct Branch {
    pub raw: Rc<[u8]>,
    pub path: Path,
    /// A bit for every child.
    pub mask: u16,
    /// Sixteen branches right below, each with a hash: what is at the top of a large trie.
    pub is_dense: bool,
    /// Where the edge at each nibble ends; one that is not there is empty.
    ends: [u16; 16],
}

impl Branch {
    pub fn parse(raw: Rc<[u8]>, path: Path) -> Option<Self> {
        let mask = match *raw.get(..3)? {
            [TAG_BRANCH, low, high] => u16::from_le_bytes([low, high]),
            _ => return None,
        };
        if mask.count_ones() < 2 || path.len() >= KEY_NIBBLES || raw.len() > usize::from(u16::MAX) {
            return None;
        }
        let mut ends = [0; 16];
        let depth = path.len() + 1;
        if mask == u16::MAX && depth < KEY_NIBBLES && has_branches_only(&raw, depth) {
            let size = branch_edge_size(depth) as u16;
            for (end, count) in ends.iter_mut().zip(1..) {
                *end = EDGES_AT as u16 + count * size;
            }
            return Some(Self { raw, path, mask, is_dense: true, ends });
        }
        let mut at = EDGES_AT;
        for (nibble, end) in ends.iter_mut().enumerate() {
            if mask & 1 << nibble != 0 {
                at = edge_end(&raw, at, path.len() + 1)?;
            }
            *end = at as u16;
        }
        (at == raw.len()).then_some(Self { raw, path, mask, is_dense: false, ends })
    }

    pub fn has(&self, nibble: u8) -> bool {
        self.mask & 1 << nibble != 0
    }

    /// Where in the record the edge stands.
    pub fn span(&self, nibble: u8) -> Range<usize> {
        let from = nibble.checked_sub(1).map_or(EDGES_AT, |before| usize::from(self.ends[usize::from(before)]));
        from..usize::from(self.ends[usize::from(nibble)])
    }

    /// Whether the edge is this leaf's and holds a hash.
    pub fn has_leaf(&self, nibble: u8, key: &B256) -> bool {
        self.leads_to(nibble, KIND_LEAF, &key.0, KEY_NIBBLES)
    }

    /// Whether the edge leads to this branch and holds a hash.
    pub fn has_branch(&self, nibble: u8, path: &Path) -> bool {
        self.leads_to(nibble, KIND_BRANCH, path.bytes(), path.len())
    }

    fn leads_to(&self, nibble: u8, kind: u8, path: &[u8; 32], len: usize) -> bool {
        let depth = self.path.len() + 1;
        let packed = &path[depth / 2..len.div_ceil(2)];
        match self.edge_bytes(nibble).split_last_chunk::<33>() {
            Some(([edge_kind, count, edge_path @ ..], [reference_len, ..])) => {
                *edge_kind == kind
                    && usize::from(*count) == len - depth
                    && *reference_len == 32
                    && is_same(edge_path, packed)
            }
            _ => false,
        }
    }

    /// The edge's bytes as stored; empty when there is none.
    pub fn edge_bytes(&self, nibble: u8) -> &[u8] {
        &self.raw[self.span(nibble)]
    }

    /// `None` when the edge is absent or contradicts its position.
    pub fn edge(&self, nibble: u8) -> Option<Edge> {
        if self.is_dense {
            let path = self.path.child(nibble);
            let (place, hash) = self.edge_bytes(nibble)[2..].split_last_chunk()?;
            let is_own_place = is_same(place.split_last()?.1, path.packed_from(path.len()));
            return is_own_place.then(|| Edge::Branch { path, reference: NodeRef::of_hash(&B256::new(*hash)) });
        }
        decode_edge(self.edge_bytes(nibble), &self.path, Some(nibble))
    }

    /// The reference in the edge, for the branch's RLP.
    pub fn reference(&self, nibble: u8) -> Option<&[u8]> {
        edge_reference(self.edge_bytes(nibble), self.path.len() + 1)
    }

    pub fn rlp(&self) -> Vec<u8> {
        super::encode::branch_rlp((0..16).map(|nibble| self.reference(nibble)))
    }
}

pub fn decode_root_edge(raw: &[u8]) -> Option<Edge> {
    let bytes = raw.strip_prefix(&[TAG_ROOT_EDGE])?;
    if edge_end(bytes, 0, 0)? != bytes.len() {
        return None;
    }
    decode_edge(bytes, &Path::ROOT, None)
}

pub fn write_edge(out: &mut Vec<u8>, edge: &Edge, depth: usize) {
    let (kind, path, reference) = match edge {
        Edge::Leaf { key, reference } => (KIND_LEAF, Path::prefix_of(key, KEY_NIBBLES), reference),
        Edge::Branch { path, reference } => (KIND_BRANCH, *path, reference),
    };
    out.push(kind);
    out.push((path.len() - depth) as u8);
    out.extend_from_slice(path.packed_from(depth));
    out.push(reference.as_slice().len() as u8);
    out.extend_from_slice(reference.as_slice());
}

/// The reference inside a well-formed edge's bytes at depth `depth`; `None` for no edge.
pub fn edge_reference(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let count = usize::from(*bytes.get(1)?);
    bytes.get(2 + packed_len(depth, count) + 1..)
}

/// The hashes in a dense branch's record, by nibble. @param raw of such a branch
pub fn dense_hashes<'a>(raw: &'a [u8], path: &Path) -> impl Iterator<Item = &'a [u8; 32]> {
    raw[EDGES_AT..].chunks_exact(branch_edge_size(path.len() + 1)).filter_map(<[u8]>::last_chunk)
}

/// Of an edge to a branch of 32 bytes or more with no extension between.
fn branch_edge_size(depth: usize) -> usize {
    3 + packed_len(depth, 0) + 32
}

/// Whether a record with every bit set has sixteen such edges, as those at the top of a large trie.
fn has_branches_only(raw: &[u8], depth: usize) -> bool {
    let size = branch_edge_size(depth);
    let is_plain = |edge: &[u8]| edge[0] == KIND_BRANCH && edge[1] == 0 && edge[size - 33] == 32;
    raw.len() == EDGES_AT + 16 * size && raw[EDGES_AT..].chunks_exact(size).all(is_plain)
}

fn packed_len(depth: usize, count: usize) -> usize {
    (depth + count).div_ceil(2) - depth / 2
}

fn edge_end(raw: &[u8], at: usize, depth: usize) -> Option<usize> {
    let kind = *raw.get(at)?;
    let count = usize::from(*raw.get(at + 1)?);
    let whole = depth + count == KEY_NIBBLES;
    if kind > KIND_BRANCH || depth + count > KEY_NIBBLES || whole != (kind == KIND_LEAF) {
        return None;
    }
    let reference_at = at + 2 + packed_len(depth, count);
    let reference_len = usize::from(*raw.get(reference_at)?);
    let end = reference_at + 1 + reference_len;
    (reference_len != 0 && reference_len <= 32 && end <= raw.len()).then_some(end)
}

fn decode_edge(bytes: &[u8], parent: &Path, nibble: Option<u8>) -> Option<Edge> {
    let depth = parent.len() + usize::from(nibble.is_some());
    let count = usize::from(*bytes.get(1)?);
    let packed = bytes.get(2..2 + packed_len(depth, count))?;
    let path = parent.descend(nibble, count, packed)?;
    let reference = NodeRef::from_slice(edge_reference(bytes, depth)?)?;
    Some(if bytes[0] == KIND_LEAF {
        Edge::Leaf { key: path.as_key(), reference }
    } else {
        Edge::Branch { path, reference }
    })
}
