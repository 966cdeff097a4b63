//! A few entries that places share, told apart without going to them.

use super::place::Place;
use alloy_primitives::B256;

pub(super) const WAYS: usize = 4;

/// What tells the entries of a set apart, in one line of the processor's cache: a look-up that misses touches nothing else.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Set {
    /// The hashes' first bytes.
    pub heads: [u32; WAYS],
    pub places: [u32; WAYS],
    pub states: [State; WAYS],
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State {
    pub is_there: bool,
    /// Met since the hand passed.
    pub used: bool,
    /// Its place has a newer record.
    pub old: bool,
    /// How many of the set were met later.
    age: u8,
}

impl State {
    pub fn is_new(&self) -> bool {
        self.is_there && !self.old
    }
}

impl Set {
    pub fn meet(&mut self, way: usize) {
        let age = self.states[way].age;
        for state in &mut self.states {
            state.age += u8::from(state.age < age);
        }
        (self.states[way].age, self.states[way].used) = (0, true);
    }

    /// Takes a way for a new entry.
    /// @return which, and whether the place had another record
    pub fn admit(&mut self, place: Place, hash: &B256) -> (usize, bool) {
        let mut older = None;
        let mut is_renewed = false;
        for (way, state) in self.states.iter_mut().enumerate() {
            if !state.is_there || self.places[way] != place.mixed {
                continue;
            }
            if state.old {
                older = Some(way);
            } else {
                (state.old, state.used, is_renewed) = (true, false, true);
            }
        }
        let first = |may_go: fn(&State) -> bool| self.states.iter().position(may_go);
        let longest_ago = || (0..WAYS).max_by_key(|way| self.states[*way].age);
        let way = older
            .or_else(|| first(|state| !state.is_there))
            .or_else(|| first(|state| state.old))
            .or_else(|| first(|state| !state.used))
            .or_else(longest_ago)
            .unwrap_or_default();
        self.states[way] = State { is_there: true, used: true, old: false, age: u8::MAX };
        self.meet(way);
        (self.heads[way], self.places[way]) = (tag_of(hash), place.mixed);
        (way, is_renewed)
    }
}

pub(super) fn tag_of(hash: &B256) -> u32 {
    hash.first_chunk().map_or(0, |head| u32::from_le_bytes(*head))
}
