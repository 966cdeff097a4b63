//! Flat list of writes with the values they replace. Sorted by key once, at the end.

use super::{Key, Value};
use crate::bytes::is_same;
use alloc::vec::Vec;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: Key,
    pub new: Option<Value>,
    pub old: Option<Value>,
    /// Code is shared between accounts, so undoing a block must not delete it.
    pub undoable: bool,
    /// `head_of(&key)`.
    head: u64,
    /// Known without comparing the values.
    differs: bool,
}

impl Entry {
    fn new(key: Key, new: Option<Value>, old: Option<Value>) -> Self {
        Self { head: head_of(&key), key, new, old, undoable: true, differs: false }
    }

    fn changes(&self) -> bool {
        !self.undoable || self.differs || differ(self.new.as_deref(), self.old.as_deref())
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changeset {
    entries: Vec<Entry>,
}

impl Changeset {
    pub fn with_capacity(writes: usize) -> Self {
        Self { entries: Vec::with_capacity(writes) }
    }

    /// A later write of the same key replaces the new value and keeps the first old one.
    pub fn put(&mut self, key: impl Into<Key>, new: Option<Value>, old: Option<Value>) {
        self.entries.push(Entry::new(key.into(), new, old));
    }

    /// The same with values that differ: they need no comparison.
    pub fn put_changed(&mut self, key: Key, new: Value, old: Option<Value>) {
        self.entries.push(Entry { differs: true, ..Entry::new(key, Some(new), old) });
    }

    pub fn put_code(&mut self, key: impl Into<Key>, code: Value) {
        self.entries.push(Entry { undoable: false, ..Entry::new(key.into(), Some(code), None) });
    }

    /// Tells the old value of a key written just now.
    pub fn replaces(&mut self, key: &[u8], old: Option<Value>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.key[..] == *key) {
            entry.old = old;
            entry.differs = false;
        }
    }

    /// @return entries in key order, each key once, without writes that change nothing.
    pub fn into_sorted(mut self) -> Sorted {
        // Most comparisons end at the heads, without going to the entries. Writes of a key stay in order.
        let mut order: Vec<(u64, usize)> = self.entries.iter().map(|entry| entry.head).zip(0..).collect();
        let key = |place: usize| &self.entries[place].key[..];
        order.sort_unstable_by(|(a, at), (b, other)| {
            a.cmp(b).then_with(|| key(*at).cmp(key(*other))).then_with(|| at.cmp(other))
        });
        let mut places: Vec<usize> = Vec::with_capacity(order.len());
        for (head, place) in order {
            match places.last().filter(|first| self.has_key(**first, head, place)) {
                Some(first) => {
                    self.entries[*first].new = self.entries[place].new.take();
                    self.entries[*first].differs = false;
                }
                None => places.push(place),
            }
        }
        places.retain(|place| self.entries[*place].changes());
        Sorted { entries: self.entries, places }
    }

    /// Whether an entry's key is that of the one at `place`.
    fn has_key(&self, entry: usize, head: u64, place: usize) -> bool {
        self.entries[entry].head == head && self.entries[entry].key == self.entries[place].key
    }
}

/// The entries stay where they were written: only their places are in order.
#[derive(Debug)]
pub struct Sorted {
    entries: Vec<Entry>,
    places: Vec<usize>,
}

impl Sorted {
    pub fn iter(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.places.iter().map(|place| &self.entries[*place])
    }

    pub fn count(&self) -> usize {
        self.places.len()
    }
}

fn differ(new: Option<&[u8]>, old: Option<&[u8]>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => !is_same(new, old),
        (None, None) => false,
        _ => true,
    }
}

/// The key's first bytes as a number. Big-endian, short keys padded with zeros: unequal numbers are in the order of their keys.
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
