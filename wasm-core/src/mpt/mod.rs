//! Merkle Patricia trie stored by path: one record per branch, overwritten in place. Leaves live in the flat tables,
//! extensions in the edge that carries them, so an update reads the branches on touched paths, and hashes each once.
//! Record layout in ABI.md. Source: Yellow Paper, appendix D.

mod encode;
mod enumerate;
mod nodes;
mod ordered;
mod path;
mod pending;
mod proof;
mod range;
mod range_prove;
mod range_verify;
mod record;
mod record_cache;
mod trie;
mod update;
mod verify;
mod witness_store;

pub use ordered::{ordered_root, root_of_entries};
pub use path::{KEY_NIBBLES, Path};
pub use proof::Proof;
pub use range_prove::{RangeLimits, RangeProof};
pub use range_verify::{RangeItem, verify_range};
pub use record_cache::{record_cache_bytes, set_record_cache_limit};
pub use trie::Trie;
pub use update::Item;
pub use verify::{ProofError, decode_whole, verify_proof};
pub use witness_store::WitnessStore;
