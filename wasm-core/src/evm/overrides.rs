//! Account updates as a request carries them: applied to the state (APPLY), or laid over it for a call.

use crate::{
    crypto::keccak256,
    state::{AccountChange, AccountFields, StateDatabase, StateReader, Unread},
    types::ABSENT_ACCOUNT,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Database, DatabaseCommit,
    bytecode::Bytecode,
    database::State,
    primitives::AddressMap,
    state::{Account, EvmStorageSlot, TransactionId},
};

#[derive(Debug)]
pub struct SetFields {
    pub nonce: Option<u64>,
    pub balance: Option<U256>,
    pub code: Option<Bytes>,
    pub storage: Vec<(B256, U256)>,
}

#[derive(Debug)]
pub struct AccountUpdate {
    pub address: Address,
    /// `None` deletes.
    pub set: Option<SetFields>,
}

/// Goes on after a miss, so that the reader hears of every missing key; its verdict comes with the commit.
pub fn account_changes(reader: &StateReader<'_>, updates: Vec<AccountUpdate>) -> impl Iterator<Item = AccountChange> {
    updates.into_iter().filter_map(|update| account_change(reader, update).ok())
}

fn account_change(reader: &StateReader<'_>, update: AccountUpdate) -> Result<AccountChange, Unread> {
    let loaded = reader.account(&update.address)?;
    let address = update.address;
    let Some(set) = update.set else {
        return Ok(AccountChange { address, fields: None, wiped: true, slots: Vec::new(), new_code: None });
    };
    let old = loaded.record.as_ref().unwrap_or(&ABSENT_ACCOUNT);
    let code_hash = match &set.code {
        None => old.code_hash,
        Some(code) => keccak256(code),
    };
    let mut slots = Vec::with_capacity(set.storage.len());
    for (slot, value) in set.storage {
        let hash = keccak256(slot);
        let before = match loaded.record {
            None => U256::ZERO,
            Some(_) => reader.slot_value(&loaded.hash, &hash)?,
        };
        slots.push((hash, value, before));
    }
    let fields =
        AccountFields { nonce: set.nonce.unwrap_or(old.nonce), balance: set.balance.unwrap_or(old.balance), code_hash };
    let new_code = set.code.filter(|code| !code.is_empty() && code_hash != old.code_hash);
    Ok(AccountChange { address, fields: Some(fields), wiped: false, slots, new_code })
}

/// Lays updates over the state of one call; nothing of it is ever committed.
pub fn lay_over(state: &mut State<StateDatabase<'_>>, updates: &[AccountUpdate]) -> Result<(), u16> {
    for update in updates {
        let info = state.basic(update.address).ok().flatten();
        let mut account = info.map_or_else(|| Account::new_not_existing(TransactionId::ZERO), Account::from);
        account.mark_touch();
        match &update.set {
            None => account.mark_selfdestruct(),
            Some(set) => set_fields(&mut account, set)?,
        }
        let mut changes = AddressMap::default();
        changes.insert(update.address, account);
        state.commit(changes);
    }
    Ok(())
}

fn set_fields(account: &mut Account, set: &SetFields) -> Result<(), u16> {
    if let Some(nonce) = set.nonce {
        account.info.nonce = nonce;
    }
    if let Some(balance) = set.balance {
        account.info.balance = balance;
    }
    if let Some(code) = &set.code {
        let code = Bytecode::new_raw_checked(code.clone()).map_err(|_| crate::types::codes::TX_MALFORMED)?;
        account.info.code_hash = code.hash_slow();
        account.info.code = Some(code);
    }
    for (slot, value) in &set.storage {
        let slot = U256::from_be_bytes(slot.0);
        // The original only has to differ, or the change would be dropped as none.
        account.storage.insert(slot, EvmStorageSlot::new_changed(!*value, *value, TransactionId::ZERO));
    }
    Ok(())
}
