//! RANGE_PROVE and RANGE_VERIFY: the chunks of a state snapshot.

use super::{reader::Reader, writer::Writer};
use crate::{
    mpt::{RangeLimits, Trie, verify_range},
    state::{StateReader, Unread, account_key},
    types::{ABSENT_ACCOUNT, Failure, Result, codes, error, invalid},
};
use alloy_primitives::B256;

/// No answer carries more than this in keys and values, whatever is asked for, but for one item.
const RANGE_BYTES_MAX: usize = 16 << 20;

pub fn prove_range(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let state_root = request.hash()?;
    let owner = request.option(Reader::hash)?;
    let start = request.hash()?;
    let limits = RangeLimits { items: request.u32()? as usize, bytes: (request.u32()? as usize).min(RANGE_BYTES_MAX) };
    request.end()?;
    let failure = |_: Unread| state.failure_or(error(codes::ERROR_INTERNAL, "read without a reason"));
    let proof = match owner {
        None => Trie::accounts(state).prove_range(state_root, start, limits),
        Some(owner) => {
            let root = storage_root(state, state_root, &owner).map_err(failure)?;
            Trie::storage(state, &owner).prove_range(root, start, limits)
        }
    }
    .map_err(failure)?;
    response.list(proof.items.iter(), |response, (key, value)| {
        response.hash(key);
        response.bytes(value);
    });
    response.list(proof.nodes.iter(), |response, node| response.bytes(node));
    response.bool(proof.more);
    Ok(())
}

/// Of the account whose address hashes to `owner`; the store must stand at the state asked for.
fn storage_root(state: &StateReader<'_>, state_root: B256, owner: &B256) -> core::result::Result<B256, Unread> {
    let _checked = Trie::accounts(state).root(&state_root)?;
    match state.get(&account_key(owner))? {
        None => Ok(ABSENT_ACCOUNT.storage_root),
        Some(raw) => Ok(state.decode_account(&raw)?.storage_root),
    }
}

pub fn verify(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let root = request.hash()?;
    let start = request.hash()?;
    let items = request.list(36, |request| Ok((request.hash()?, request.bytes()?)))?;
    let nodes = request.list(4, Reader::bytes)?;
    request.end()?;
    let more = verify_range(&root, start, &items, &nodes)
        .map_err(|_| -> Failure { invalid(codes::PROOF_RANGE, "range proof") })?;
    response.bool(more);
    Ok(())
}
