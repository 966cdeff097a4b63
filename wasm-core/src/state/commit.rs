//! From account changes to the new state root and the changeset. Storage tries first, each account once, then the
//! account trie.

use super::{Changeset, LoadedAccount, StateReader, Unread, Value, account_key, code_key, slot_key};
use crate::{
    mpt::{Item, Trie},
    types::{ABSENT_ACCOUNT, AccountRecord, Result, codes, error},
};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::Encodable;
use alloy_trie::EMPTY_ROOT_HASH;

/// Of an account's RLP: a list header, a nonce, a balance and two hashes.
const ACCOUNT_MAX_BYTES: usize = 2 + 9 + 33 + 33 + 33;

/// The account and the branches on the way to it; the more accounts, the fewer.
const WRITES_PER_ACCOUNT: usize = 4;

/// The fields of an account that are not derived from its storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFields {
    pub nonce: u64,
    pub balance: U256,
    pub code_hash: B256,
}

#[derive(Debug)]
pub struct AccountChange {
    pub address: Address,
    /// `None` deletes the account.
    pub fields: Option<AccountFields>,
    /// The storage that was there is gone, slots below start from nothing.
    pub wiped: bool,
    /// `(keccak(slot), new value, old value)`; each slot once. 0 is absence.
    pub slots: Vec<(B256, U256, U256)>,
    pub new_code: Option<Bytes>,
}

#[derive(Debug)]
pub struct Committed {
    pub root: B256,
    pub changeset: Changeset,
}

/// @param changes each address once, any order: the result does not depend on it.
pub fn commit_accounts(
    reader: &StateReader<'_>,
    parent_root: B256,
    changes: impl IntoIterator<Item = AccountChange>,
) -> Result<Committed> {
    let changes = changes.into_iter();
    let count = changes.size_hint().1.unwrap_or_default();
    let mut changeset = Changeset::with_capacity(WRITES_PER_ACCOUNT * count);
    let mut items = Vec::with_capacity(count);
    for change in changes {
        // On trouble go on with the next account: one NEED then names the keys of all.
        if let Ok(Some(item)) = commit_account(reader, change, &mut changeset) {
            items.push(item);
        }
    }
    let root = Trie::accounts(reader).update(parent_root, &mut items, &mut changeset);
    reader.verdict()?;
    match root {
        Ok(root) => Ok(Committed { root, changeset }),
        Err(Unread) => Err(error(codes::ERROR_INTERNAL, "trie update without a reason")),
    }
}

fn commit_account(
    reader: &StateReader<'_>,
    mut change: AccountChange,
    changeset: &mut Changeset,
) -> core::result::Result<Option<Item>, Unread> {
    let loaded = reader.account(&change.address)?;
    let storage_root = commit_storage(reader, &loaded, &mut change, changeset)?;
    let record = change.fields.map(|fields| AccountRecord {
        nonce: fields.nonce,
        balance: fields.balance,
        code_hash: fields.code_hash,
        storage_root,
    });
    if record == loaded.record {
        return Ok(None);
    }
    if let (Some(code), Some(record)) = (change.new_code, &record) {
        changeset.put_code(code_key(&record.code_hash), Value::from(&code[..]));
    }
    let value = record.map(|record| {
        let mut bytes = [0; ACCOUNT_MAX_BYTES];
        let mut rest = &mut bytes[..];
        record.encode(&mut rest);
        let length = ACCOUNT_MAX_BYTES - rest.len();
        Value::from(&bytes[..length])
    });
    changeset.put(account_key(&loaded.hash), value.clone(), loaded.raw.clone());
    Ok(Some(Item { key: loaded.hash, value }))
}

fn commit_storage(
    reader: &StateReader<'_>,
    loaded: &LoadedAccount,
    change: &mut AccountChange,
    changeset: &mut Changeset,
) -> core::result::Result<B256, Unread> {
    let old_root = loaded.record.as_ref().unwrap_or(&ABSENT_ACCOUNT).storage_root;
    let trie = Trie::storage(reader, &loaded.hash);
    let gone = change.fields.is_none() || change.wiped;
    // A witness does not hold the storage that goes, and its changeset is not used.
    if gone && old_root != EMPTY_ROOT_HASH && !reader.is_stateless() {
        // Only reached by accounts older than EIP-6780 semantics or emptied by EIP-161; their slots are enumerable.
        for key in trie.wipe(old_root, changeset)? {
            let flat = slot_key(&loaded.hash, &key);
            let old = reader.get(&flat)?;
            changeset.put(flat, None, old);
        }
    }
    let root = if gone { EMPTY_ROOT_HASH } else { old_root };
    if change.fields.is_none() || change.slots.is_empty() {
        return Ok(root);
    }
    let mut items = Vec::with_capacity(change.slots.len());
    for (key, value, old) in change.slots.drain(..) {
        let old = if gone { U256::ZERO } else { old };
        if value == old {
            continue;
        }
        changeset.put(slot_key(&loaded.hash, &key), flat_slot(value), flat_slot(old));
        items.push(Item { key, value: (!value.is_zero()).then(|| Rc::from(alloy_rlp::encode(value))) });
    }
    trie.update(root, &mut items, changeset)
}

fn flat_slot(value: U256) -> Option<Value> {
    let bytes = value.to_be_bytes::<32>();
    (!value.is_zero()).then(|| Value::from(&bytes[value.leading_zeros() / 8..]))
}
