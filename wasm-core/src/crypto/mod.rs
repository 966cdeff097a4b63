//! Hashing and sender recovery. One place, so that a measured faster implementation replaces one function.

mod recover;

use alloy_primitives::B256;
pub use recover::{install_precompile_crypto, recover_frontier_sender, recover_sender, recover_signer};

/// alloy's and revm's hashing comes to the same permutation through sha3, with more steps on the way.
pub fn keccak256(bytes: impl AsRef<[u8]>) -> B256 {
    B256::new(keccak::keccak256(bytes.as_ref()))
}

/// The hashes of many messages, in order: half the time where there are two at least.
pub fn keccak256_each(messages: &[&[u8]]) -> Vec<B256> {
    let mut digests = vec![[0; 32]; messages.len()];
    keccak::keccak256_each(messages, &mut digests);
    digests.into_iter().map(B256::new).collect()
}
