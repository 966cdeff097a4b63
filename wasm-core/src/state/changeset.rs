//! Flat list of writes with the values they replace. Sorted by key once, at the end.

use alloc::vec::Vec;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: Vec<u8>,
    pub new: Option<Vec<u8>>,
    pub old: Option<Vec<u8>>,
    /// Code is shared between accounts, so undoing a block must not delete it.
    pub undoable: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changeset {
    entries: Vec<Entry>,
}

impl Changeset {
    /// A later write of the same key replaces the new value and keeps the first old one.
    pub fn put(&mut self, key: Vec<u8>, new: Option<Vec<u8>>, old: Option<Vec<u8>>) {
        self.entries.push(Entry { key, new, old, undoable: true });
    }

    pub fn put_code(&mut self, key: Vec<u8>, code: Vec<u8>) {
        self.entries.push(Entry { key, new: Some(code), old: None, undoable: false });
    }

    /// Tells the old value of a key written just now.
    pub fn replaces(&mut self, key: &[u8], old: Option<Vec<u8>>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.key == key) {
            entry.old = old;
        }
    }

    /// @return entries in key order, each key once, without writes that change nothing.
    pub fn into_sorted(mut self) -> Vec<Entry> {
        self.entries.sort_by(|a, b| a.key.cmp(&b.key));
        let mut merged: Vec<Entry> = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            match merged.last_mut() {
                Some(last) if last.key == entry.key => last.new = entry.new,
                _ => merged.push(entry),
            }
        }
        merged.retain(|entry| entry.new != entry.old || !entry.undoable);
        merged
    }
}
