//! The roots of a block's lists, and the encodings that they and the response share.

use crate::mpt::ordered_root;
use alloy_consensus::{ReceiptEnvelope, TxReceipt};
use alloy_eips::{Encodable2718, eip4895::Withdrawal};
use alloy_primitives::{B256, Bloom};
use alloy_rlp::Encodable;

const EMPTY_LIST: u8 = 0xc0;
const LIST_HEADER_BYTES_MAX: usize = 9;

/// What a header says of its receipts, and the receipts' encoding.
pub struct ReceiptRoots {
    pub root: B256,
    pub bloom: Bloom,
    pub rlp: Vec<u8>,
}

pub fn receipt_roots(receipts: &[ReceiptEnvelope]) -> ReceiptRoots {
    let bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom());
    let encoded: Vec<Vec<u8>> = receipts.iter().map(Encodable2718::encoded_2718).collect();
    // In a list a typed receipt is a string, one of the first type is the list that it is.
    let is_typed = |receipt: &[u8]| receipt.first().is_some_and(|first| *first < EMPTY_LIST);
    let size = |receipt: &Vec<u8>| if is_typed(receipt) { receipt.as_slice().length() } else { receipt.len() };
    let payload_length = encoded.iter().map(size).sum();
    let mut rlp = Vec::with_capacity(payload_length + LIST_HEADER_BYTES_MAX);
    alloy_rlp::Header { list: true, payload_length }.encode(&mut rlp);
    for receipt in &encoded {
        if is_typed(receipt) {
            receipt.as_slice().encode(&mut rlp);
        } else {
            rlp.extend_from_slice(receipt);
        }
    }
    ReceiptRoots { root: ordered_root(encoded.iter()), bloom, rlp }
}

/// The transactions of a well-formed block as they stand in its bytes, in EIP-2718's form.
pub fn raw_transactions(block_rlp: &[u8]) -> alloy_rlp::Result<Vec<&[u8]>> {
    let mut rest = block_rlp;
    let mut block = alloy_rlp::Header::decode_bytes(&mut rest, true)?;
    alloy_rlp::Header::decode_bytes(&mut block, true)?;
    let mut list = alloy_rlp::Header::decode_bytes(&mut block, true)?;
    let mut raws = Vec::new();
    while !list.is_empty() {
        let whole = list;
        let header = alloy_rlp::Header::decode(&mut list)?;
        let (payload, rest) = list.split_at_checked(header.payload_length).ok_or(alloy_rlp::Error::InputTooShort)?;
        raws.push(if header.list { &whole[..whole.len() - rest.len()] } else { payload });
        list = rest;
    }
    Ok(raws)
}

/// @param raws in EIP-2718's form
pub fn transactions_root<V: AsRef<[u8]>>(raws: impl Iterator<Item = V>) -> B256 {
    ordered_root(raws)
}

pub fn withdrawals_root(withdrawals: &[Withdrawal]) -> B256 {
    ordered_root(withdrawals.iter().map(alloy_rlp::encode))
}
