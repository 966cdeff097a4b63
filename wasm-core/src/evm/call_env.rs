//! The environment of a simulated transaction, with geth's eth_call liberties.

use super::{
    call::{CallRequest, Fees},
    env::context_env,
};
use crate::types::{Fork, Result, codes, error};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_evm::EvmEnv;
use alloy_primitives::{TxKind, U256};
use alloy_rlp::Decodable;
use revm::context::TxEnv;

/// Memory grows with the square root of the gas, and the instance has 4 GB at most.
pub const CALL_GAS_MAX: u64 = u32::MAX as u64;

/// No nonce check, contracts may send, any gas limit; without a price the base fee is zero, also for the BASEFEE opcode.
pub fn call_env(request: &CallRequest) -> Result<EvmEnv> {
    let mut env = context_env(&request.chain, &request.block)?;
    env.cfg_env.disable_nonce_check = true;
    env.cfg_env.disable_eip3607 = true;
    env.cfg_env.disable_block_gas_limit = true;
    env.cfg_env.tx_gas_limit_cap = Some(u64::MAX);
    if request.max_gas_price().is_zero() {
        env.block_env.basefee = 0;
    }
    Ok(env)
}

pub fn tx_env(request: &CallRequest, gas: u64) -> Result<TxEnv> {
    let (gas_price, gas_priority_fee) = match &request.fees {
        Fees::None => (U256::ZERO, None),
        Fees::Price(price) => (*price, None),
        Fees::Market { max, priority } => (*max, Some(*priority)),
    };
    let mut env = TxEnv {
        caller: request.from,
        kind: request.to.map_or(TxKind::Create, TxKind::Call),
        value: request.value,
        data: request.data.clone(),
        gas_limit: gas,
        gas_price: fee(gas_price)?,
        gas_priority_fee: gas_priority_fee.map(fee).transpose()?,
        chain_id: Some(request.chain.chain_id),
        access_list: request.access_list.clone(),
        ..TxEnv::default()
    };
    env.set_signed_authorization(authorizations(request)?);
    env.derive_tx_type().map_err(|_| error(codes::ERROR_MALFORMED, "creation with authorizations"))?;
    Ok(env)
}

fn authorizations(request: &CallRequest) -> Result<Vec<SignedAuthorization>> {
    if request.authorizations_rlp.is_empty() || request.chain.fork < Fork::Prague {
        return Ok(Vec::new());
    }
    let mut rest = &request.authorizations_rlp[..];
    match Vec::<SignedAuthorization>::decode(&mut rest) {
        Ok(list) if rest.is_empty() => Ok(list),
        _ => Err(error(codes::ERROR_MALFORMED, "authorizations")),
    }
}

fn fee(value: U256) -> Result<u128> {
    u128::try_from(value).map_err(|_| crate::types::invalid(codes::TX_FEE_OVERFLOW, "fee above 128 bits"))
}
