//! The read port. The wasm host, a witness and the tests' maps are the same to the core.

use alloc::rc::Rc;

/// A stored value. Shared: read, cache, changeset and undo list hold the same bytes.
pub type Value = Rc<[u8]>;

/// Answer of the store. `NotLoaded` is not `Absent`: the one ends in NEED, the other is a fact of the state.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    Value(Value),
    Absent,
    NotLoaded,
    Failed,
}

pub trait PreState {
    fn get(&self, key: &[u8]) -> Lookup;
}
