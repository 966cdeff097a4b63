//! Flat list of writes with the values they replace. Sorted by key once, at the end.

use super::Value;
use alloc::vec::Vec;
use core::cmp::Ordering;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: Vec<u8>,
    pub new: Option<Value>,
    pub old: Option<Value>,
    /// Code is shared between accounts, so undoing a block must not delete it.
    pub undoable: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changeset {
    entries: Vec<Entry>,
}

impl Changeset {
    /// A later write of the same key replaces the new value and keeps the first old one.
    pub fn put(&mut self, key: Vec<u8>, new: Option<Value>, old: Option<Value>) {
        self.entries.push(Entry { key, new, old, undoable: true });
    }

    pub fn put_code(&mut self, key: Vec<u8>, code: Value) {
        self.entries.push(Entry { key, new: Some(code), old: None, undoable: false });
    }

    /// Tells the old value of a key written just now.
    pub fn replaces(&mut self, key: &[u8], old: Option<Value>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.key == key) {
            entry.old = old;
        }
    }

    /// @return entries in key order, each key once, without writes that change nothing.
    pub fn into_sorted(self) -> Vec<Entry> {
        let mut sorted: Vec<Sorted> =
            self.entries.into_iter().map(|entry| Sorted { head: head_of(&entry.key), entry }).collect();
        sorted.sort_by(Sorted::compare);
        let mut merged: Vec<Entry> = Vec::with_capacity(sorted.len());
        for Sorted { entry, .. } in sorted {
            match merged.last_mut() {
                Some(last) if last.key == entry.key => last.new = entry.new,
                _ => merged.push(entry),
            }
        }
        merged.retain(|entry| entry.new != entry.old || !entry.undoable);
        merged
    }
}

/// The key's first bytes as a number: most comparisons end there, without going to the heap.
struct Sorted {
    head: u64,
    entry: Entry,
}

impl Sorted {
    fn compare(&self, other: &Self) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.entry.key.cmp(&other.entry.key))
    }
}

/// Big-endian, short keys padded with zeros: unequal numbers are in the order of their keys.
fn head_of(key: &[u8]) -> u64 {
    match key.first_chunk() {
        Some(head) => u64::from_be_bytes(*head),
        None => {
            let mut head = [0; 8];
            head[..key.len()].copy_from_slice(key);
            u64::from_be_bytes(head)
        }
    }
}
