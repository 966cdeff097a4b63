//! The structures that several requests share (ABI.md, «Common structures»).

use super::reader::Reader;
use crate::{
    evm::{AccountUpdate, BlockContext, Flags, SetFields},
    types::{ChainRules, Fork, Result, codes, error},
};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, Bytes};

const FLAG_STRICT_TIMESTAMP: u8 = 1;
const FLAG_ACCESS_LIST: u8 = 2;
const FLAG_UNDO: u8 = 4;
const ANCESTORS_MAX: usize = 256;

pub fn chain(request: &mut Reader<'_>) -> Result<ChainRules> {
    let chain = ChainRules {
        chain_id: request.u64()?,
        fork: Fork::from_code(request.u8()?)?,
        blob_target: request.u32()?,
        blob_max: request.u32()?,
        blob_fraction: request.u64()?,
        deposit_contract: request.address()?,
    };
    let blobs_fit = chain.blob_target <= chain.blob_max && chain.blob_max <= u32::from(u16::MAX);
    if chain.blob_fraction == 0 || !blobs_fit {
        return Err(error(codes::ERROR_MALFORMED, "blob parameters"));
    }
    Ok(chain)
}

pub fn flags(request: &mut Reader<'_>) -> Result<Flags> {
    let bits = request.u8()?;
    if bits & !(FLAG_STRICT_TIMESTAMP | FLAG_ACCESS_LIST | FLAG_UNDO) != 0 {
        return Err(error(codes::ERROR_MALFORMED, "flags"));
    }
    Ok(Flags {
        strict_timestamp: bits & FLAG_STRICT_TIMESTAMP != 0,
        access_list: bits & FLAG_ACCESS_LIST != 0,
        undo: bits & FLAG_UNDO != 0,
    })
}

pub fn ancestors(request: &mut Reader<'_>) -> Result<Vec<B256>> {
    let hashes = request.list(32, Reader::hash)?;
    if hashes.len() > ANCESTORS_MAX {
        return Err(error(codes::ERROR_MALFORMED, "more than 256 ancestors"));
    }
    Ok(hashes)
}

pub fn block_context(request: &mut Reader<'_>) -> Result<BlockContext> {
    Ok(BlockContext {
        number: request.u64()?,
        timestamp: request.u64()?,
        base_fee: request.u64()?,
        gas_limit: request.u64()?,
        coinbase: request.address()?,
        prev_randao: request.hash()?,
        excess_blob_gas: request.u64()?,
    })
}

pub fn withdrawals(request: &mut Reader<'_>) -> Result<Vec<Withdrawal>> {
    request.list(44, |request| {
        Ok(Withdrawal {
            index: request.u64()?,
            validator_index: request.u64()?,
            address: request.address()?,
            amount: request.u64()?,
        })
    })
}

pub fn account_updates(request: &mut Reader<'_>) -> Result<Vec<AccountUpdate>> {
    request.list(21, |request| {
        let address = request.address()?;
        let set = match request.u8()? {
            0 => None,
            1 => Some(SetFields {
                nonce: request.option(Reader::u64)?,
                balance: request.option(Reader::u256)?,
                code: request.option(owned_bytes)?,
                storage: request.list(64, |request| Ok((request.hash()?, request.u256()?)))?,
            }),
            _ => return Err(error(codes::ERROR_MALFORMED, "account update kind")),
        };
        Ok(AccountUpdate { address, set })
    })
}

pub fn owned_bytes(request: &mut Reader<'_>) -> Result<Bytes> {
    request.bytes().map(Bytes::copy_from_slice)
}
