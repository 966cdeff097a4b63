//! The branches of one update before they are hashed. The descent only tells what each consists of; then they are written
//! level by level from the deepest up, so that the nodes of a level can be hashed two at a time.

use super::{
    encode::{BranchBuffer, NodeRef, write_dense_branch, write_leaf},
    nodes::Nodes,
    path::Path,
    record::{Branch, Edge, TAG_BRANCH, dense_hashes, edge_reference, write_edge},
    record_cache::cache_record,
    trie::{Trie, WRITTEN_DEPTH_MAX},
};
use crate::state::{Changeset, Value};
use alloc::{boxed::Box, rc::Rc, vec::Vec};
use alloy_primitives::B256;
use core::ops::Range;

/// Branches hashed together: their encodings stay in the processor's nearest cache.
const GROUP_MAX: usize = 32;
/// What so many branches consist of is still in the processor's cache when they are written.
const FULL_COUNT: usize = 128;

/// What stands at a child position after the update.
pub(super) enum After {
    Empty,
    /// As it was; the stored edge stays.
    Same,
    Leaf(B256, Rc<[u8]>),
    /// A branch that this update writes.
    Written(Written),
    /// A branch that stays as it is, with its own reference (not an extension's), at a position that changed.
    Moved(Box<(Path, NodeRef)>),
}

/// Its place among the pending branches.
#[derive(Clone, Copy)]
pub(super) struct Written(usize);

struct PendingBranch {
    path: Path,
    old: Option<Branch>,
    /// In `Pending::children`.
    children: Range<usize>,
    /// Empty until its level is hashed.
    own: NodeRef,
}

#[derive(Default)]
pub(super) struct Pending {
    branches: Vec<PendingBranch>,
    /// What changed below each branch, by nibble.
    children: Vec<(u8, After)>,
    /// The same of branches that are not complete: the innermost one's children are the last.
    found: Vec<(u8, After)>,
    nodes: Nodes,
    record: Vec<u8>,
    branch: BranchBuffer,
}

impl Pending {
    /// How many children have been found whose branch is not complete yet.
    pub fn found(&self) -> usize {
        self.found.len()
    }

    /// A changed child of the innermost branch; its nibbles ascend.
    pub fn find(&mut self, nibble: u8, child: After) {
        self.found.push((nibble, child));
    }

    /// @param old a bit for each child there was
    /// @return the same after the children found from `from` on
    pub fn standing(&self, old: u16, from: usize) -> u16 {
        self.found[from..].iter().fold(old, |mask, (nibble, child)| match child {
            After::Empty => mask & !(1 << nibble),
            _ => mask | 1 << nibble,
        })
    }

    /// The first one found from `from` on that is not gone; the others are forgotten.
    pub fn take_standing(&mut self, from: usize) -> Option<After> {
        self.found.drain(from..).map(|(_, child)| child).find(|child| !matches!(child, After::Empty))
    }

    /// A branch with the children found from `from` on; the others are as in the old one.
    pub fn add(&mut self, path: &Path, old: Option<Branch>, from: usize) -> After {
        let children = self.children.len();
        self.children.extend(self.found.drain(from..));
        let children = children..self.children.len();
        self.branches.push(PendingBranch { path: *path, old, children, own: NodeRef::EMPTY });
        After::Written(Written(self.branches.len() - 1))
    }

    pub fn path_of(&self, Written(place): Written) -> Path {
        self.branches[place].path
    }

    /// The branch's own reference, once `write` is done.
    pub fn reference_of(&self, Written(place): Written) -> NodeRef {
        self.branches[place].own
    }

    /// Whether enough branches wait to be written that hashing them by levels leaves few without a second one beside it.
    pub fn is_full(&self) -> bool {
        self.branches.len() >= FULL_COUNT
    }

    /// Writes what is complete and keeps of it what the branch that it was found for needs: its place and its reference.
    pub fn settle(&mut self, trie: &Trie<'_>, changes: &mut Changeset) {
        self.write(trie, changes);
        for (_, child) in &mut self.found {
            if let After::Written(Written(place)) = child {
                let PendingBranch { path, own, .. } = &self.branches[*place];
                *child = After::Moved(Box::new((*path, *own)));
            }
        }
        self.branches.clear();
        self.children.clear();
    }

    /// Writes all branches' records, children before parents.
    pub fn write(&mut self, trie: &Trie<'_>, changes: &mut Changeset) {
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for (place, branch) in self.branches.iter().enumerate() {
            let depth = branch.path.len();
            levels.resize_with(levels.len().max(depth + 1), Vec::new);
            levels[depth].push(place);
        }
        for group in levels.iter().rev().flat_map(|level| level.chunks(GROUP_MAX)) {
            self.write_group(group, trie, changes);
        }
    }

    fn write_group(&mut self, group: &[usize], trie: &Trie<'_>, changes: &mut Changeset) {
        let edges = self.hash_edges(group);
        let mut edges = &edges[..];
        let mut records = Vec::with_capacity(group.len());
        self.nodes.clear();
        for place in group {
            let branch = &self.branches[*place];
            let children = &self.children[branch.children.clone()];
            let (references, rest) = edges.split_at(children.len());
            edges = rest;
            let depth = branch.path.len() + 1;
            if let Some((record, differs)) = self.patched_record(branch, children, references) {
                match &branch.old {
                    Some(old) if !old.is_dense => {
                        let reference = |nibble| edge_reference(&record[old.span(nibble)], depth);
                        let rlp = self.branch.write((0..16).map(reference));
                        self.nodes.add(|bytes| bytes.extend_from_slice(rlp));
                    }
                    _ => self.nodes.add(|bytes| write_dense_branch(bytes, dense_hashes(&record, &branch.path))),
                }
                records.push((record, differs));
                continue;
            }
            let children = children.iter().zip(references.iter().copied());
            let path_of = |written: &Written| self.branches[written.0].path;
            let WrittenRecord { spans, differs } = write_record(&mut self.record, branch, children, path_of);
            let reference = |(from, to): &(usize, usize)| edge_reference(&self.record[*from..*to], depth);
            let rlp = self.branch.write(spans.iter().map(reference));
            self.nodes.add(|bytes| bytes.extend_from_slice(rlp));
            records.push((Value::from(self.record.as_slice()), differs));
        }
        for ((place, (record, differs)), own) in group.iter().zip(records).zip(self.nodes.references()) {
            let branch = &mut self.branches[*place];
            branch.own = own;
            let may_cache = branch.path.len() <= WRITTEN_DEPTH_MAX && !trie.reader.is_stateless();
            if let Some(hash) = own.as_hash().filter(|_| may_cache) {
                cache_record(trie.place_of(&branch.path), hash, record.clone());
            }
            let (key, old) = (trie.key_of(&branch.path), branch.old.take().map(|branch| branch.raw));
            if differs {
                changes.put_changed(key, record, old);
            } else {
                changes.put(key, Some(record), old);
            }
        }
    }

    /// The record of a branch that leads where it did, and whether it differs: the old one with some hashes replaced.
    fn patched_record(
        &self,
        branch: &PendingBranch,
        children: &[(u8, After)],
        references: &[NodeRef],
    ) -> Option<(Value, bool)> {
        let old = branch.old.as_ref()?;
        let stays = |((nibble, child), reference): (&(u8, After), &NodeRef)| {
            reference.as_hash().is_some()
                && match child {
                    After::Leaf(key, _) => old.has_leaf(*nibble, key),
                    After::Written(below) => old.has_branch(*nibble, &self.path_of(*below)),
                    After::Moved(moved) => old.has_branch(*nibble, &moved.0),
                    After::Empty | After::Same => false,
                }
        };
        if !children.iter().zip(references).all(stays) {
            return None;
        }
        let mut record = Value::from(&old.raw[..]);
        let bytes = Rc::get_mut(&mut record)?;
        let mut differs = false;
        for ((nibble, _), reference) in children.iter().zip(references) {
            let (hash, new) = (bytes[old.span(*nibble)].last_chunk_mut::<32>()?, reference.as_hash()?.0);
            differs |= *hash != new;
            *hash = new;
        }
        Some((record, differs))
    }

    /// What the edges of the changed children hold: a leaf's reference, a branch's own, or its extension's.
    fn hash_edges(&mut self, group: &[usize]) -> Vec<NodeRef> {
        self.nodes.clear();
        for place in group {
            let PendingBranch { path, children, .. } = &self.branches[*place];
            let depth = path.len() + 1;
            for (_, child) in &self.children[children.clone()] {
                match child {
                    After::Leaf(key, value) => self.nodes.add(|bytes| write_leaf(bytes, key, depth, value)),
                    After::Written(Written(below)) => {
                        let PendingBranch { path, own, .. } = &self.branches[*below];
                        self.nodes.add_branch(path, own, depth);
                    }
                    After::Moved(moved) => self.nodes.add_branch(&moved.0, &moved.1, depth),
                    After::Empty | After::Same => self.nodes.add_known(NodeRef::EMPTY),
                }
            }
        }
        self.nodes.references()
    }
}

struct WrittenRecord {
    /// Where each nibble's edge stands.
    spans: [(usize, usize); 16],
    /// From the old record.
    differs: bool,
}

/// @param children what changed and the reference of each
fn write_record<'a>(
    record: &mut Vec<u8>,
    branch: &PendingBranch,
    children: impl Iterator<Item = (&'a (u8, After), NodeRef)>,
    path_of: impl Fn(&Written) -> Path,
) -> WrittenRecord {
    let depth = branch.path.len() + 1;
    let old = branch.old.as_ref();
    record.clear();
    record.extend_from_slice(&[TAG_BRANCH, 0, 0]);
    let mut mask = 0u16;
    let mut spans = [(0usize, 0usize); 16];
    let mut differs = old.is_none();
    // Neighbouring edges that stay are copied in one piece.
    let mut kept = 0..0;
    let mut changed = children.peekable();
    for nibble in 0..16u8 {
        let span = &mut spans[usize::from(nibble)];
        let edge = match changed.next_if(|((at, _), _)| *at == nibble) {
            None | Some(((_, After::Same), _)) => {
                let Some(branch) = old.filter(|branch| branch.has(nibble)) else { continue };
                let edge = branch.span(nibble);
                if kept.is_empty() {
                    kept.start = edge.start;
                }
                *span = (record.len() + edge.start - kept.start, record.len() + edge.end - kept.start);
                kept.end = edge.end;
                mask |= 1 << nibble;
                continue;
            }
            Some(((_, After::Empty), _)) => {
                flush(record, old, &mut kept);
                differs |= old.is_some_and(|branch| branch.has(nibble));
                continue;
            }
            Some(((_, After::Leaf(key, _)), reference)) => Edge::Leaf { key: *key, reference },
            Some(((_, After::Written(written)), reference)) => Edge::Branch { path: path_of(written), reference },
            Some(((_, After::Moved(moved)), reference)) => Edge::Branch { path: moved.0, reference },
        };
        flush(record, old, &mut kept);
        let from = record.len();
        write_edge(record, &edge, depth);
        differs |= old.is_some_and(|branch| branch.edge_bytes(nibble) != &record[from..]);
        *span = (from, record.len());
        mask |= 1 << nibble;
    }
    flush(record, old, &mut kept);
    record[1..3].copy_from_slice(&mask.to_le_bytes());
    WrittenRecord { spans, differs }
}

fn flush(record: &mut Vec<u8>, old: Option<&Branch>, kept: &mut Range<usize>) {
    if let Some(branch) = old {
        record.extend_from_slice(&branch.raw[kept.clone()]);
    }
    *kept = 0..0;
}
