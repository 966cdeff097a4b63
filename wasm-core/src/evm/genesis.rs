//! The execution genesis block from a state root and the chain's parameters.

use super::{header::header_rlp, transaction::Tx};
use crate::{
    crypto::keccak256,
    types::{ChainRules, Fork},
};
use alloy_consensus::{Block, BlockBody, Header};
use alloy_eips::{eip4895::Withdrawals, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{Address, B64, B256, Bytes, U256};
use alloy_rlp::Encodable;
use alloy_trie::EMPTY_ROOT_HASH;

pub struct GenesisRequest {
    pub chain: ChainRules,
    pub state_root: B256,
    pub timestamp: u64,
    pub gas_limit: u64,
    pub base_fee: u64,
    pub extra_data: Bytes,
    pub coinbase: Address,
    pub prev_randao: B256,
    pub parent_beacon_block_root: B256,
    pub excess_blob_gas: u64,
    pub difficulty: U256,
    pub nonce: u64,
}

pub struct GenesisBlock {
    pub block_rlp: Vec<u8>,
    pub header_rlp: Vec<u8>,
    pub hash: B256,
}

pub fn genesis_block(request: GenesisRequest) -> GenesisBlock {
    let fork = request.chain.fork;
    let header = Header {
        state_root: request.state_root,
        timestamp: request.timestamp,
        gas_limit: request.gas_limit,
        base_fee_per_gas: (fork >= Fork::London).then_some(request.base_fee),
        extra_data: request.extra_data,
        beneficiary: request.coinbase,
        mix_hash: request.prev_randao,
        difficulty: request.difficulty,
        nonce: B64::from(request.nonce),
        withdrawals_root: (fork >= Fork::Shanghai).then_some(EMPTY_ROOT_HASH),
        blob_gas_used: (fork >= Fork::Cancun).then_some(0),
        excess_blob_gas: (fork >= Fork::Cancun).then_some(request.excess_blob_gas),
        parent_beacon_block_root: (fork >= Fork::Cancun).then_some(request.parent_beacon_block_root),
        requests_hash: (fork >= Fork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    };
    let header_rlp = header_rlp(&header);
    let withdrawals = (fork >= Fork::Shanghai).then(Withdrawals::default);
    let body = BlockBody::<Tx> { transactions: Vec::new(), ommers: Vec::new(), withdrawals };
    let mut block_rlp = Vec::new();
    Block { header, body }.encode(&mut block_rlp);
    GenesisBlock { hash: keccak256(&header_rlp), block_rlp, header_rlp }
}
