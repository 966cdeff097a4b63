//! The read port. The wasm host, a witness and the tests' maps are the same to the core.

use alloc::vec::Vec;

/// Answer of the store. `NotLoaded` is not `Absent`: the one ends in NEED, the other is a fact of the state.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    Value(Vec<u8>),
    Absent,
    NotLoaded,
    Failed,
}

pub trait PreState {
    fn get(&self, key: &[u8]) -> Lookup;
}
