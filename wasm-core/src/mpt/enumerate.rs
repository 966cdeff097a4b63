//! Walks a whole trie: the records know every leaf's key.

use super::{
    path::Path,
    record::{Branch, Edge},
    trie::{Read, Root, Trie},
};
use crate::state::Changeset;
use alloc::vec::Vec;
use alloy_primitives::B256;

impl Trie<'_> {
    /// Deletes every record. @return all leaf keys, in order.
    pub fn wipe(&self, root: B256, changes: &mut Changeset) -> Read<Vec<B256>> {
        let mut keys = Vec::new();
        match self.root(&root)? {
            Root::Empty => {}
            Root::Branch(branch) => self.wipe_branch(&branch, changes, &mut keys)?,
            Root::Edge(edge, raw) => {
                changes.put(self.key_of(&Path::ROOT), None, Some(raw));
                self.wipe_edge(&edge, changes, &mut keys)?;
            }
        }
        Ok(keys)
    }

    fn wipe_branch(&self, branch: &Branch, changes: &mut Changeset, keys: &mut Vec<B256>) -> Read<()> {
        changes.put(self.key_of(&branch.path), None, Some(branch.raw.clone()));
        for nibble in (0..16).filter(|nibble| branch.has(*nibble)) {
            let edge = branch.edge(nibble).ok_or_else(|| self.bad_edge())?;
            self.wipe_edge(&edge, changes, keys)?;
        }
        Ok(())
    }

    fn wipe_edge(&self, edge: &Edge, changes: &mut Changeset, keys: &mut Vec<B256>) -> Read<()> {
        match edge {
            Edge::Leaf { key, .. } => {
                keys.push(*key);
                Ok(())
            }
            Edge::Branch { path, .. } => self.wipe_branch(&self.branch(path, None, &path.as_key())?, changes, keys),
        }
    }
}
