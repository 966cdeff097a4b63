//! A trie under test as flat values, path records and a plain map.

use super::{MapStore, Seeded};
use alloy_primitives::{B256, U256};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use cairn_core::{
    mpt::{Item, Trie},
    state::{Changeset, Key, StateReader, account_key, slot_key},
};
use std::{collections::BTreeMap, rc::Rc};

pub const OWNER: B256 = B256::repeat_byte(0x77);

/// The same trie as flat values, path records and a plain map.
#[derive(Clone)]
pub struct Subject {
    pub owner: Option<B256>,
    pub store: MapStore,
    pub model: BTreeMap<B256, Vec<u8>>,
    pub root: B256,
}

impl Subject {
    pub fn new(owner: Option<B256>) -> Self {
        Self { owner, store: MapStore::default(), model: BTreeMap::new(), root: EMPTY_ROOT_HASH }
    }

    pub fn trie<'a>(&self, reader: &'a StateReader<'a>) -> Trie<'a> {
        match &self.owner {
            None => Trie::accounts(reader),
            Some(owner) => Trie::storage(reader, owner),
        }
    }

    pub fn flat(&self, key: &B256) -> Key {
        self.owner.as_ref().map_or_else(|| account_key(key).into(), |owner| slot_key(owner, key).into())
    }

    pub fn apply(&mut self, batch: &[(B256, Option<u64>)]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut items: Vec<Item> = batch.iter().map(|(key, value)| self.item(key, *value)).collect();
        let mut changes = Changeset::default();
        let reader = StateReader::new(&self.store);
        let root = self.trie(&reader).update(self.root, &mut items, &mut changes);
        reader.verdict().expect("update");
        self.root = root.expect("root");
        for (key, value) in batch {
            let flat = self.flat(key);
            let old = self.store.entries.get(&*flat).cloned();
            changes.put(flat, value.map(|value| self.flat_value(value).into()), old.map(Into::into));
            match value {
                Some(value) => self.model.insert(*key, alloy_rlp::encode(U256::from(*value))),
                None => self.model.remove(key),
            };
        }
        self.store.write(changes)
    }

    pub fn item(&self, key: &B256, value: Option<u64>) -> Item {
        Item { key: *key, value: value.map(|value| Rc::from(alloy_rlp::encode(U256::from(value)))) }
    }

    /// The account table holds leaf values as they are, the slot table trimmed integers.
    pub fn flat_value(&self, value: u64) -> Vec<u8> {
        let value = U256::from(value);
        if self.owner.is_some() { value.to_be_bytes_trimmed_vec() } else { alloy_rlp::encode(value) }
    }

    pub fn expected_root(&self) -> B256 {
        let mut builder = HashBuilder::default();
        for (key, value) in &self.model {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        builder.root()
    }

    /// Records written by many small updates must be those one big update writes.
    pub fn rebuilt(&self) -> Self {
        let mut other = Self::new(self.owner);
        let batch: Vec<_> = self.model.iter().rev().map(|(key, value)| (*key, Some(integer(value)))).collect();
        if !batch.is_empty() {
            other.apply(&batch);
        }
        other
    }
}

pub fn integer(rlp: &[u8]) -> u64 {
    let mut rest = rlp;
    <u64 as alloy_rlp::Decodable>::decode(&mut rest).expect("integer")
}

/// Keys that differ in few places: long extensions, deep branches, embedded nodes.
pub fn crowded_key(seeded: &mut Seeded) -> B256 {
    let mut key = [0x11; 32];
    for _ in 0..seeded.below(4) {
        let byte = [0, 1, 2, 15, 28, 30, 31][seeded.below(7) as usize];
        key[byte] = [0x11, 0x12, 0x21, 0xf0][seeded.below(4) as usize];
    }
    B256::new(key)
}

/// Keys that leave one long path at many places, present and absent ones: extensions that are cut, and deleted beside.
pub fn branching_off_key(seeded: &mut Seeded) -> B256 {
    let mut key = [0x11; 32];
    for _ in 0..1 + seeded.below(2) {
        let nibble = seeded.below(12);
        let digit = [0x00, 0x22, 0x99][seeded.below(3) as usize];
        let mask = if nibble.is_multiple_of(2) { 0xf0 } else { 0x0f };
        let byte = &mut key[nibble as usize / 2];
        *byte = *byte & !mask | digit & mask;
    }
    key[31] = seeded.below(3) as u8;
    B256::new(key)
}
