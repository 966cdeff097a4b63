//! State access and state change: the read port, the keys, the reads of one run, revm's database over them, and the
//! changeset that a run leaves behind.

mod audit;
mod changeset;
mod code_cache;
mod commit;
mod database;
mod keys;
mod pre_state;
mod reader;

pub use audit::audit;
pub use changeset::{Changeset, Entry, Sorted};
pub use commit::{AccountChange, AccountFields, Committed, commit_accounts};
pub use database::StateDatabase;
pub use keys::{Key, StateKey, account_key, code_key, record_key, slot_key};
pub use pre_state::{Lookup, PreState, Value};
pub use reader::{LoadedAccount, StateReader, Unread};
