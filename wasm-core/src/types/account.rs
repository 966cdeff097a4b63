//! The account as the trie stores it. Its RLP is the flat value of key `01 ‖ ka` and the trie leaf, byte for byte,
//! so it is encoded once per change.

use alloy_primitives::{B256, KECCAK256_EMPTY, U256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use alloy_trie::EMPTY_ROOT_HASH;

#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct AccountRecord {
    pub nonce: u64,
    pub balance: U256,
    pub storage_root: B256,
    pub code_hash: B256,
}

/// What a proof or a read shows for an address that has no account.
pub const ABSENT_ACCOUNT: AccountRecord =
    AccountRecord { nonce: 0, balance: U256::ZERO, storage_root: EMPTY_ROOT_HASH, code_hash: KECCAK256_EMPTY };
