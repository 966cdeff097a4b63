//! Records of the account trie's upper four levels, each at a place of its own. Nearly every update goes through them, so
//! they are found without a search and displaced by nothing but what follows them. A place holds what stands there now
//! and what stood there before: the same parent is built on and executed again.

use crate::nearby::bring_near;
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::B256;

/// Of the record's own allocation, roughly.
const RECORD_OVERHEAD_BYTES: usize = 24;
/// The deepest level here.
const DEPTH_MAX: usize = 3;
/// 1 + 16 + 256 + 4 096: five megabytes of records, both of every place counted.
const PLACES: usize = first_place(DEPTH_MAX + 1);

#[derive(Clone)]
pub(super) struct Entry {
    pub hash: B256,
    pub record: Rc<[u8]>,
}

impl Entry {
    pub fn bytes(&self) -> usize {
        self.record.len() + RECORD_OVERHEAD_BYTES
    }
}

#[derive(Clone, Default)]
struct Slot {
    now: Option<Entry>,
    before: Option<Entry>,
}

pub(super) struct UpperRecords {
    /// By place; empty until the first record comes.
    slots: Vec<Slot>,
    record_bytes: usize,
}

/// Which place a path of the account trie has; `None` below the upper levels.
/// @param head its first sixteen nibbles, zeros behind its end
pub(super) fn upper_place(head: u64, depth: usize) -> Option<u16> {
    if depth > DEPTH_MAX {
        return None;
    }
    let nibbles = head >> 48 >> (16 - 4 * depth);
    Some(first_place(depth) as u16 + nibbles as u16)
}

/// How many places the levels above have.
const fn first_place(depth: usize) -> usize {
    ((1 << (4 * depth)) - 1) / 15
}

impl UpperRecords {
    pub const fn new() -> Self {
        Self { slots: Vec::new(), record_bytes: 0 }
    }

    pub fn bytes(&self) -> usize {
        self.record_bytes + self.slots.len() * size_of::<Slot>()
    }

    pub fn find(&self, place: u16, hash: &B256) -> Option<&Rc<[u8]>> {
        let Slot { now, before } = self.slots.get(usize::from(place))?;
        now.iter().chain(before).find(|entry| entry.hash == *hash).map(|entry| &entry.record)
    }

    /// What is read next, and the memory that is written next: what stood there before makes room.
    pub fn warm(&self, place: u16) {
        if let Some(Slot { now, before }) = self.slots.get(usize::from(place)) {
            now.iter().chain(before).for_each(|entry| bring_near(&entry.record));
        }
    }

    pub fn insert(&mut self, place: u16, new: Entry) {
        if self.slots.is_empty() {
            self.slots.resize_with(PLACES, Slot::default);
        }
        let Some(slot) = self.slots.get_mut(usize::from(place)) else { return };
        let is_it = |entry: &Option<Entry>| entry.as_ref().is_some_and(|entry| entry.hash == new.hash);
        if is_it(&slot.now) {
            return;
        }
        if is_it(&slot.before) {
            core::mem::swap(&mut slot.now, &mut slot.before);
            return;
        }
        self.record_bytes += new.bytes();
        let displaced = core::mem::replace(&mut slot.before, slot.now.replace(new));
        self.record_bytes -= displaced.as_ref().map_or(0, Entry::bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u8, length: usize) -> Entry {
        Entry { hash: B256::repeat_byte(number), record: vec![number; length].into() }
    }

    fn has(records: &UpperRecords, place: u16, number: u8) -> bool {
        records.find(place, &B256::repeat_byte(number)).is_some_and(|record| record.iter().all(|byte| *byte == number))
    }

    #[test]
    fn every_path_of_the_upper_levels_has_a_place_of_its_own() {
        let places: Vec<_> = (0..=DEPTH_MAX)
            .flat_map(|depth| (0..16u64.pow(depth as u32)).map(move |path| (path << 48 << (16 - 4 * depth), depth)))
            .map(|(head, depth)| upper_place(head, depth))
            .collect();
        assert_eq!(places, (0..PLACES as u16).map(Some).collect::<Vec<_>>());
        assert_eq!(upper_place(0x1234 << 48, DEPTH_MAX + 1), None);
    }

    #[test]
    fn a_place_holds_what_stands_there_and_what_stood_there_before() {
        let mut records = UpperRecords::new();
        let empty = records.bytes();
        for number in 1..=9 {
            records.insert(17, entry(number, 100 * usize::from(number)));
            assert!(has(&records, 17, number));
            assert_eq!(has(&records, 17, number - 1), number > 1);
            assert!(!has(&records, 17, number.saturating_sub(2)) && !has(&records, 18, number));
        }
        let both = records.bytes();
        assert_eq!(both - empty, PLACES * size_of::<Slot>() + 900 + 800 + 2 * RECORD_OVERHEAD_BYTES);
        // What stood there before comes back, and is the last to go.
        records.insert(17, entry(8, 800));
        assert_eq!(records.bytes(), both);
        records.insert(17, entry(10, 300));
        assert!(has(&records, 17, 10) && has(&records, 17, 8) && !has(&records, 17, 9));
        assert_eq!(records.bytes(), both - 900 + 300);
    }
}
