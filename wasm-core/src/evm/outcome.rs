//! What an executed block leaves: everything EXECUTE and BUILD return.

use crate::state::Changeset;
use alloy_consensus::ReceiptEnvelope;
use alloy_eips::eip7685::Requests;
use alloy_primitives::{Address, B256, Bloom};

#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    pub strict_timestamp: bool,
    pub access_list: bool,
    pub undo: bool,
}

#[derive(Debug, Clone)]
pub struct TxOutcome {
    pub hash: B256,
    pub sender: Address,
    pub tx_type: u8,
    pub success: bool,
    pub gas_used: u64,
    pub effective_gas_price: u128,
    /// The address a creating transaction was to fill, also where it failed.
    pub created: Option<Address>,
    pub log_count: u32,
}

#[derive(Debug)]
pub struct Outcome {
    pub block_hash: B256,
    pub state_root: B256,
    pub receipts_root: B256,
    pub gas_used: u64,
    pub blob_gas_used: u64,
    pub logs_bloom: Bloom,
    pub receipts: Vec<ReceiptEnvelope>,
    /// The list of them.
    pub receipts_rlp: Vec<u8>,
    pub transactions: Vec<TxOutcome>,
    pub requests: Requests,
    /// EIP-7928 RLP and its keccak.
    pub access_list: Option<(Vec<u8>, B256)>,
    pub changeset: Changeset,
}
