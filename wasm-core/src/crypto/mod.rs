//! Hashing and sender recovery. One place, so that a measured faster implementation replaces one function.

mod recover;

pub use alloy_primitives::keccak256;
pub use recover::{install_precompile_crypto, recover_frontier_sender, recover_sender, recover_signer};
