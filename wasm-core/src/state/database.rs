//! revm's database over the state reader.

use super::{StateReader, Unread, code_cache, code_key};
use crate::crypto::keccak256;
use alloy_eips::eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use alloy_trie::EMPTY_ROOT_HASH;
use revm::{Database, bytecode::Bytecode, state::AccountInfo};

#[derive(Debug)]
pub struct StateDatabase<'a> {
    reader: &'a StateReader<'a>,
    /// Newest first; `ancestors[0]` is the hash of block `newest_number`. May be shorter than 256, or empty.
    ancestors: &'a [B256],
    newest_number: u64,
}

impl<'a> StateDatabase<'a> {
    pub fn new(reader: &'a StateReader<'a>, ancestors: &'a [B256], newest_number: u64) -> Self {
        Self { reader, ancestors, newest_number }
    }

    /// Whether the account has slots in the parent's state.
    pub fn has_storage(&self, address: &Address) -> Result<bool, Unread> {
        let loaded = self.reader.account(address)?;
        Ok(loaded.record.as_ref().is_some_and(|record| record.storage_root != EMPTY_ROOT_HASH))
    }
}

impl Database for StateDatabase<'_> {
    type Error = Unread;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Unread> {
        let loaded = self.reader.account(&address)?;
        Ok(loaded.record.as_ref().map(|record| AccountInfo {
            balance: record.balance,
            nonce: record.nonce,
            code_hash: record.code_hash,
            account_id: None,
            code: None,
        }))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Unread> {
        if code_hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        self.reader.note_code(&code_hash);
        if let Some(code) = code_cache::cached_code(&code_hash).filter(|_| !self.reader.is_stateless()) {
            return Ok(code);
        }
        let Some(bytes) = self.reader.get(&code_key(&code_hash))? else {
            return Err(self.reader.corrupt("code missing"));
        };
        if keccak256(&bytes) != code_hash {
            return Err(self.reader.corrupt("code hash"));
        }
        let code =
            Bytecode::new_raw_checked(Bytes::copy_from_slice(&bytes)).map_err(|_| self.reader.corrupt("code form"))?;
        code_cache::cache_code(code_hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Unread> {
        self.reader.slot(&address, &slot)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Unread> {
        self.reader.note_ancestor(number);
        let known = self.newest_number.checked_sub(number).and_then(|age| usize::try_from(age).ok());
        if let Some(hash) = known.and_then(|age| self.ancestors.get(age)) {
            return Ok(*hash);
        }
        let slot = U256::from(number % HISTORY_SERVE_WINDOW as u64);
        self.storage(HISTORY_STORAGE_ADDRESS, slot).map(B256::from)
    }
}
