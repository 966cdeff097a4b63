//! Branch records across runs, found by their place in the trie and told apart by the hash of their node. The hash is
//! checked when a record enters, so a hit is as good as a read: it can change no result, only save the host a look-up.
//!
//! The account trie's upper levels have places of their own (`upper`). The others are in sets of a few entries (`set`), as in
//! a processor's cache: what a place's new record displaces first is the older one of the same place, so the cache holds the
//! trie as it stands and not what has passed. Of older records the last few thousand stay: the same parent is built on and
//! executed again. More of them would cost more than they save: what takes the place of an older one is written to memory
//! that nobody has touched since.

mod place;
mod set;
mod upper;

pub use place::Place;

use crate::nearby::bring_near;
use alloc::{collections::VecDeque, rc::Rc, vec::Vec};
use alloy_primitives::B256;
use core::cell::RefCell;
use set::{Set, State, WAYS, tag_of};
use upper::{Entry, UpperRecords};

const DEFAULT_LIMIT_BYTES: usize = 32 << 20;
/// With less, the upper levels would be most of what is kept: they are treated as the others then.
const UPPER_LIMIT_BYTES: usize = 24 << 20;
/// Of a block with two thousand changed accounts.
const OLDER_MAX: usize = 4_096;
/// So many old records go before the next ones are asked for.
const AHEAD: usize = 16;
const SETS_FIRST: usize = 256;
/// A full branch has five to six hundred bytes, most that are kept are full: of the limit, a tenth is for the table.
const LIMIT_BYTES_PER_ENTRY: usize = 512;

struct Cache {
    /// Empty where the limit is below `UPPER_LIMIT_BYTES`.
    upper: UpperRecords,
    /// Their number is a power of two.
    sets: Vec<Set>,
    /// `WAYS` to a set.
    entries: Vec<Option<Entry>>,
    count: usize,
    record_bytes: usize,
    limit_bytes: usize,
    /// Places that got a newer record, the first one first: there old ones are found.
    renewed: VecDeque<Place>,
    /// How many of them are done with.
    dropped: usize,
    /// Where the search for what may go continues, once nothing is old.
    hand: usize,
}

std::thread_local! {
    static CACHE: RefCell<Cache> = const { RefCell::new(Cache::new(DEFAULT_LIMIT_BYTES)) };
}

pub fn cached_record(place: Place, hash: &B256) -> Option<Rc<[u8]>> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(place) = cache.upper_of(place) {
            return cache.upper.find(place, hash).cloned();
        }
        let at = cache.find(place, hash)?;
        cache.entries[at].as_ref().map(|entry| entry.record.clone())
    })
}

/// Brings what the cache holds of these places near the processor. A descent waits for memory at each step, one step after
/// the other; these loads wait together. A hint: it changes nothing.
pub fn warm_records(places: &[Place]) {
    CACHE.with_borrow(|cache| cache.warm(places.iter(), State::is_new));
}

/// The caller has checked that the record's node has this hash.
pub fn cache_record(place: Place, hash: B256, record: Rc<[u8]>) {
    CACHE.with_borrow_mut(|cache| cache.insert(place, Entry { hash, record }));
}

pub fn record_cache_is_on() -> bool {
    CACHE.with_borrow(|cache| cache.limit_bytes > 0)
}

pub fn record_cache_bytes() -> usize {
    CACHE.with_borrow(Cache::bytes)
}

/// 0 empties the cache and turns it off.
pub fn set_record_cache_limit(limit_bytes: usize) {
    CACHE.with_borrow_mut(|cache| {
        if cache.bytes() > limit_bytes {
            *cache = Cache::new(limit_bytes);
        }
        if limit_bytes < UPPER_LIMIT_BYTES {
            cache.upper = UpperRecords::new();
        }
        cache.limit_bytes = limit_bytes;
    });
}

impl Cache {
    const fn new(limit_bytes: usize) -> Self {
        Self {
            upper: UpperRecords::new(),
            sets: Vec::new(),
            entries: Vec::new(),
            count: 0,
            record_bytes: 0,
            limit_bytes,
            renewed: VecDeque::new(),
            dropped: 0,
            hand: 0,
        }
    }

    fn bytes(&self) -> usize {
        let table = self.sets.len() * size_of::<Set>() + self.entries.len() * size_of::<Option<Entry>>();
        self.upper.bytes() + self.record_bytes + table + self.renewed.capacity() * size_of::<Place>()
    }

    /// @return the place among the upper levels' records, where they have their own
    fn upper_of(&self, place: Place) -> Option<u16> {
        place.upper.filter(|_| self.limit_bytes >= UPPER_LIMIT_BYTES)
    }

    /// The upper bits: those below repeat themselves with neighbouring paths.
    fn set_of(&self, place: Place) -> usize {
        (u64::from(place.mixed) * self.sets.len() as u64 >> 32) as usize
    }

    fn warm<'a>(&self, places: impl Iterator<Item = &'a Place> + Clone, is_wanted: fn(&State) -> bool) {
        for place in places.clone().filter_map(|place| self.upper_of(*place)) {
            self.upper.warm(place);
        }
        if self.sets.is_empty() {
            return;
        }
        let places = places.filter(|place| self.upper_of(**place).is_none());
        // All sets are asked for before the first is looked at, and so are entries and records.
        let sets = places.clone().map(|place| self.sets[self.set_of(*place)].places[0]);
        core::hint::black_box(sets.fold(0, |seen, head| seen ^ head));
        let ways = places.flat_map(|place| {
            let at = self.set_of(*place);
            let set = &self.sets[at];
            let ways = (0..WAYS).filter(move |way| set.places[*way] == place.mixed && is_wanted(&set.states[*way]));
            ways.map(move |way| WAYS * at + way)
        });
        let found: Vec<&Entry> = ways.filter_map(|at| self.entries[at].as_ref()).collect();
        for entry in found {
            bring_near(&entry.record);
        }
    }

    /// @return where among the entries
    fn find(&mut self, place: Place, hash: &B256) -> Option<usize> {
        let at = self.set_of(place);
        let set = self.sets.get_mut(at)?;
        let way = (0..WAYS).find(|way| {
            let seems = set.states[*way].is_there && set.heads[*way] == tag_of(hash) && set.places[*way] == place.mixed;
            seems && self.entries[WAYS * at + way].as_ref().is_some_and(|entry| entry.hash == *hash)
        })?;
        set.meet(way);
        Some(WAYS * at + way)
    }

    fn insert(&mut self, place: Place, new: Entry) {
        if self.limit_bytes == 0 {
            return;
        }
        if let Some(place) = self.upper_of(place) {
            self.upper.insert(place, new);
            return;
        }
        if let Some(at) = self.find(place, &new.hash) {
            self.sets[at / WAYS].states[at % WAYS].old = false;
            return;
        }
        self.make_room();
        let at = self.set_of(place);
        let Some(set) = self.sets.get_mut(at) else { return };
        let (way, is_renewed) = set.admit(place, &new.hash);
        self.count += 1;
        self.record_bytes += new.bytes();
        let displaced = self.entries[WAYS * at + way].replace(new);
        self.forget(displaced);
        if is_renewed {
            self.renewed.push_back(place);
        }
        while self.count > 0 && (self.bytes() > self.limit_bytes || self.renewed.len() > OLDER_MAX) {
            if self.dropped.is_multiple_of(AHEAD) {
                // Their memory is the next to be written.
                self.warm(self.renewed.iter().take(AHEAD), |state| state.old);
            }
            match self.renewed.pop_front() {
                Some(place) => {
                    self.dropped += 1;
                    self.drop_old(place);
                }
                None => self.advance(),
            }
        }
    }

    fn forget(&mut self, entry: Option<Entry>) {
        if let Some(entry) = entry {
            self.count -= 1;
            self.record_bytes -= entry.bytes();
        }
    }

    fn drop(&mut self, at: usize) {
        self.sets[at / WAYS].states[at % WAYS] = State::default();
        let gone = self.entries[at].take();
        self.forget(gone);
    }

    fn drop_old(&mut self, place: Place) {
        let at = self.set_of(place);
        for way in 0..WAYS {
            let set = &self.sets[at];
            if set.states[way].is_there && set.states[way].old && set.places[way] == place.mixed {
                self.drop(WAYS * at + way);
            }
        }
    }

    /// A table half full is doubled, up to what the limit allows.
    fn make_room(&mut self) {
        let length = (2 * self.sets.len()).max(SETS_FIRST);
        let is_roomy = 2 * self.count < self.entries.len();
        if is_roomy || WAYS * length * LIMIT_BYTES_PER_ENTRY > self.limit_bytes {
            return;
        }
        let sets = core::mem::replace(&mut self.sets, vec![Set::default(); length]);
        let mut entries = core::mem::replace(&mut self.entries, vec![None; WAYS * length]);
        for (at, set) in sets.iter().enumerate() {
            for way in (0..WAYS).filter(|way| set.states[*way].is_there) {
                // Of a set's entries, at most all go into one of the two that it becomes.
                let to = self.set_of(Place { mixed: set.places[way], upper: None });
                let Some(free) = self.sets[to].states.iter().position(|state| !state.is_there) else { continue };
                self.sets[to].heads[free] = set.heads[way];
                self.sets[to].places[free] = set.places[way];
                self.sets[to].states[free] = set.states[way];
                self.entries[WAYS * to + free] = entries[WAYS * at + way].take();
            }
        }
    }

    /// The hand takes away what was not met since it passed last.
    fn advance(&mut self) {
        self.hand = (self.hand + 1) % self.entries.len();
        let state = &mut self.sets[self.hand / WAYS].states[self.hand % WAYS];
        if state.used {
            state.used = false;
        } else if state.is_there {
            self.drop(self.hand);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u32, length: usize) -> Entry {
        let mut hash = B256::ZERO;
        hash[28..].copy_from_slice(&number.to_be_bytes());
        Entry { hash, record: vec![0; length].into() }
    }

    fn place(mixed: u32) -> Place {
        Place { mixed, upper: None }
    }

    fn holds(cache: &mut Cache, number: u32, place: u32) -> bool {
        cache.find(self::place(place), &entry(number, 0).hash).is_some()
    }

    #[test]
    fn what_a_place_held_before_goes_first() {
        let mut cache = Cache::new(1 << 20);
        for number in 0..100 {
            cache.insert(place(7), entry(number, 500));
            for neighbour in 1..WAYS as u32 - 1 {
                // The same set of the smallest table, another place.
                let place = 7 + neighbour;
                cache.insert(self::place(place), entry(1_000 + neighbour, 500));
                assert!(holds(&mut cache, 1_000 + neighbour, place), "after {number}");
            }
            assert!(holds(&mut cache, number, 7));
            assert!(number == 0 || holds(&mut cache, number - 1, 7), "the one before {number}");
        }
        assert_eq!(cache.count, WAYS);
    }

    #[test]
    fn bytes_stay_below_the_limit_and_what_is_met_stays() {
        let mut cache = Cache::new(4 << 20);
        for number in 0..50_000u32 {
            cache.insert(place(number.wrapping_mul(0x9e37_79b9)), entry(number, 100 + number as usize % 500));
            assert!(cache.bytes() <= cache.limit_bytes);
            holds(&mut cache, 5, 5u32.wrapping_mul(0x9e37_79b9));
        }
        assert!(cache.count > 5_000, "{}", cache.count);
        assert!(holds(&mut cache, 5, 5u32.wrapping_mul(0x9e37_79b9)));
        assert_eq!(cache.count, cache.entries.iter().flatten().count());
        assert_eq!(cache.record_bytes, cache.entries.iter().flatten().map(Entry::bytes).sum::<usize>());
    }

    #[test]
    fn growth_keeps_every_record() {
        let mut cache = Cache::new(64 << 20);
        for number in 0..1_000u32 {
            cache.insert(place(number << 22), entry(number, 100));
        }
        assert!((0..1_000).all(|number| holds(&mut cache, number, number << 22)));
    }

    #[test]
    fn of_older_records_only_the_last_stay() {
        let mut cache = Cache::new(64 << 20);
        let count = 3 * OLDER_MAX as u32;
        for number in 0..2 * count {
            cache.insert(place((number % count).wrapping_mul(0x9e37_79b9)), entry(number, 100));
        }
        let older = cache.sets.iter().flat_map(|set| set.states).filter(|state| state.old).count();
        assert_eq!((older, cache.count), (OLDER_MAX, count as usize + OLDER_MAX));
    }

    #[test]
    fn the_upper_levels_have_places_of_their_own_where_there_is_room() {
        for (limit_bytes, is_roomy) in [(UPPER_LIMIT_BYTES, true), (UPPER_LIMIT_BYTES - 1, false)] {
            let mut cache = Cache::new(limit_bytes);
            let at = |depth, owner| Place::on_the_way(owner, &B256::repeat_byte(0x5a), depth);
            for (number, depth) in (1..=4).enumerate() {
                cache.insert(at(depth, None), entry(number as u32, 100));
            }
            assert_eq!(cache.count, if is_roomy { 1 } else { 4 });
            // Storage tries have no such places.
            cache.insert(at(1, Some(&B256::ZERO)), entry(7, 100));
            assert_eq!(cache.count, if is_roomy { 2 } else { 5 });
        }
    }
}
