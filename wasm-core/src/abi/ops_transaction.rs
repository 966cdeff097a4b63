//! RECOVER: stateless admission checks and senders, for a pool without a native library.

use super::{reader::Reader, requests::chain, writer::Writer};
use crate::{
    evm::{TX_BYTES_MAX, Tx, WideFees, check_stateless, decode_transaction, max_fee_of, priority_fee_of, sender_of},
    types::{ChainRules, Result, codes},
};
use alloy_consensus::{Transaction, Typed2718};
use alloy_primitives::{Address, B256, U256};

pub fn recover(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let chain = chain(request)?;
    let raws = request.list(4, Reader::bytes)?;
    request.end()?;
    response.list(raws.into_iter(), |response, raw| match admit(raw, &chain) {
        Ok(admitted) => {
            response.u16(codes::TX_OK);
            write_transaction(response, &admitted, raw.len());
        }
        Err(code) => response.u16(code),
    });
    Ok(())
}

struct Admitted {
    tx: Tx,
    hash: B256,
    sender: Address,
    /// Max fee, priority fee, blob fee.
    fees: [U256; 3],
}

fn admit(raw: &[u8], chain: &ChainRules) -> core::result::Result<Admitted, u16> {
    if raw.len() > TX_BYTES_MAX {
        return Err(codes::TX_SIZE);
    }
    match decode_transaction(raw) {
        Ok(tx) => {
            check_stateless(&tx, chain)?;
            let sender = sender_of(&tx, chain)?;
            let fees = [max_fee_of(&tx), priority_fee_of(&tx), tx.max_fee_per_blob_gas().unwrap_or_default()];
            Ok(Admitted { hash: *tx.tx_hash(), sender, fees: fees.map(U256::from), tx })
        }
        Err(code) => {
            let wide = WideFees::decode(raw).ok_or(code)?;
            let sender = wide.admit(chain)?;
            let fees = [wide.max_fee, wide.priority_fee, wide.blob_fee];
            Ok(Admitted { tx: wide.capped, hash: wide.hash, sender, fees })
        }
    }
}

fn write_transaction(response: &mut Writer, admitted: &Admitted, size: usize) {
    let tx = &admitted.tx;
    response.hash(&admitted.hash);
    response.u8(tx.ty());
    response.address(&admitted.sender);
    response.u64(tx.nonce());
    response.u64(tx.gas_limit());
    admitted.fees.iter().for_each(|fee| response.u256(*fee));
    response.u256(tx.value());
    response.option(tx.to(), |response, to| response.address(&to));
    response.u32(size as u32);
    response.u32(tx.blob_versioned_hashes().map_or(0, <[_]>::len) as u32);
    response.u32(tx.authorization_list().map_or(0, <[_]>::len) as u32);
}
