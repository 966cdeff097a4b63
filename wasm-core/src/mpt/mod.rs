//! Merkle Patricia trie stored by path: one record per branch, overwritten in place. Leaves live in the flat tables,
//! extensions in the edge that carries them, so an update reads the branches on touched paths, and hashes each once.
//! Record layout in ABI.md. Source: Yellow Paper, appendix D.

mod encode;
mod enumerate;
mod path;
mod proof;
mod record;
mod record_cache;
mod trie;
mod update;
mod verify;

pub use path::Path;
pub use proof::Proof;
pub use record_cache::{record_cache_bytes, set_record_cache_limit};
pub use trie::Trie;
pub use update::Item;
pub use verify::{ProofError, decode_whole, verify_proof};
