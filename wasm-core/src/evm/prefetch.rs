//! For a cold host: asks at once for everything a block is known to touch before it runs, so that NEED takes few rounds.
//! On a host with its state at hand this reads only accounts, which the run reads anyway.

use super::transaction::Tx;
use crate::{
    crypto::keccak256,
    state::{StateReader, code_key, slot_key},
};
use alloy_consensus::{Header, Transaction};
use alloy_eips::{
    eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS},
    eip4788::BEACON_ROOTS_ADDRESS,
    eip4895::Withdrawal,
    eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
};
use alloy_primitives::{Address, B256, U256};

/// EIP-4788's ring of timestamps; the roots follow at the same distance.
const BEACON_ROOTS_RING: u64 = 8_191;
/// Excess, count, queue head and tail of the request contracts.
const REQUEST_QUEUE_SLOTS: u64 = 4;

pub fn prefetch<'a>(
    reader: &StateReader<'_>,
    header: &Header,
    transactions: impl Iterator<Item = (Option<Address>, &'a Tx)> + Clone,
    withdrawals: &[Withdrawal],
) {
    let mut addresses = vec![
        header.beneficiary,
        HISTORY_STORAGE_ADDRESS,
        BEACON_ROOTS_ADDRESS,
        WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    ];
    addresses.extend(withdrawals.iter().map(|withdrawal| withdrawal.address));
    for (sender, tx) in transactions.clone() {
        addresses.extend(sender);
        addresses.extend(tx.to());
        addresses.extend(access_list(tx).iter().map(|item| item.address));
    }
    reader.load_accounts(addresses.iter());
    if !reader.has_trouble() {
        return;
    }
    addresses.iter().for_each(|address| want_code(reader, address));
    for (address, slot) in system_slots(header) {
        want_slot(reader, &address, &B256::from(U256::from(slot)));
    }
    for (_, tx) in transactions {
        for item in access_list(tx) {
            item.storage_keys.iter().for_each(|slot| want_slot(reader, &item.address, slot));
        }
    }
}

fn access_list(tx: &Tx) -> &[alloy_eips::eip2930::AccessListItem] {
    tx.access_list().map_or(&[], |list| &list.0)
}

fn want_code(reader: &StateReader<'_>, address: &Address) {
    let code_hash = reader.account(address).ok().and_then(|loaded| Some(loaded.record.as_ref()?.code_hash));
    if let Some(hash) = code_hash.filter(|hash| *hash != alloy_primitives::KECCAK256_EMPTY) {
        drop(reader.get(&code_key(&hash)));
    }
}

fn want_slot(reader: &StateReader<'_>, address: &Address, slot: &B256) {
    drop(reader.get(&slot_key(&keccak256(address), &keccak256(slot))));
}

fn system_slots(header: &Header) -> Vec<(Address, u64)> {
    let timestamp = header.timestamp % BEACON_ROOTS_RING;
    let mut slots = vec![
        (HISTORY_STORAGE_ADDRESS, header.number.saturating_sub(1) % HISTORY_SERVE_WINDOW as u64),
        (BEACON_ROOTS_ADDRESS, timestamp),
        (BEACON_ROOTS_ADDRESS, timestamp + BEACON_ROOTS_RING),
    ];
    for address in [WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS] {
        slots.extend((0..REQUEST_QUEUE_SLOTS).map(|slot| (address, slot)));
    }
    slots
}
