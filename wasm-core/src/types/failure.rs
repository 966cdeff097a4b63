//! The three ways a run can fail, as ABI.md names them. They are never mixed: only `Invalid` says something about
//! the block, and it is the same on every node.

use alloc::{string::String, vec::Vec};

pub type Result<T> = core::result::Result<T, Failure>;

#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// State keys the host has to load before it calls again; sorted, no doubles.
    Need(Vec<Vec<u8>>),
    /// The block, transaction, call or proof is bad.
    Invalid(u16, String),
    /// Malformed request, corrupt record, failing store: nothing to do with the block.
    Error(u16, String),
}

pub fn invalid(code: u16, message: impl Into<String>) -> Failure {
    Failure::Invalid(code, message.into())
}

pub fn error(code: u16, message: impl Into<String>) -> Failure {
    Failure::Error(code, message.into())
}
