//! eth_estimateGas by geth's search: try the cap, then an optimistic guess from the gas used, then halve. Gas used alone
//! is not enough: a callee gets at most 63/64 of what is left, and refunds come after the spending.

use super::{
    call::{CallRequest, prepare, transact},
    machine::Machine,
    transaction::TX_GAS_CAP,
};
use crate::{
    state::StateReader,
    types::{Failure, Fork, Result, codes, invalid},
};
use alloy_evm::Evm;
use alloy_primitives::{Bytes, U256};
use revm::{
    Database,
    context_interface::result::{ExecutionResult, HaltReason},
};

const TRANSFER_GAS: u64 = 21_000;
const CALL_STIPEND: u64 = 2_300;
/// geth stops searching when the interval is within 1.5 % of its upper end.
const ERROR_PER_MILLE: u64 = 15;

pub enum Estimate {
    Gas(u64),
    Revert(Bytes),
    Halt(HaltReason),
}

pub fn estimate_gas(reader: &StateReader<'_>, request: &CallRequest) -> Result<Estimate> {
    let mut evm = prepare(reader, request)?;
    let mut high = request.gas_or_limit();
    if request.chain.fork >= Fork::Osaka {
        high = high.min(TX_GAS_CAP);
    }
    high = high.min(affordable_gas(&mut evm, reader, request)?);
    if is_plain_transfer(&mut evm, reader, request)? && high >= TRANSFER_GAS {
        if let Some(gas) = succeeds(&mut evm, reader, request, TRANSFER_GAS)? {
            return Ok(Estimate::Gas(gas.max(TRANSFER_GAS)));
        }
    }
    let (used, refunded) = match transact(&mut evm, reader, request, high)?.result {
        ExecutionResult::Success { gas, .. } => (gas.tx_gas_used(), gas.final_refunded()),
        ExecutionResult::Revert { output, .. } => return Ok(Estimate::Revert(output)),
        ExecutionResult::Halt { reason, .. } => return Ok(Estimate::Halt(reason)),
    };
    search(&mut evm, reader, request, used, refunded, high).map(Estimate::Gas)
}

fn search(
    evm: &mut Machine<'_>,
    reader: &StateReader<'_>,
    request: &CallRequest,
    used: u64,
    refunded: u64,
    mut high: u64,
) -> Result<u64> {
    let mut low = used.saturating_sub(1);
    let optimistic = (used + refunded + CALL_STIPEND) * 64 / 63;
    if optimistic < high {
        match succeeds(evm, reader, request, optimistic)? {
            Some(_) => high = optimistic,
            None => low = optimistic,
        }
    }
    while low + 1 < high {
        if (high - low) * 1_000 < ERROR_PER_MILLE * high {
            break;
        }
        // Most need little more than they use, so favour the low side.
        let middle = (low + (high - low) / 2).min(low.saturating_mul(2).max(1));
        match succeeds(evm, reader, request, middle)? {
            Some(_) => high = middle,
            None => low = middle,
        }
    }
    Ok(high)
}

/// @return gas used, or `None` when this much gas is not enough.
fn succeeds(evm: &mut Machine<'_>, reader: &StateReader<'_>, request: &CallRequest, gas: u64) -> Result<Option<u64>> {
    match transact(evm, reader, request, gas) {
        Ok(done) => Ok(done.result.is_success().then(|| done.result.tx_gas_used())),
        Err(Failure::Invalid(codes::TX_INTRINSIC_GAS, _)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn affordable_gas(evm: &mut Machine<'_>, reader: &StateReader<'_>, request: &CallRequest) -> Result<u64> {
    let price = request.max_gas_price();
    if price.is_zero() {
        return Ok(u64::MAX);
    }
    let account = evm.db_mut().basic(request.from).ok().flatten();
    reader.verdict()?;
    let balance = account.map_or(U256::ZERO, |info| info.balance);
    let Some(left) = balance.checked_sub(request.value) else {
        return Err(invalid(codes::TX_FUNDS, "insufficient funds for the value"));
    };
    Ok((left / price).saturating_to())
}

fn is_plain_transfer(evm: &mut Machine<'_>, reader: &StateReader<'_>, request: &CallRequest) -> Result<bool> {
    let Some(to) = request.to else { return Ok(false) };
    if !request.data.is_empty() || !request.authorizations_rlp.is_empty() {
        return Ok(false);
    }
    let account = evm.db_mut().basic(to).ok().flatten();
    reader.verdict()?;
    Ok(account.is_none_or(|info| info.is_empty_code_hash()))
}
