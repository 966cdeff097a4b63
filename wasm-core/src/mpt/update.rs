//! Batch update: one descent with the sorted changes, each touched branch read once, rewritten once and hashed once.
//!
//! A step returns what stands at a child position afterwards (`After`), not yet hashed where its depth may still
//! change: a branch left with one child passes that child up, and only the parent that keeps it computes the
//! reference. Deletions that collapse a branch need the remaining sibling, which the flat table or one more record gives.

use super::{
    encode::{BranchBuffer, NodeRef, branch_edge_ref, leaf_rlp, write_leaf},
    path::{KEY_NIBBLES, Path, common_nibbles, nibble_of},
    record::{Branch, Edge, TAG_BRANCH, TAG_ROOT_EDGE, edge_reference, write_edge},
    record_cache::cache_record,
    trie::{Read, Root, Trie, WRITTEN_DEPTH_MAX},
};
use crate::{
    crypto::keccak256,
    state::{Changeset, Unread, Value},
};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::B256;
use alloy_trie::EMPTY_ROOT_HASH;
use core::ops::Range;

/// One changed key; `None` deletes. The value is the trie leaf's (RLP).
#[derive(Debug, Clone)]
pub struct Item {
    pub key: B256,
    pub value: Option<Rc<[u8]>>,
}

/// What stands at a child position after the update.
enum After {
    Empty,
    /// As it was; the stored edge stays.
    Same,
    Leaf(B256, Rc<[u8]>),
    /// A branch at this path with its own reference (not an extension's).
    Branch(Path, NodeRef),
}

/// Where an update writes to, with buffers that every branch uses again.
struct Output<'a> {
    changes: &'a mut Changeset,
    record: Vec<u8>,
    rlp: Vec<u8>,
    branch: BranchBuffer,
}

impl Trie<'_> {
    /// @param items sorted here; each key once.
    /// @return the new root hash; record changes are added to the changeset.
    pub fn update(&self, root: B256, items: &mut Vec<Item>, changes: &mut Changeset) -> Read<B256> {
        let out = &mut Output { changes, record: Vec::new(), rlp: Vec::new(), branch: BranchBuffer::default() };
        items.sort_unstable_by(|a, b| head_of(&a.key).cmp(&head_of(&b.key)).then_with(|| a.key.cmp(&b.key)));
        let (after, old_root_record) = match self.root(&root)? {
            Root::Empty => (self.build(&present(items), 0, out), None),
            Root::Branch(branch) => {
                let raw = branch.raw.clone();
                (self.update_branch(&branch, items, out)?, Some(raw))
            }
            Root::Edge(edge, raw) => (self.update_edge(&edge, 0, items, out)?, Some(raw)),
        };
        let old = old_root_record;
        let key = self.key_of(&Path::ROOT);
        match after {
            After::Same => Ok(root),
            After::Empty => {
                out.changes.put(key, None, old);
                Ok(EMPTY_ROOT_HASH)
            }
            After::Branch(path, own) if path.len() == 0 => {
                // The branch wrote its own record, but knew nothing of a root edge it replaces.
                out.changes.replaces(&key, old);
                own.as_hash().ok_or_else(|| self.reader.corrupt("root branch too small"))
            }
            After::Branch(path, own) => {
                let reference = branch_edge_ref(&path, 0, &own);
                Ok(self.put_root_edge(key, &Edge::Branch { path, reference }, reference, old, out))
            }
            After::Leaf(leaf_key, value) => {
                let reference = NodeRef::of_rlp(&leaf_rlp(&leaf_key, 0, &value));
                Ok(self.put_root_edge(key, &Edge::Leaf { key: leaf_key, reference }, reference, old, out))
            }
        }
    }

    fn put_root_edge(
        &self,
        key: Vec<u8>,
        edge: &Edge,
        reference: NodeRef,
        old: Option<Value>,
        out: &mut Output<'_>,
    ) -> B256 {
        let mut record = Vec::with_capacity(72);
        record.push(TAG_ROOT_EDGE);
        write_edge(&mut record, edge, 0);
        out.changes.put(key, Some(Value::from(record)), old);
        reference.as_hash().unwrap_or_else(|| keccak256(reference.as_slice()))
    }

    /// @param depth nibbles consumed at this child position; all items share them. Items are not empty.
    fn update_edge(&self, edge: &Edge, depth: usize, items: &[Item], out: &mut Output<'_>) -> Read<After> {
        match edge {
            Edge::Leaf { key, .. } => self.update_leaf(key, depth, items, out),
            Edge::Branch { path, reference } => self.update_subtree(path, reference, depth, items, out),
        }
    }

    fn update_leaf(&self, key: &B256, depth: usize, items: &[Item], out: &mut Output<'_>) -> Read<After> {
        if let [Item { key: only, value: Some(value) }] = items
            && only == key
        {
            return Ok(After::Leaf(*key, value.clone()));
        }
        let replaced = items.iter().any(|item| item.key == *key);
        let mut kept = present(items);
        if !replaced {
            if kept.is_empty() {
                return Ok(After::Same);
            }
            let value = self.leaf_value(key)?;
            let at = kept.partition_point(|(other, _)| other < key);
            kept.insert(at, (*key, value));
        }
        Ok(self.build(&kept, depth, out))
    }

    fn update_subtree(
        &self,
        path: &Path,
        reference: &NodeRef,
        depth: usize,
        items: &[Item],
        out: &mut Output<'_>,
    ) -> Read<After> {
        let own = (path.len() == depth).then_some(reference);
        let from = items.partition_point(|item| item.key.0 < *path.bytes());
        let inside = items[from..].iter().take_while(|item| path.is_prefix_of(&item.key)).count();
        let outside = || items[..from].iter().chain(&items[from + inside..]);
        let split = outside().filter(|item| item.value.is_some()).map(|item| path.common_with(&item.key)).min();
        let Some(split) = split else {
            // Deletions beside the subtree delete nothing.
            if inside == 0 {
                return Ok(After::Same);
            }
            let inside = &items[from..from + inside];
            let branch = self.branch(path, own, &inside[0].key)?;
            return self.update_branch(&branch, inside, out);
        };
        // The extension is cut at `split`: a new branch there, the old subtree one of its children.
        let below = path.nibble(split);
        let mut children: [Option<After>; 16] = Default::default();
        for (nibble, group) in groups(items, split) {
            if nibble != below {
                children[usize::from(nibble)] = Some(self.build(&present(group), split + 1, out));
                continue;
            }
            // The child's depth differs from the edge's, so `Same` would carry the wrong reference.
            let after = self.update_subtree_below(path, own, split + 1, group, out)?;
            children[usize::from(below)] = Some(after);
        }
        if children[usize::from(below)].is_none() {
            let own = self.own_reference(path, own)?;
            children[usize::from(below)] = Some(After::Branch(*path, own));
        }
        self.finish(&path.prefix(split), None, &mut children, out)
    }

    /// As `update_subtree`, for a subtree whose position moved: never answers `Same`.
    fn update_subtree_below(
        &self,
        path: &Path,
        own: Option<&NodeRef>,
        depth: usize,
        items: &[Item],
        out: &mut Output<'_>,
    ) -> Read<After> {
        let own = self.own_reference(path, own)?;
        let reference = branch_edge_ref(path, depth, &own);
        match self.update_subtree(path, &reference, depth, items, out)? {
            After::Same => Ok(After::Branch(*path, own)),
            after => Ok(after),
        }
    }

    /// The reference of the branch itself, which an edge with an extension does not hold.
    fn own_reference(&self, path: &Path, own: Option<&NodeRef>) -> Read<NodeRef> {
        match own {
            Some(own) => Ok(*own),
            None => {
                self.reader.note_neighbour(self.owner, *path);
                Ok(NodeRef::of_rlp(&self.branch(path, None, &path.as_key())?.rlp()))
            }
        }
    }

    fn update_branch(&self, branch: &Branch, items: &[Item], out: &mut Output<'_>) -> Read<After> {
        let depth = branch.path.len();
        let mut children: [Option<After>; 16] = Default::default();
        let mut unread = false;
        for (nibble, group) in groups(items, depth) {
            let after = if branch.has(nibble) {
                match branch.edge(nibble) {
                    Some(edge) => self.update_edge(&edge, depth + 1, group, out),
                    None => Err(self.bad_edge()),
                }
            } else {
                Ok(self.build(&present(group), depth + 1, out))
            };
            // Go on after a miss: the siblings' missing records belong in the same NEED.
            match after {
                Ok(After::Same) => {}
                Ok(after) => children[usize::from(nibble)] = Some(after),
                Err(Unread) => unread = true,
            }
        }
        if unread {
            return Err(Unread);
        }
        if children.iter().all(Option::is_none) {
            return Ok(After::Same);
        }
        self.finish(&branch.path, Some(branch), &mut children, out)
    }

    /// A subtree from nothing. @param items sorted.
    fn build(&self, items: &[(B256, Rc<[u8]>)], depth: usize, out: &mut Output<'_>) -> After {
        match items {
            [] => After::Empty,
            [(key, value)] => After::Leaf(*key, value.clone()),
            [(first, _), .., (last, _)] => {
                let split = common_nibbles(&first.0, &last.0).max(depth);
                let mut children: [Option<After>; 16] = Default::default();
                let mut rest = items;
                while let Some((key, _)) = rest.first() {
                    let nibble = nibble_of(&key.0, split);
                    let count = rest.partition_point(|(other, _)| nibble_of(&other.0, split) <= nibble);
                    children[usize::from(nibble)] = Some(self.build(&rest[..count], split + 1, out));
                    rest = &rest[count..];
                }
                self.write_branch(&Path::prefix_of(first, split), None, &children, out)
            }
        }
    }

    /// @param children what changed; `None` keeps the old branch's edge.
    fn finish(
        &self,
        path: &Path,
        old: Option<&Branch>,
        children: &mut [Option<After>; 16],
        out: &mut Output<'_>,
    ) -> Read<After> {
        let stands = |nibble: usize| match &children[nibble] {
            None => old.is_some_and(|branch| branch.has(nibble as u8)),
            Some(After::Empty) => false,
            Some(_) => true,
        };
        let count = (0..16).filter(|nibble| stands(*nibble)).count();
        if count >= 2 {
            return Ok(self.write_branch(path, old, children, out));
        }
        let only = (0..16).find(|nibble| stands(*nibble));
        let after = match (only, old) {
            (None, _) => After::Empty,
            (Some(nibble), old) => match (children[nibble].take(), old) {
                (Some(after), _) => after,
                (None, Some(branch)) => self.lift(branch, nibble as u8)?,
                (None, None) => After::Empty,
            },
        };
        if let Some(branch) = old {
            out.changes.put(self.key_of(path), None, Some(branch.raw.clone()));
        }
        Ok(after)
    }

    /// The last, untouched child of a branch that goes away.
    fn lift(&self, branch: &Branch, nibble: u8) -> Read<After> {
        match branch.edge(nibble).ok_or_else(|| self.bad_edge())? {
            Edge::Leaf { key, .. } => {
                self.reader.note_neighbour(self.owner, Path::prefix_of(&key, KEY_NIBBLES));
                Ok(After::Leaf(key, self.leaf_value(&key)?))
            }
            Edge::Branch { path, reference } => {
                self.reader.note_neighbour(self.owner, path);
                if self.reader.is_stateless() {
                    // Only its node tells that it is a branch.
                    self.branch(&path, None, &path.as_key())?;
                }
                let own = (path.len() == branch.path.len() + 1).then_some(&reference);
                Ok(After::Branch(path, self.own_reference(&path, own)?))
            }
        }
    }

    fn write_branch(
        &self,
        path: &Path,
        old: Option<&Branch>,
        children: &[Option<After>; 16],
        out: &mut Output<'_>,
    ) -> After {
        let depth = path.len() + 1;
        let record = &mut out.record;
        record.clear();
        record.extend_from_slice(&[TAG_BRANCH, 0, 0]);
        let mut mask = 0u16;
        let mut spans = [(0usize, 0usize); 16];
        // Neighbouring edges that stay are copied in one piece.
        let mut kept = 0..0;
        for nibble in 0..16u8 {
            let span = &mut spans[usize::from(nibble)];
            match (&children[usize::from(nibble)], old) {
                (None | Some(After::Same), None) => continue,
                (Some(After::Empty), _) => {
                    flush(record, old, &mut kept);
                    continue;
                }
                (None | Some(After::Same), Some(branch)) => {
                    if !branch.has(nibble) {
                        continue;
                    }
                    let edge = branch.span(nibble);
                    if kept.is_empty() {
                        kept.start = edge.start;
                    }
                    *span = (record.len() + edge.start - kept.start, record.len() + edge.end - kept.start);
                    kept.end = edge.end;
                }
                (Some(changed), _) => {
                    flush(record, old, &mut kept);
                    let from = record.len();
                    write_edge(record, &edge_of(changed, depth, &mut out.rlp), depth);
                    *span = (from, record.len());
                }
            }
            mask |= 1 << nibble;
        }
        flush(record, old, &mut kept);
        record[1..3].copy_from_slice(&mask.to_le_bytes());
        let reference = |(from, to): &(usize, usize)| edge_reference(&record[*from..*to], depth);
        let own = NodeRef::of_rlp(out.branch.write(spans.iter().map(reference)));
        let record = Value::from(record.as_slice());
        if let Some(hash) = own.as_hash().filter(|_| path.len() <= WRITTEN_DEPTH_MAX && !self.reader.is_stateless()) {
            cache_record(hash, record.clone());
        }
        out.changes.put(self.key_of(path), Some(record), old.map(|branch| branch.raw.clone()));
        After::Branch(*path, own)
    }
}

/// The edge of a child that changed and is there. @param rlp scratch
fn edge_of(after: &After, depth: usize, rlp: &mut Vec<u8>) -> Edge {
    match after {
        After::Leaf(key, value) => {
            rlp.clear();
            write_leaf(rlp, key, depth, value);
            Edge::Leaf { key: *key, reference: NodeRef::of_rlp(rlp) }
        }
        After::Branch(path, own) => Edge::Branch { path: *path, reference: branch_edge_ref(path, depth, own) },
        After::Empty | After::Same => unreachable!("no edge of its own"),
    }
}

fn flush(record: &mut Vec<u8>, old: Option<&Branch>, kept: &mut Range<usize>) {
    if let Some(branch) = old {
        record.extend_from_slice(&branch.raw[kept.clone()]);
    }
    *kept = 0..0;
}

/// The key's beginning as a number: comparing two of them ends most comparisons of keys.
fn head_of(key: &B256) -> u64 {
    key.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

fn present(items: &[Item]) -> Vec<(B256, Rc<[u8]>)> {
    items.iter().filter_map(|item| item.value.clone().map(|value| (item.key, value))).collect()
}

/// Runs of items with the same nibble at `position`; items are sorted and agree on everything before it.
fn groups(items: &[Item], position: usize) -> impl Iterator<Item = (u8, &[Item])> {
    debug_assert!(position < KEY_NIBBLES);
    let mut rest = items;
    core::iter::from_fn(move || {
        let nibble = nibble_of(&rest.first()?.key.0, position);
        let count = rest.partition_point(|item| nibble_of(&item.key.0, position) <= nibble);
        let (group, after) = rest.split_at(count);
        rest = after;
        Some((nibble, group))
    })
}
