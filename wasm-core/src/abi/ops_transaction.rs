//! RECOVER: stateless admission checks and senders, for a pool without a native library.

use super::{reader::Reader, requests::chain, writer::Writer};
use crate::{
    crypto::recover_sender,
    evm::{TX_BYTES_MAX, Tx, check_stateless, decode_transaction, max_fee_of, priority_fee_of},
    types::{ChainRules, Result, codes},
};
use alloy_consensus::{Transaction, Typed2718};
use alloy_primitives::{Address, U256};

pub fn recover(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let chain = chain(request)?;
    let raws = request.list(4, Reader::bytes)?;
    request.end()?;
    response.list(raws.into_iter(), |response, raw| match admit(raw, &chain) {
        Ok((tx, sender)) => {
            response.u16(codes::TX_OK);
            write_transaction(response, &tx, &sender, raw.len());
        }
        Err(code) => response.u16(code),
    });
    Ok(())
}

fn admit(raw: &[u8], chain: &ChainRules) -> core::result::Result<(Tx, Address), u16> {
    if raw.len() > TX_BYTES_MAX {
        return Err(codes::TX_SIZE);
    }
    let tx = decode_transaction(raw)?;
    check_stateless(&tx, chain)?;
    let sender = recover_sender(&tx)?;
    Ok((tx, sender))
}

fn write_transaction(response: &mut Writer, tx: &Tx, sender: &Address, size: usize) {
    response.hash(tx.tx_hash());
    response.u8(tx.ty());
    response.address(sender);
    response.u64(tx.nonce());
    response.u64(tx.gas_limit());
    response.u256(U256::from(max_fee_of(tx)));
    response.u256(U256::from(priority_fee_of(tx)));
    response.u256(U256::from(tx.max_fee_per_blob_gas().unwrap_or_default()));
    response.u256(tx.value());
    response.option(tx.to(), |response, to| response.address(&to));
    response.u32(size as u32);
    response.u32(tx.blob_versioned_hashes().map_or(0, <[_]>::len) as u32);
    response.u32(tx.authorization_list().map_or(0, <[_]>::len) as u32);
}
