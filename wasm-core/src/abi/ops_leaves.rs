//! PUT_LEAVES: tries grown from leaves by their hashed keys, as a snapshot and its access lists bring them.

use super::{reader::Reader, responses, writer::Writer};
use crate::{
    mpt::{Item, Trie, decode_whole},
    state::{Changeset, Key, StateReader, Unread, account_key, slot_key},
    types::{AccountRecord, Result, codes, error},
};
use alloc::{rc::Rc, vec::Vec};
use alloy_primitives::{B256, U256};
use std::collections::BTreeSet;

struct Tree<'a> {
    owner: Option<B256>,
    root: B256,
    leaves: Vec<(B256, Option<&'a [u8]>)>,
}

pub fn put_leaves(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let trees = request.list(37, |request| {
        Ok(Tree {
            owner: request.option(Reader::hash)?,
            root: request.hash()?,
            leaves: request.list(33, |request| Ok((request.hash()?, request.option(Reader::bytes)?)))?,
        })
    })?;
    request.end()?;
    let mut owners = BTreeSet::new();
    let ascending = |tree: &Tree<'_>| tree.leaves.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if trees.iter().any(|tree| !owners.insert(tree.owner) || !ascending(tree)) {
        return Err(error(codes::ERROR_MALFORMED, "trie twice, or keys not ascending"));
    }
    let mut changes = Changeset::default();
    // Every trie is walked before the first miss is reported: one NEED for all.
    let mut roots = Vec::with_capacity(trees.len());
    for tree in &trees {
        roots.push(put_tree(state, tree, &mut changes)?);
    }
    state.verdict()?;
    let unexplained = |_: Unread| error(codes::ERROR_INTERNAL, "trie update without a reason");
    let roots = roots.into_iter().collect::<core::result::Result<Vec<_>, _>>().map_err(unexplained)?;
    response.list(roots.iter(), Writer::hash);
    responses::changes_only(response, changes);
    Ok(())
}

fn put_tree(
    state: &StateReader<'_>,
    tree: &Tree<'_>,
    changes: &mut Changeset,
) -> Result<core::result::Result<B256, Unread>> {
    let mut items = Vec::with_capacity(tree.leaves.len());
    for (key, leaf) in &tree.leaves {
        let flat_key = match &tree.owner {
            None => Key::from(account_key(key)),
            Some(owner) => Key::from(slot_key(owner, key)),
        };
        let flat = leaf.map(|leaf| flat_value(tree.owner.is_some(), leaf)).transpose()?;
        // What was there before is not read; an old value makes sure that a deletion is kept.
        let old = flat.is_none().then(|| Rc::from(Vec::new()));
        changes.put(flat_key, flat.map(Rc::from), old);
        items.push(Item { key: *key, value: leaf.map(Rc::from) });
    }
    let trie = match &tree.owner {
        None => Trie::accounts(state),
        Some(owner) => Trie::storage(state, owner),
    };
    Ok(trie.update(tree.root, &mut items, changes))
}

/// The flat table's form of a leaf; only the canonical encoding of what a state can hold is taken.
fn flat_value(is_slot: bool, leaf: &[u8]) -> Result<Vec<u8>> {
    let malformed = || error(codes::ERROR_MALFORMED, "leaf value");
    if !is_slot {
        let record = decode_whole::<AccountRecord>(leaf).map_err(|_| malformed())?;
        return if alloy_rlp::encode(&record) == leaf { Ok(leaf.to_vec()) } else { Err(malformed()) };
    }
    let value = decode_whole::<U256>(leaf).map_err(|_| malformed())?;
    if value.is_zero() { Err(malformed()) } else { Ok(value.to_be_bytes_trimmed_vec()) }
}
