//! Leaves of a trie from a key on, with the proof that they are all there are.

use super::{
    encode::{NodeRef, extension_rlp, leaf_rlp},
    path::Path,
    range::{Place, Range},
    record::{Branch, Edge},
    trie::{Read, Root, Trie},
};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::B256;

/// What a leaf that is not loaded is taken to weigh.
const UNREAD_ITEM_BYTES: usize = 128;

#[derive(Debug, Default)]
pub struct RangeProof {
    /// Ascending keys with their leaf values (RLP).
    pub items: Vec<(B256, Rc<[u8]>)>,
    /// Empty: the items are the whole trie.
    pub nodes: Vec<Vec<u8>>,
    /// The trie has keys after the last item.
    pub more: bool,
}

/// Bounds of one answer; at least one item is given whatever they say.
#[derive(Debug, Clone, Copy)]
pub struct RangeLimits {
    pub items: usize,
    /// Keys and values.
    pub bytes: usize,
}

struct Collector {
    start: B256,
    limits: RangeLimits,
    proof: RangeProof,
    items: usize,
    bytes: usize,
    unread: bool,
}

impl Trie<'_> {
    pub fn prove_range(&self, root: B256, start: B256, limits: RangeLimits) -> Read<RangeProof> {
        let found = self.root(&root)?;
        let mut collector =
            Collector { start, limits, proof: RangeProof::default(), items: 0, bytes: 0, unread: false };
        match &found {
            Root::Empty => {}
            Root::Branch(branch) => self.collect_branch(branch, &mut collector)?,
            Root::Edge(edge, _) => self.collect_edge(edge, &mut collector)?,
        }
        if collector.unread {
            return Err(crate::state::Unread);
        }
        let mut proof = collector.proof;
        if start.is_zero() && !proof.more {
            return Ok(proof);
        }
        let range = Range::new(start, proof.items.last().map(|(key, _)| *key));
        match &found {
            Root::Empty => {}
            Root::Branch(branch) => self.prove_branch_range(branch, true, &range, &mut proof.nodes)?,
            Root::Edge(edge, _) => self.prove_edge_range(edge, &Path::ROOT, &range, &mut proof.nodes)?,
        }
        Ok(proof)
    }

    fn collect_branch(&self, branch: &Branch, collector: &mut Collector) -> Read<()> {
        for nibble in (0..16).filter(|nibble| branch.has(*nibble)) {
            if collector.proof.more {
                return Ok(());
            }
            if branch.path.child(nibble).greatest_key() >= collector.start {
                self.collect_edge(&branch.edge(nibble).ok_or_else(|| self.bad_edge())?, collector)?;
            }
        }
        Ok(())
    }

    fn collect_edge(&self, edge: &Edge, collector: &mut Collector) -> Read<()> {
        let path = match edge {
            Edge::Leaf { key, .. } => {
                if *key >= collector.start && collector.takes_more() {
                    let value = self.leaf_value(key);
                    collector.take(*key, value.ok());
                }
                return Ok(());
            }
            Edge::Branch { path, .. } => path,
        };
        if path.greatest_key() < collector.start || !collector.takes_more() {
            return Ok(());
        }
        // Go on after a miss: the records of what follows belong in the same NEED.
        match self.branch(path, None, &path.as_key()) {
            Ok(branch) => self.collect_branch(&branch, collector),
            Err(_) => {
                collector.unread_item();
                Ok(())
            }
        }
    }

    fn prove_branch_range(&self, branch: &Branch, listed: bool, range: &Range, nodes: &mut Vec<Vec<u8>>) -> Read<()> {
        if listed {
            nodes.push(branch.rlp());
        }
        for nibble in (0..16).filter(|nibble| branch.has(*nibble)) {
            let position = branch.path.child(nibble);
            if range.place(&position) == Place::Boundary {
                let edge = branch.edge(nibble).ok_or_else(|| self.bad_edge())?;
                self.prove_edge_range(&edge, &position, range, nodes)?;
            }
        }
        Ok(())
    }

    fn prove_edge_range(&self, edge: &Edge, position: &Path, range: &Range, nodes: &mut Vec<Vec<u8>>) -> Read<()> {
        let depth = position.len();
        let is_listed = |reference: &NodeRef| depth == 0 || reference.as_hash().is_some();
        match edge {
            Edge::Leaf { key, reference } => {
                if is_listed(reference) {
                    nodes.push(leaf_rlp(key, depth, &self.leaf_value(key)?));
                }
                Ok(())
            }
            Edge::Branch { path, reference } => {
                let branch = self.branch(path, None, &path.as_key())?;
                if path.len() == depth {
                    return self.prove_branch_range(&branch, is_listed(reference), range, nodes);
                }
                let own = NodeRef::of_rlp(&branch.rlp());
                if is_listed(reference) {
                    nodes.push(extension_rlp(path, depth, &own));
                }
                if range.place(path) == Place::Boundary {
                    self.prove_branch_range(&branch, own.as_hash().is_some(), range, nodes)?;
                }
                Ok(())
            }
        }
    }
}

impl Collector {
    /// False when full: then there is more.
    fn takes_more(&mut self) -> bool {
        let full = self.items > 0 && (self.items >= self.limits.items || self.bytes >= self.limits.bytes);
        self.proof.more |= full;
        !full
    }

    fn take(&mut self, key: B256, value: Option<Rc<[u8]>>) {
        let Some(value) = value else { return self.unread_item() };
        self.items += 1;
        self.bytes += key.len() + value.len();
        self.proof.items.push((key, value));
    }

    fn unread_item(&mut self) {
        self.unread = true;
        self.items += 1;
        self.bytes += UNREAD_ITEM_BYTES;
    }
}
