//! Cairn's execution core: Ethereum's state machine (Osaka) as a pure function of a request and the state it reads.
//! See README.md for what it owns, ABI.md for the bytes.

extern crate alloc;

pub mod abi;
#[cfg(target_arch = "wasm32")]
mod allocator;
mod bytes;
pub mod crypto;
pub mod evm;
pub mod mpt;
mod nearby;
pub mod state;
pub mod types;
