//! Plain data shared by every module: failures with their codes, chain rules, the account record.

mod account;
mod chain;
pub mod codes;
mod failure;

pub use account::{ABSENT_ACCOUNT, AccountRecord};
pub use chain::{ChainRules, Fork};
pub use failure::{Failure, Result, error, invalid};
