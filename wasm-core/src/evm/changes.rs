//! From revm's bundle to account changes. The bundle is a hash map; nothing here depends on its order.

use crate::state::{AccountChange, AccountFields, StateReader};
use revm::{
    database::{BundleAccount, BundleState},
    primitives::Address,
    state::AccountInfo,
};

pub fn changes_of_bundle(bundle: &BundleState, reader: &StateReader<'_>) -> Vec<AccountChange> {
    bundle.state.iter().filter_map(|(address, account)| change_of(bundle, reader, address, account)).collect()
}

fn change_of(
    bundle: &BundleState,
    reader: &StateReader<'_>,
    address: &Address,
    account: &BundleAccount,
) -> Option<AccountChange> {
    let wiped = account.was_destroyed();
    let slots: Vec<_> = account
        .storage
        .iter()
        .filter(|(_, slot)| wiped || slot.present_value != slot.previous_or_original_value)
        .map(|(slot, values)| (reader.slot_hash(slot), values.present_value, values.previous_or_original_value))
        .collect();
    if !wiped && slots.is_empty() && !account.is_info_changed() {
        return None;
    }
    let new_code = match &account.info {
        Some(info) if account.is_contract_changed() && !info.is_empty_code_hash() => code_of(bundle, info),
        _ => None,
    };
    let fields = account.info.as_ref().map(|info| AccountFields {
        nonce: info.nonce,
        balance: info.balance,
        code_hash: info.code_hash,
    });
    Some(AccountChange { address: *address, fields, wiped, slots, new_code })
}

fn code_of(bundle: &BundleState, info: &AccountInfo) -> Option<alloy_primitives::Bytes> {
    let code = bundle.contracts.get(&info.code_hash).or(info.code.as_ref())?;
    Some(code.original_bytes())
}
