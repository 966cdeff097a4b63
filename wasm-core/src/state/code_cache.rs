//! Analysed bytecode by its hash, across runs. Content-addressed and checked when filled, so it can change no result.

use alloy_primitives::{B256, map::HashMap};
use core::cell::RefCell;
use revm::bytecode::Bytecode;

/// Two generations of this many codes; the older one is dropped when the younger is full.
const GENERATION_MAX: usize = 128;

#[derive(Default)]
struct Cache {
    young: HashMap<B256, Bytecode>,
    old: HashMap<B256, Bytecode>,
}

std::thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

pub fn cached_code(hash: &B256) -> Option<Bytecode> {
    CACHE.with_borrow_mut(|cache| {
        if let Some(code) = cache.young.get(hash) {
            return Some(code.clone());
        }
        let code = cache.old.remove(hash)?;
        insert(cache, *hash, code.clone());
        Some(code)
    })
}

pub fn cache_code(hash: B256, code: Bytecode) {
    CACHE.with_borrow_mut(|cache| insert(cache, hash, code));
}

fn insert(cache: &mut Cache, hash: B256, code: Bytecode) {
    if cache.young.len() >= GENERATION_MAX {
        cache.old = core::mem::take(&mut cache.young);
    }
    cache.young.insert(hash, code);
}
