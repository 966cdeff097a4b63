//! What a block read, as trie nodes and codes: enough to execute it again from the parent's state root alone.

use crate::{
    crypto::keccak256,
    mpt::Trie,
    state::{StateReader, Unread, code_key},
    types::{ABSENT_ACCOUNT, Result},
};
use alloy_primitives::B256;
use std::collections::BTreeSet;

/// Both sorted, no doubles.
#[derive(Debug, Default)]
pub struct Witness {
    /// RLP of trie nodes.
    pub state: BTreeSet<Vec<u8>>,
    pub codes: BTreeSet<Vec<u8>>,
}

/// @param reader that a block was executed with.
pub fn witness_of(reader: &StateReader<'_>, parent_root: B256) -> Result<Witness> {
    let mut witness = Witness::default();
    // Every path is walked before the first miss is reported: one NEED for all.
    for account in reader.accounts_read() {
        let proof = Trie::accounts(reader).prove(parent_root, &account.hash);
        witness.state.extend(proof.into_iter().flat_map(|proof| proof.nodes));
    }
    let slots: BTreeSet<_> = reader.slots_read().into_iter().collect();
    for (address, slot) in slots {
        let _noted = add_path(reader, parent_root, &mut witness, Some(keccak256(address)), &slot, usize::MAX);
    }
    // A branch left with one child merges with it, and a cut extension hangs its branch elsewhere: nodes beside the paths.
    for (owner, path) in reader.neighbours_read() {
        let _noted = add_path(reader, parent_root, &mut witness, owner, &path.as_key(), path.len());
    }
    for hash in reader.codes_read() {
        witness.codes.extend(reader.get(&code_key(&hash)).ok().flatten().map(|code| code.to_vec()));
    }
    reader.verdict()?;
    Ok(witness)
}

fn add_path(
    reader: &StateReader<'_>,
    parent_root: B256,
    witness: &mut Witness,
    owner: Option<B256>,
    key: &B256,
    until: usize,
) -> core::result::Result<(), Unread> {
    let (trie, root) = match owner {
        None => (Trie::accounts(reader), parent_root),
        Some(owner) => {
            let found = reader.accounts_read().into_iter().find(|account| account.hash == owner);
            let record = found.as_ref().and_then(|account| account.record.as_ref());
            (Trie::storage(reader, &owner), record.unwrap_or(&ABSENT_ACCOUNT).storage_root)
        }
    };
    witness.state.extend(trie.prove_to(root, key, until)?.nodes);
    Ok(())
}
