//! CALL and ESTIMATE.

use super::{
    reader::Reader,
    requests::{account_updates, ancestors, block_context, chain, owned_bytes},
    responses,
    writer::Writer,
};
use crate::{
    evm::{CallRequest, Estimate, Fees, call, estimate_gas, halt_code},
    state::StateReader,
    types::{Result, codes, error},
};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use revm::context_interface::result::{ExecutionResult, HaltReason};

fn call_request(request: &mut Reader<'_>) -> Result<CallRequest> {
    let parsed = CallRequest {
        chain: chain(request)?,
        state_root: request.hash()?,
        block: block_context(request)?,
        ancestors: ancestors(request)?,
        from: request.address()?,
        to: request.option(Reader::address)?,
        value: request.u256()?,
        data: owned_bytes(request)?,
        gas: request.u64()?,
        fees: fees(request)?,
        access_list: AccessList(request.list(24, |request| {
            Ok(AccessListItem { address: request.address()?, storage_keys: request.list(32, Reader::hash)? })
        })?),
        authorizations_rlp: owned_bytes(request)?,
        overrides: account_updates(request)?,
    };
    request.end()?;
    Ok(parsed)
}

fn fees(request: &mut Reader<'_>) -> Result<Fees> {
    match request.u8()? {
        0 => Ok(Fees::None),
        1 => Ok(Fees::Price(request.u256()?)),
        2 => Ok(Fees::Market { max: request.u256()?, priority: request.u256()? }),
        _ => Err(error(codes::ERROR_MALFORMED, "fees tag")),
    }
}

pub fn run_call(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = call_request(request)?;
    let outcome = call(state, &parsed)?;
    let (tag, halt) = match &outcome.result {
        ExecutionResult::Success { .. } => (0, 0),
        ExecutionResult::Revert { .. } => (1, 0),
        ExecutionResult::Halt { reason, .. } => (2, halt_code(reason)),
    };
    response.u8(tag);
    response.u16(halt);
    response.bytes(outcome.result.output().map_or(&[][..], |output| output));
    response.u64(outcome.result.tx_gas_used());
    response.option(outcome.result.created_address(), |response, address| response.address(&address));
    response.list(outcome.logs().iter(), responses::log);
    response.list(outcome.accessed.iter(), |response, (address, slots)| {
        response.address(address);
        response.list(slots.iter(), Writer::hash);
    });
    Ok(())
}

pub fn estimate(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = call_request(request)?;
    match estimate_gas(state, &parsed)? {
        Estimate::Gas(gas) => {
            response.u8(0);
            response.u64(gas);
        }
        Estimate::Revert(data) => {
            response.u8(1);
            response.bytes(&data);
        }
        Estimate::Halt(reason) => write_halt(response, &reason),
    }
    Ok(())
}

fn write_halt(response: &mut Writer, reason: &HaltReason) {
    response.u8(2);
    response.u16(halt_code(reason));
    response.str(&format!("{reason}"));
}
