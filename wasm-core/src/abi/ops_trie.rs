//! TRIE_UPDATE and TRIE_ROOT: the two trie engines over free keys and values, for the official trie vectors.

use super::{reader::Reader, responses, writer::Writer};
use crate::{
    mpt::{Item, Trie, root_of_entries},
    state::{Changeset, StateReader, Unread, account_key},
    types::{Result, codes, error},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// The engine recurses once per nibble; no trie of Ethereum has longer keys than half of this.
const KEY_BYTES_MAX: usize = 64;

/// The account trie, with free values in the place of accounts.
pub fn update(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let root = request.hash()?;
    let updates = request.list(33, |request| {
        let (key, value) = (request.hash()?, request.option(Reader::bytes)?);
        check_value(value).map(|()| (key, value))
    })?;
    request.end()?;
    let mut seen = BTreeSet::new();
    if updates.iter().any(|(key, _)| !seen.insert(*key)) {
        return Err(error(codes::ERROR_MALFORMED, "key twice"));
    }
    let mut changeset = Changeset::default();
    let mut items = Vec::with_capacity(updates.len());
    for (key, value) in updates {
        let flat = account_key(&key);
        let Ok(old) = state.get(&flat) else { continue };
        let value = value.map(Rc::<[u8]>::from);
        changeset.put(flat, value.clone(), old);
        items.push(Item { key, value });
    }
    let updated = Trie::accounts(state).update(root, &mut items, &mut changeset);
    state.verdict()?;
    let root = updated.map_err(|Unread| error(codes::ERROR_INTERNAL, "trie update without a reason"))?;
    response.hash(&root);
    responses::changes_only(response, changeset);
    Ok(())
}

/// The trie that is nowhere stored, after updates in the order they come.
pub fn root(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let updates = request.list(5, |request| {
        let key = request.bytes()?;
        if key.len() > KEY_BYTES_MAX {
            return Err(error(codes::ERROR_MALFORMED, "key above 64 bytes"));
        }
        let value = request.option(Reader::bytes)?;
        check_value(value).map(|()| (key, value))
    })?;
    request.end()?;
    let mut entries = BTreeMap::new();
    for (key, value) in updates {
        match value {
            Some(value) => entries.insert(key, value),
            None => entries.remove(key),
        };
    }
    let entries: Vec<_> = entries.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
    response.hash(&root_of_entries(&entries));
    Ok(())
}

fn check_value(value: Option<&[u8]>) -> Result<()> {
    if value.is_some_and(<[u8]>::is_empty) { Err(error(codes::ERROR_MALFORMED, "empty trie value")) } else { Ok(()) }
}
