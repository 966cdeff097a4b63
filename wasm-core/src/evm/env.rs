//! revm's block and configuration environment.

use crate::types::{ChainRules, Fork, Result, codes, error};
use alloy_consensus::Header;
use alloy_evm::EvmEnv;
use alloy_primitives::{Address, B256, U256};

/// The block a call or a single transaction runs in.
#[derive(Debug, Clone)]
pub struct BlockContext {
    pub number: u64,
    pub timestamp: u64,
    pub base_fee: u64,
    pub gas_limit: u64,
    pub coinbase: Address,
    /// Before Paris: the difficulty.
    pub prev_randao: B256,
    pub excess_blob_gas: u64,
}

/// @param header its excess blob gas must have been checked against the parent: the fee formula trusts it.
pub fn evm_env(chain: &ChainRules, header: &Header) -> EvmEnv {
    EvmEnv::for_eth_block(header, chain, chain.chain_id, chain.blob_params())
}

pub fn context_env(chain: &ChainRules, context: &BlockContext) -> Result<EvmEnv> {
    if !chain.excess_blob_gas_is_sane(context.excess_blob_gas) {
        return Err(error(codes::ERROR_MALFORMED, "excess blob gas"));
    }
    let header = Header {
        number: context.number,
        timestamp: context.timestamp,
        gas_limit: context.gas_limit,
        beneficiary: context.coinbase,
        mix_hash: context.prev_randao,
        difficulty: if chain.fork < Fork::Paris { context.prev_randao.into() } else { U256::ZERO },
        base_fee_per_gas: (chain.fork >= Fork::London).then_some(context.base_fee),
        excess_blob_gas: (chain.fork >= Fork::Cancun).then_some(context.excess_blob_gas),
        ..Header::default()
    };
    Ok(evm_env(chain, &header))
}
