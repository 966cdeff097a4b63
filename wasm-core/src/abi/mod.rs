//! The byte-level boundary (ABI.md): decoding of requests, encoding of responses, dispatch, and the raw exports.

mod dispatch;
#[cfg(target_arch = "wasm32")]
mod exports;
mod ops_block;
mod ops_call;
mod ops_leaves;
mod ops_range;
mod ops_state;
mod ops_transaction;
mod ops_trie;
mod ops_witness;
mod reader;
mod requests;
mod responses;
mod writer;

pub use dispatch::{ABI_VERSION, run_op};
