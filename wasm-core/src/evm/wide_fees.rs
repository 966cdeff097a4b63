//! Transactions with a fee above 2^128 − 1. They are well-formed and have a hash and a sender, but alloy holds fees in
//! 128 bits, and no account can pay such a fee: they are recovered, never executed.

use super::transaction::{Tx, check_stateless, decode_transaction};
use crate::{
    crypto::{keccak256, recover_signer},
    types::{ChainRules, codes},
};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, U256};
use alloy_rlp::Header;

/// Fields after the signed ones: v (or parity), r, s.
const SIGNATURE_FIELDS: usize = 3;
/// EIP-155: v from here on names a chain.
const FIRST_CHAIN_V: u64 = 35;

/// Such a transaction, with its fees as they are.
#[derive(Debug)]
pub struct WideFees {
    /// The same transaction with each fee cut to 2^128 − 1: its other fields are right, its hash and signature are not.
    pub capped: Tx,
    pub hash: B256,
    pub max_fee: U256,
    pub priority_fee: U256,
    pub blob_fee: U256,
    signature_hash: B256,
}

impl WideFees {
    /// `None` unless a wide fee is all that keeps the bytes from being a transaction.
    pub fn decode(raw: &[u8]) -> Option<Self> {
        let type_byte = raw.first().copied().filter(|first| *first < 0xc0);
        let fields = list_fields(&raw[usize::from(type_byte.is_some())..])?;
        // Places of max fee, priority fee and blob fee.
        let places: &[usize] = match type_byte {
            None => &[1],
            Some(1) => &[2],
            Some(2 | 4) => &[3, 2],
            Some(3) => &[3, 2, 9],
            Some(_) => return None,
        };
        let mut fees = [U256::ZERO; 3];
        let mut capped: Vec<Vec<u8>> = fields.iter().map(|field| field.to_vec()).collect();
        for (fee, place) in fees.iter_mut().zip(places) {
            let mut rest = *fields.get(*place)?;
            *fee = <U256 as alloy_rlp::Decodable>::decode(&mut rest).ok()?;
            capped[*place] = alloy_rlp::encode((*fee).min(U256::from(u128::MAX)));
        }
        if fees.iter().all(|fee| *fee <= U256::from(u128::MAX)) {
            return None;
        }
        let capped = decode_transaction(&encode_list(type_byte, capped.iter().map(Vec::as_slice))).ok()?;
        let [max_fee, priority_fee, blob_fee] = fees;
        let priority_fee = if places.len() == 1 { max_fee } else { priority_fee };
        let signature_hash = keccak256(signed_bytes(type_byte, &fields)?);
        Some(Self { capped, hash: keccak256(raw), max_fee, priority_fee, blob_fee, signature_hash })
    }

    /// @return the sender, or a transaction code.
    pub fn admit(&self, chain: &ChainRules) -> Result<Address, u16> {
        check_stateless(&self.capped, chain)?;
        if self.priority_fee > self.max_fee {
            return Err(codes::TX_PRIORITY_FEE);
        }
        if U256::from(self.capped.gas_limit()).checked_mul(self.max_fee).is_none() {
            return Err(codes::TX_FEE_OVERFLOW);
        }
        recover_signer(self.capped.signature(), &self.signature_hash)
    }
}

/// What the sender signed: the fields but the signature, for a legacy transaction of one chain with EIP-155's tail.
fn signed_bytes(type_byte: Option<u8>, fields: &[&[u8]]) -> Option<Vec<u8>> {
    let mut signed = fields[..fields.len().checked_sub(SIGNATURE_FIELDS)?].to_vec();
    let mut rest = fields[signed.len()];
    let v = <u64 as alloy_rlp::Decodable>::decode(&mut rest).ok()?;
    let chain_id = alloy_rlp::encode(v.saturating_sub(FIRST_CHAIN_V) / 2);
    if type_byte.is_none() && v >= FIRST_CHAIN_V {
        signed.extend([&chain_id[..], &[alloy_rlp::EMPTY_STRING_CODE], &[alloy_rlp::EMPTY_STRING_CODE]]);
    }
    Some(encode_list(type_byte, signed.into_iter()))
}

fn encode_list<'a>(type_byte: Option<u8>, fields: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    let payload_length = fields.clone().map(<[u8]>::len).sum();
    let mut bytes: Vec<u8> = type_byte.into_iter().collect();
    Header { list: true, payload_length }.encode(&mut bytes);
    fields.for_each(|field| bytes.extend_from_slice(field));
    bytes
}

/// The whole encodings of the list's fields.
fn list_fields(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = bytes;
    let header = Header::decode(&mut rest).ok()?;
    if !header.list || header.payload_length != rest.len() {
        return None;
    }
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let mut after = rest;
        let header = Header::decode(&mut after).ok()?;
        // A single byte is its own payload: its header takes nothing.
        let after = after.get(header.payload_length..)?;
        let (field, next) = rest.split_at(rest.len() - after.len());
        fields.push(field);
        rest = next;
    }
    Some(fields)
}
