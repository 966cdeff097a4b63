//! Batch update: one descent with the sorted changes, each touched branch read once, rewritten once and hashed once.
//!
//! A step returns what stands at a child position afterwards (`After`), not yet hashed: a branch left with one child
//! passes that child up, and its depth changes. `pending` hashes what the descent has found. Deletions that collapse a branch need the remaining sibling, which the flat table or one more record gives.

use super::{
    encode::{NodeRef, branch_edge_ref, leaf_rlp},
    path::{KEY_NIBBLES, Path, common_nibbles, nibble_of},
    pending::{After, Pending},
    record::{Branch, Edge, TAG_ROOT_EDGE, write_edge},
    record_cache::{Place, warm_records},
    trie::{Read, Root, Trie, WRITTEN_DEPTH_MAX},
};
use crate::{
    crypto::keccak256,
    state::{Changeset, Key, Unread, Value},
};
use alloc::{boxed::Box, rc::Rc, vec::Vec};
use alloy_primitives::B256;
use alloy_trie::EMPTY_ROOT_HASH;

/// Below it, a sixteenth of a large update at a time is warmed: few enough records to stay in the processor's cache.
const WARMED_FROM_DEPTH: usize = 1;

/// One changed key; `None` deletes. The value is the trie leaf's (RLP).
#[derive(Debug, Clone)]
pub struct Item {
    pub key: B256,
    pub value: Option<Rc<[u8]>>,
}

/// Where an update writes to.
struct Output<'a> {
    changes: &'a mut Changeset,
    pending: Pending,
}

impl Trie<'_> {
    /// @param items sorted here; each key once.
    /// @return the new root hash; record changes are added to the changeset.
    pub fn update(&self, root: B256, items: &mut Vec<Item>, changes: &mut Changeset) -> Read<B256> {
        let out = &mut Output { changes, pending: Pending::default() };
        items.sort_unstable_by(|a, b| head_of(&a.key).cmp(&head_of(&b.key)).then_with(|| a.key.cmp(&b.key)));
        let (after, old_root_record) = match self.root(&root)? {
            Root::Empty => (self.build(&present(items), 0, out), None),
            Root::Branch(branch) => {
                let raw = branch.raw.clone();
                (self.update_branch(branch, items, out)?, Some(raw))
            }
            Root::Edge(edge, raw) => (self.update_edge(&edge, 0, items, out)?, Some(raw)),
        };
        out.pending.write(self, out.changes);
        self.finish_root(root, after, old_root_record, out)
    }

    fn finish_root(&self, root: B256, after: After, old: Option<Value>, out: &mut Output<'_>) -> Read<B256> {
        let key = self.key_of(&Path::ROOT);
        let (path, own) = match after {
            After::Same => return Ok(root),
            After::Empty => {
                out.changes.put(key, None, old);
                return Ok(EMPTY_ROOT_HASH);
            }
            After::Leaf(leaf_key, value) => {
                let reference = NodeRef::of_rlp(&leaf_rlp(&leaf_key, 0, &value));
                return Ok(self.put_root_edge(key, &Edge::Leaf { key: leaf_key, reference }, reference, old, out));
            }
            After::Written(written) => (out.pending.path_of(written), out.pending.reference_of(written)),
            After::Moved(moved) => *moved,
        };
        if path.len() == 0 {
            // The branch wrote its own record, but knew nothing of a root edge it replaces.
            out.changes.replaces(&key, old);
            return own.as_hash().ok_or_else(|| self.reader.corrupt("root branch too small"));
        }
        let reference = branch_edge_ref(&path, 0, &own);
        Ok(self.put_root_edge(key, &Edge::Branch { path, reference }, reference, old, out))
    }

    fn put_root_edge(
        &self,
        key: Key,
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
        if path.len() == depth {
            // No extension before it: all items are inside.
            return self.update_branch(self.branch(path, Some(reference), &items[0].key)?, items, out);
        }
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
            let branch = self.branch(path, None, &inside[0].key)?;
            return self.update_branch(branch, inside, out);
        };
        // A deletion that leaves the path before the cut deletes nothing, and belongs to no child of the new branch.
        let belongs = |item: &&Item| path.common_with(&item.key) >= split;
        let belonging: Vec<Item>;
        let items = if items.iter().all(|item| belongs(&item)) {
            items
        } else {
            belonging = items.iter().filter(belongs).cloned().collect();
            &belonging
        };
        // The extension is cut at `split`: a new branch there, the old subtree one of its children.
        let below = path.nibble(split);
        let from = out.pending.found();
        let mut is_placed = false;
        for (nibble, group) in groups(items, split) {
            if nibble > below && !is_placed {
                is_placed = true;
                let after = self.moved(path)?;
                out.pending.find(below, after);
            }
            let after = if nibble == below {
                is_placed = true;
                // The child's depth differs from the edge's, so `Same` would carry the wrong reference.
                self.update_subtree_below(path, split + 1, group, out)?
            } else {
                self.build(&present(group), split + 1, out)
            };
            out.pending.find(nibble, after);
        }
        if !is_placed {
            let after = self.moved(path)?;
            out.pending.find(below, after);
        }
        self.finish(&path.prefix(split), None, from, out)
    }

    /// As `update_subtree`, for a subtree whose position moved: never answers `Same`.
    fn update_subtree_below(&self, path: &Path, depth: usize, items: &[Item], out: &mut Output<'_>) -> Read<After> {
        let own = self.own_reference(path, None)?;
        let reference = branch_edge_ref(path, depth, &own);
        match self.update_subtree(path, &reference, depth, items, out)? {
            After::Same => Ok(After::Moved(Box::new((*path, own)))),
            after => Ok(after),
        }
    }

    /// The branch as it is, at another depth.
    fn moved(&self, path: &Path) -> Read<After> {
        Ok(After::Moved(Box::new((*path, self.own_reference(path, None)?))))
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

    fn update_branch(&self, branch: Branch, items: &[Item], out: &mut Output<'_>) -> Read<After> {
        let depth = branch.path.len();
        if depth == WARMED_FROM_DEPTH {
            self.warm(items);
        }
        let from = out.pending.found();
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
                Ok(after) => out.pending.find(nibble, after),
                Err(Unread) => unread = true,
            }
            if depth == 0 && !unread && out.pending.is_full() {
                out.pending.settle(self, out.changes);
            }
        }
        if unread {
            return Err(Unread);
        }
        if out.pending.found() == from {
            return Ok(After::Same);
        }
        let path = branch.path;
        self.finish(&path, Some(branch), from, out)
    }

    /// Asks for the cached records on the way to all items at once.
    fn warm(&self, items: &[Item]) {
        let mut places = Vec::with_capacity((WRITTEN_DEPTH_MAX - WARMED_FROM_DEPTH) * items.len());
        for depth in WARMED_FROM_DEPTH + 1..=WRITTEN_DEPTH_MAX {
            places.extend(items.iter().map(|item| Place::on_the_way(self.owner.as_ref(), &item.key, depth)));
        }
        places.dedup();
        warm_records(&places);
    }

    /// A subtree from nothing. @param items sorted.
    fn build(&self, items: &[(B256, Rc<[u8]>)], depth: usize, out: &mut Output<'_>) -> After {
        match items {
            [] => After::Empty,
            [(key, value)] => After::Leaf(*key, value.clone()),
            [(first, _), .., (last, _)] => {
                let split = common_nibbles(&first.0, &last.0).max(depth);
                let from = out.pending.found();
                let mut rest = items;
                while let Some((key, _)) = rest.first() {
                    let nibble = nibble_of(&key.0, split);
                    let count = rest.partition_point(|(other, _)| nibble_of(&other.0, split) <= nibble);
                    let after = self.build(&rest[..count], split + 1, out);
                    out.pending.find(nibble, after);
                    rest = &rest[count..];
                }
                out.pending.add(&Path::prefix_of(first, split), None, from)
            }
        }
    }

    /// @param from where the children found for this branch begin; of the others the old branch's edges stay.
    fn finish(&self, path: &Path, old: Option<Branch>, from: usize, out: &mut Output<'_>) -> Read<After> {
        let standing = out.pending.standing(old.as_ref().map_or(0, |branch| branch.mask), from);
        if standing.count_ones() >= 2 {
            return Ok(out.pending.add(path, old, from));
        }
        let only = out.pending.take_standing(from);
        let after = match (only, &old) {
            (Some(after), _) => after,
            (None, Some(branch)) if standing != 0 => self.lift(branch, standing.trailing_zeros() as u8)?,
            (None, _) => After::Empty,
        };
        if let Some(branch) = old {
            out.changes.put(self.key_of(path), None, Some(branch.raw));
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
                Ok(After::Moved(Box::new((path, self.own_reference(&path, own)?))))
            }
        }
    }
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
