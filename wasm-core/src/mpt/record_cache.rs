//! Branch records by the hash of their node, across runs. The hash is checked when a record enters, so a hit is as
//! good as a read: it can change no result, only save the host a look-up.

use alloc::rc::Rc;
use alloy_primitives::{B256, map::HashMap};
use core::{
    cell::RefCell,
    hash::{BuildHasherDefault, Hasher},
    mem,
};

const DEFAULT_LIMIT_BYTES: usize = 32 << 20;
/// Map entry and allocation, roughly.
const ENTRY_OVERHEAD_BYTES: usize = 80;

/// The keys are hashes already: their first bytes are as good as any mixing of them.
#[derive(Default)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length before an array's bytes, which says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Records = HashMap<B256, Rc<[u8]>, BuildHasherDefault<FirstBytes>>;

struct Cache {
    young: Records,
    old: Records,
    young_bytes: usize,
    old_bytes: usize,
    limit_bytes: usize,
}

std::thread_local! {
    static CACHE: RefCell<Cache> = RefCell::new(Cache {
        young: Records::default(),
        old: Records::default(),
        young_bytes: 0,
        old_bytes: 0,
        limit_bytes: DEFAULT_LIMIT_BYTES,
    });
}

pub fn cached_record(hash: &B256) -> Option<Rc<[u8]>> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(record) = cache.young.get(hash) {
            return Some(record.clone());
        }
        let record = cache.old.remove(hash)?;
        cache.old_bytes = cache.old_bytes.saturating_sub(record.len() + ENTRY_OVERHEAD_BYTES);
        insert(cache, *hash, record.clone());
        Some(record)
    })
}

/// The caller has checked that the record's node has this hash.
pub fn cache_record(hash: B256, record: Rc<[u8]>) {
    CACHE.with_borrow_mut(|cache| insert(cache, hash, record));
}

pub fn record_cache_is_on() -> bool {
    CACHE.with_borrow(|cache| cache.limit_bytes > 0)
}

pub fn record_cache_bytes() -> usize {
    CACHE.with_borrow(|cache| cache.young_bytes + cache.old_bytes)
}

/// 0 empties the cache and turns it off.
pub fn set_record_cache_limit(limit_bytes: usize) {
    CACHE.with_borrow_mut(|cache| {
        cache.limit_bytes = limit_bytes;
        if record_bytes(cache) > limit_bytes {
            cache.old = Records::default();
            cache.young = Records::default();
            cache.old_bytes = 0;
            cache.young_bytes = 0;
        }
    });
}

fn record_bytes(cache: &Cache) -> usize {
    cache.young_bytes + cache.old_bytes
}

/// Two generations: when the young one holds half the limit, the old one goes.
fn insert(cache: &mut Cache, hash: B256, record: Rc<[u8]>) {
    if cache.limit_bytes == 0 {
        return;
    }
    let size = record.len() + ENTRY_OVERHEAD_BYTES;
    if cache.young_bytes + size > cache.limit_bytes / 2 {
        cache.old = mem::take(&mut cache.young);
        cache.old_bytes = mem::take(&mut cache.young_bytes);
    }
    if cache.young.insert(hash, record).is_none() {
        cache.young_bytes += size;
    }
}
