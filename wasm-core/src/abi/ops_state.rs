//! APPLY, READ_ACCOUNT, PROVE, VERIFY_PROOF.

use super::{reader::Reader, requests::account_updates, responses, writer::Writer};
use crate::{
    crypto::keccak256,
    evm::account_changes,
    mpt::{Trie, decode_whole, verify_proof},
    state::{StateReader, Unread, commit_accounts},
    types::{ABSENT_ACCOUNT, AccountRecord, Failure, Result, codes, error, invalid},
};
use alloy_primitives::{B256, U256, map::AddressSet};
use std::collections::BTreeSet;

pub fn apply(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let root = request.hash()?;
    let updates = account_updates(request)?;
    request.end()?;
    let mut seen = AddressSet::with_capacity_and_hasher(updates.len(), Default::default());
    let twice = |update: &crate::evm::AccountUpdate| {
        let slots = update.set.iter().flat_map(|set| &set.storage).map(|(slot, _)| *slot);
        let distinct: BTreeSet<B256> = slots.clone().collect();
        distinct.len() != slots.count()
    };
    if updates.iter().any(|update| !seen.insert(update.address) || twice(update)) {
        return Err(error(codes::ERROR_MALFORMED, "address or slot twice"));
    }
    state.load_accounts(updates.iter().map(|update| &update.address));
    let changes = account_changes(state, updates);
    let committed = commit_accounts(state, root, changes)?;
    response.hash(&committed.root);
    responses::changes_only(response, committed.changeset);
    Ok(())
}

pub fn read_account(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let address = request.address()?;
    request.end()?;
    let loaded = state.account(&address).map_err(|unread| failure_of(state, unread))?;
    responses::account(response, loaded.record.as_ref().unwrap_or(&ABSENT_ACCOUNT), loaded.record.is_some());
    Ok(())
}

pub fn prove(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let root = request.hash()?;
    let address = request.address()?;
    let slots = request.list(32, Reader::hash)?;
    request.end()?;
    let account_hash = keccak256(address);
    let proof = Trie::accounts(state).prove(root, &account_hash).map_err(|unread| failure_of(state, unread))?;
    let record = match &proof.value {
        None => None,
        Some(value) => Some(state.decode_account(value).map_err(|unread| failure_of(state, unread))?),
    };
    let shown = record.as_ref().unwrap_or(&ABSENT_ACCOUNT);
    let trie = Trie::storage(state, &account_hash);
    // Every slot is walked before the first miss is reported: one NEED for all.
    let proofs: Vec<_> = slots.iter().map(|slot| trie.prove(shown.storage_root, &keccak256(slot))).collect();
    state.verdict()?;
    responses::account(response, shown, record.is_some());
    response.list(proof.nodes.iter(), |response, node| response.bytes(node));
    response.u32(slots.len() as u32);
    for (slot, proof) in slots.iter().zip(proofs) {
        let proof = proof.map_err(|unread| failure_of(state, unread))?;
        let value = proof.value.map_or(Ok(U256::ZERO), |value| decode_whole(&value));
        response.hash(slot);
        response.u256(value.map_err(|_| error(codes::ERROR_CORRUPT, "slot leaf"))?);
        response.list(proof.nodes.iter(), |response, node| response.bytes(node));
    }
    Ok(())
}

pub fn verify(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let root = request.hash()?;
    let address = request.address()?;
    let account_nodes = request.list(4, Reader::bytes)?;
    let slots = request.list(36, |request| Ok((request.hash()?, request.list(4, Reader::bytes)?)))?;
    request.end()?;
    let bad_account = |_| invalid(codes::PROOF_ACCOUNT, "account proof");
    let bad_slot = |_| invalid(codes::PROOF_STORAGE, "storage proof");
    let value = verify_proof(&root, &keccak256(address), &account_nodes).map_err(bad_account)?;
    let record = value.map(|value| decode_whole::<AccountRecord>(&value)).transpose().map_err(bad_account)?;
    let shown = record.as_ref().unwrap_or(&ABSENT_ACCOUNT);
    responses::account(response, shown, record.is_some());
    response.u32(slots.len() as u32);
    for (slot, nodes) in slots {
        let value = verify_proof(&shown.storage_root, &keccak256(slot), &nodes).map_err(bad_slot)?;
        let value = value.map_or(Ok(U256::ZERO), |value| decode_whole(&value)).map_err(bad_slot)?;
        response.u256(value);
    }
    Ok(())
}

fn failure_of(state: &StateReader<'_>, _: Unread) -> Failure {
    state.failure_or(error(codes::ERROR_INTERNAL, "read without a reason"))
}
