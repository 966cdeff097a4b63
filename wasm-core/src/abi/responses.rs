//! The structures that several responses share.

use super::writer::Writer;
use crate::{
    evm::{Flags, Outcome, TxOutcome},
    nearby::bring_near,
    state::{Changeset, Entry, Sorted},
    types::AccountRecord,
};
use alloy_primitives::{Log, U256};

/// So many values are asked for together before the first of them is written.
const BATCH: usize = 16;

pub fn changeset(response: &mut Writer, changes: Changeset, with_undo: bool) {
    let entries = changes.into_sorted();
    start_changes(response, &entries);
    write_each(response, &entries.iter().map(|entry| (&*entry.key, entry.new.as_deref())).collect::<Vec<_>>());
    let undo = entries.iter().filter(|entry| with_undo && entry.undoable);
    let undo: Vec<_> = undo.map(|entry| (&*entry.key, entry.old.as_deref())).collect();
    response.u32(undo.len() as u32);
    write_each(response, &undo);
}

/// Without the undo list: for operations that answer none.
pub fn changes_only(response: &mut Writer, changes: Changeset) {
    let entries = changes.into_sorted();
    start_changes(response, &entries);
    write_each(response, &entries.iter().map(|entry| (&*entry.key, entry.new.as_deref())).collect::<Vec<_>>());
}

fn write_each(response: &mut Writer, changes: &[(&[u8], Option<&[u8]>)]) {
    for batch in changes.chunks(BATCH) {
        batch.iter().filter_map(|(_, value)| *value).for_each(bring_near);
        for (key, value) in batch {
            response.bytes(key);
            response.option(*value, Writer::bytes);
        }
    }
}

fn start_changes(response: &mut Writer, entries: &Sorted) {
    let size_of = |entry: &Entry| 9 + entry.key.len() + entry.new.as_ref().map_or(0, |value| value.len());
    response.reserve(entries.iter().map(size_of).sum());
    response.u32(entries.count() as u32);
}

pub fn account(response: &mut Writer, record: &AccountRecord, exists: bool) {
    response.bool(exists);
    response.u64(record.nonce);
    response.u256(record.balance);
    response.hash(&record.storage_root);
    response.hash(&record.code_hash);
}

pub fn log(response: &mut Writer, log: &Log) {
    response.address(&log.address);
    response.u8(log.topics().len() as u8);
    for topic in log.topics() {
        response.hash(topic);
    }
    response.bytes(&log.data.data);
}

pub fn outcome(response: &mut Writer, outcome: Outcome, flags: Flags) {
    response.hash(&outcome.block_hash);
    response.hash(&outcome.state_root);
    response.hash(&outcome.receipts_root);
    response.u64(outcome.gas_used);
    response.u64(outcome.blob_gas_used);
    response.raw(outcome.logs_bloom.as_slice());
    response.bytes(&outcome.receipts_rlp);
    response.list(outcome.transactions.iter(), tx_result);
    response.list(outcome.requests.iter(), |response, request| response.bytes(request));
    response.option(outcome.access_list, |response, (rlp, hash)| {
        response.bytes(&rlp);
        response.hash(&hash);
    });
    changeset(response, outcome.changeset, flags.undo);
}

fn tx_result(response: &mut Writer, tx: &TxOutcome) {
    response.hash(&tx.hash);
    response.address(&tx.sender);
    response.u8(tx.tx_type);
    response.bool(tx.success);
    response.u64(tx.gas_used);
    response.u256(U256::from(tx.effective_gas_price));
    response.option(tx.created.as_ref(), Writer::address);
    response.u32(tx.log_count);
}
