//! GENESIS_HEADER, EXECUTE, BUILD, STATE_TEST.

use super::{
    reader::Reader,
    requests::{ancestors, block_context, chain, flags, owned_bytes, withdrawals},
    responses,
    writer::Writer,
};
use crate::{
    evm::{
        BuildRequest, Candidate, ExecuteRequest, GenesisRequest, build_block, decode_parent, execute_block,
        genesis_block, run_state_test, verify_header,
    },
    state::StateReader,
    types::Result,
};

pub fn genesis_header(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = GenesisRequest {
        chain: chain(request)?,
        state_root: request.hash()?,
        timestamp: request.u64()?,
        gas_limit: request.u64()?,
        base_fee: request.u64()?,
        extra_data: owned_bytes(request)?,
        coinbase: request.address()?,
        prev_randao: request.hash()?,
        parent_beacon_block_root: request.hash()?,
        excess_blob_gas: request.u64()?,
        difficulty: request.u256()?,
        nonce: request.u64()?,
    };
    request.end()?;
    let block = genesis_block(parsed);
    response.bytes(&block.block_rlp);
    response.bytes(&block.header_rlp);
    response.hash(&block.hash);
    Ok(())
}

/// A header against its parent: for ommers, which are headers without a block.
pub fn header(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let chain = chain(request)?;
    let flags = flags(request)?;
    let parent = decode_parent(request.bytes()?, &chain)?;
    let header_rlp = request.bytes()?;
    request.end()?;
    response.hash(&verify_header(header_rlp, &parent, &chain, flags)?);
    Ok(())
}

/// Without the end: EXECUTE_STATELESS goes on.
pub fn execute_request<'a>(request: &mut Reader<'a>) -> Result<ExecuteRequest<'a>> {
    Ok(ExecuteRequest {
        chain: chain(request)?,
        flags: flags(request)?,
        parent_header_rlp: request.bytes()?,
        block_rlp: request.bytes()?,
        senders: request.list(20, Reader::address)?,
        ancestors: ancestors(request)?,
    })
}

pub fn execute(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = execute_request(request)?;
    request.end()?;
    let flags = parsed.flags;
    let outcome = execute_block(state, parsed)?;
    responses::outcome(response, outcome, flags);
    Ok(())
}

/// Not in ABI.md: only in builds for benchmarks. The EXECUTE request, then u8 «plain revm» and u32 rounds.
#[cfg(feature = "bench")]
pub fn transact_again(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = execute_request(request)?;
    let plain = request.u8()? != 0;
    let rounds = request.u32()?;
    request.end()?;
    response.u64(crate::evm::transact_again(state, parsed, plain, rounds)?);
    Ok(())
}

pub fn build(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let chain = chain(request)?;
    let flags = flags(request)?;
    let parsed = BuildRequest {
        chain,
        flags,
        parent_header_rlp: request.bytes()?,
        ancestors: ancestors(request)?,
        timestamp: request.u64()?,
        prev_randao: request.hash()?,
        fee_recipient: request.address()?,
        gas_limit_target: request.u64()?,
        extra_data: owned_bytes(request)?,
        parent_beacon_block_root: request.hash()?,
        withdrawals: withdrawals(request)?,
        gas_budget: request.u64()?,
        payload_size_max: request.u32()? as usize,
        candidates: request
            .list(5, |request| Ok(Candidate { sender: request.option(Reader::address)?, raw: request.bytes()? }))?,
    };
    request.end()?;
    let built = build_block(state, parsed)?;
    response.list(built.candidate_codes.iter(), |response, code| response.u16(*code));
    response.bytes(&built.block_rlp);
    response.bytes(&built.header_rlp);
    responses::outcome(response, built.outcome, flags);
    Ok(())
}

pub fn state_test(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let chain = chain(request)?;
    let root = request.hash()?;
    let block = block_context(request)?;
    let raw = request.bytes()?;
    let sender = request.option(Reader::address)?;
    request.end()?;
    let done = run_state_test(state, &chain, root, &block, raw, sender)?;
    response.hash(&done.state_root);
    response.hash(&done.logs_hash);
    response.u64(done.gas_used);
    response.bool(done.success);
    responses::changes_only(response, done.changeset);
    Ok(())
}
