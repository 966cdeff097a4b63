//! Before a node calls a block bad, it makes sure that its own disk is good: everything the run read is proved against
//! the parent's state root. Costs about as much as the block, and only where a block was refused after execution.

use super::{StateReader, Unread, slot_key};
use crate::{
    mpt::{Trie, verify_proof},
    types::{ABSENT_ACCOUNT, Result},
};
use alloc::vec::Vec;
use alloy_primitives::{B256, U256};

/// ERROR «corrupt» (or NEED, on a cold host) when flat values or records contradict the root.
pub fn audit(reader: &StateReader<'_>, root: B256) -> Result<()> {
    for account in reader.accounts_read() {
        let _noted = check_key(reader, &Trie::accounts(reader), root, &account.hash, account.raw.as_deref());
    }
    for (address, slot_hash) in reader.slots_read() {
        let _noted = check_slot(reader, &address, &slot_hash);
    }
    reader.verdict()
}

fn check_slot(
    reader: &StateReader<'_>,
    address: &alloy_primitives::Address,
    slot_hash: &B256,
) -> core::result::Result<(), Unread> {
    let account = reader.account(address)?;
    let root = account.record.as_ref().unwrap_or(&ABSENT_ACCOUNT).storage_root;
    let flat = reader.get(&slot_key(&account.hash, slot_hash))?;
    let leaf = flat.map(|bytes| alloy_rlp::encode(U256::try_from_be_slice(&bytes).unwrap_or_default()));
    check_key(reader, &Trie::storage(reader, &account.hash), root, slot_hash, leaf.as_deref())
}

fn check_key(
    reader: &StateReader<'_>,
    trie: &Trie<'_>,
    root: B256,
    key: &B256,
    flat: Option<&[u8]>,
) -> core::result::Result<(), Unread> {
    let proof = trie.prove(root, key)?;
    let nodes: Vec<&[u8]> = proof.nodes.iter().map(Vec::as_slice).collect();
    match verify_proof(&root, key, &nodes) {
        Ok(proved) if proved.as_deref() == flat => Ok(()),
        _ => Err(reader.corrupt("state contradicts its root")),
    }
}
