//! Host-visible keys; layout in ABI.md, «State keys and values».

use crate::mpt::{KEY_NIBBLES, Path};
use alloc::vec::Vec;
use alloy_primitives::B256;
use core::ops::Deref;

const ACCOUNT: u8 = 1;
const SLOT: u8 = 2;
const CODE: u8 = 3;
const ACCOUNT_RECORD: u8 = 4;
const STORAGE_RECORD: u8 = 5;
/// Below every nibble's byte, so that a node sorts before its subtree.
const PATH_END: u8 = 0;

/// With length and tag sixteen bytes.
const SHORT_MAX_BYTES: usize = 14;

/// A key's bytes. Those of the records near an account trie's root are many and short: they need no block of their own.
#[derive(Debug, Clone)]
pub enum Key {
    Short { length: u8, bytes: [u8; SHORT_MAX_BYTES] },
    Long(Vec<u8>),
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Key {}

impl<const N: usize> From<[u8; N]> for Key {
    fn from(bytes: [u8; N]) -> Self {
        Self::Long(bytes.to_vec())
    }
}

pub fn account_key(account_hash: &B256) -> [u8; 33] {
    let mut key = [ACCOUNT; 33];
    key[1..].copy_from_slice(account_hash.as_slice());
    key
}

pub fn slot_key(account_hash: &B256, slot_hash: &B256) -> [u8; 65] {
    let mut key = [SLOT; 65];
    key[1..33].copy_from_slice(account_hash.as_slice());
    key[33..].copy_from_slice(slot_hash.as_slice());
    key
}

pub fn code_key(code_hash: &B256) -> [u8; 33] {
    let mut key = [CODE; 33];
    key[1..].copy_from_slice(code_hash.as_slice());
    key
}

/// Key of a trie record: `owner` is the account's hash for a storage trie, `None` for the account trie.
pub fn record_key(owner: Option<&B256>, path: &Path) -> Key {
    let length = path.len() + 1;
    let mut key = match owner {
        None if length < SHORT_MAX_BYTES => {
            let mut bytes = [0; SHORT_MAX_BYTES];
            bytes[0] = ACCOUNT_RECORD;
            write_path(&mut bytes[1..=length], path);
            return Key::Short { length: 1 + length as u8, bytes };
        }
        None => {
            let mut key = Vec::with_capacity(1 + length);
            key.push(ACCOUNT_RECORD);
            key
        }
        Some(account_hash) => {
            let mut key = Vec::with_capacity(33 + length);
            key.push(STORAGE_RECORD);
            key.extend_from_slice(account_hash.as_slice());
            key
        }
    };
    let from = key.len();
    key.resize(from + length, PATH_END);
    write_path(&mut key[from..], path);
    Key::Long(key)
}

/// @param out a byte for each nibble and one for the end
fn write_path(out: &mut [u8], path: &Path) {
    let Some((end, nibbles)) = out.split_last_mut() else { return };
    *end = PATH_END;
    let (pairs, last) = nibbles.as_chunks_mut::<2>();
    for ([high, low], byte) in pairs.iter_mut().zip(path.bytes()) {
        (*high, *low) = ((byte >> 4) + 1, (byte & 0x0f) + 1);
    }
    if let [last] = last {
        *last = path.nibble(path.len() - 1) + 1;
    }
}

/// A key taken apart again, for stores that are not maps.
#[derive(Debug, PartialEq, Eq)]
pub enum StateKey {
    Account(B256),
    Slot(B256, B256),
    Code(B256),
    Record(Option<B256>, Path),
}

impl StateKey {
    pub fn parse(key: &[u8]) -> Option<Self> {
        let (table, rest) = key.split_first()?;
        let hashed = || Some((B256::try_from(rest.get(..32)?).ok()?, &rest[32..]));
        match *table {
            ACCOUNT => hashed().filter(|(_, rest)| rest.is_empty()).map(|(hash, _)| Self::Account(hash)),
            CODE => hashed().filter(|(_, rest)| rest.is_empty()).map(|(hash, _)| Self::Code(hash)),
            SLOT => hashed().and_then(|(owner, slot)| Some(Self::Slot(owner, B256::try_from(slot).ok()?))),
            ACCOUNT_RECORD => Some(Self::Record(None, record_path(rest)?)),
            STORAGE_RECORD => hashed().and_then(|(owner, path)| Some(Self::Record(Some(owner), record_path(path)?))),
            _ => None,
        }
    }
}

fn record_path(bytes: &[u8]) -> Option<Path> {
    let (end, nibbles) = bytes.split_last()?;
    let good = *end == PATH_END && nibbles.len() <= KEY_NIBBLES && nibbles.iter().all(|byte| (1..=16).contains(byte));
    good.then(|| nibbles.iter().fold(Path::ROOT, |path, byte| path.child(byte - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_keys_of_all_lengths_are_taken_apart_again() {
        let key = B256::new(core::array::from_fn(|at| (at as u8).wrapping_mul(31).wrapping_add(7)));
        for owner in [None, Some(B256::repeat_byte(0x77))] {
            for length in 0..=KEY_NIBBLES {
                let path = Path::prefix_of(&key, length);
                let written = record_key(owner.as_ref(), &path);
                assert_eq!(written.len(), 2 + length + 32 * usize::from(owner.is_some()));
                assert_eq!(StateKey::parse(&written), Some(StateKey::Record(owner, path)), "{length}");
            }
        }
    }
}
