//! Recovery against k256's own, and its refusals.

mod support;

use alloy_consensus::transaction::SignerRecoverable;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use cairn_core::{
    crypto::recover_sender,
    evm::{WideFees, check_stateless, decode_transaction},
    types::codes,
};
use support::{CHAIN, Seeded, Signer, market_tx};

#[test]
fn senders_are_those_of_k256() {
    let mut seeded = Seeded(3);
    for seed in 1..=20 {
        let signer = Signer::new(seed);
        let raw = signer.transfer(seeded.next() >> 1, Address::repeat_byte(seed), seeded.next());
        let tx = decode_transaction(&raw).expect("transaction");
        assert_eq!(recover_sender(&tx), Ok(signer.address()));
        assert_eq!(tx.recover_signer().ok(), Some(signer.address()));
        assert_eq!(check_stateless(&tx, &CHAIN), Ok(()));
    }
}

#[test]
fn damaged_signatures_give_another_sender_or_none() {
    let mut seeded = Seeded(4);
    let signer = Signer::new(1);
    let raw = signer.transfer(0, Address::ZERO, 1);
    for _ in 0..300 {
        let mut damaged = raw.clone();
        let at = damaged.len() - 1 - seeded.below(66) as usize;
        damaged[at] ^= 1 << seeded.below(8);
        if let Ok(tx) = decode_transaction(&damaged) {
            let expected = tx.recover_signer().map_err(|_| codes::TX_SIGNATURE);
            assert_eq!(recover_sender(&tx), expected);
            assert_ne!(expected, Ok(signer.address()));
        }
    }
}

#[test]
fn high_s_is_refused() {
    let raw = Signer::new(1).sign(market_tx(0, TxKind::Call(Address::ZERO), U256::ZERO, Bytes::new(), 21_000));
    let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
    let s_at = raw.len() - 32;
    let high = order - U256::from_be_slice(&raw[s_at..]);
    let mut damaged = raw;
    damaged[s_at..].copy_from_slice(&high.to_be_bytes::<32>());
    let tx = decode_transaction(&damaged).expect("transaction");
    assert_eq!(recover_sender(&tx), Err(codes::TX_SIGNATURE));
}

/// A type 2 transaction with these fees, signed.
fn wide_transaction(signer: &Signer, max_fee: U256, priority_fee: U256) -> Vec<u8> {
    let list = |fields: &[Vec<u8>]| {
        let mut bytes = vec![2];
        let payload_length = fields.iter().map(Vec::len).sum();
        alloy_rlp::Header { list: true, payload_length }.encode(&mut bytes);
        [bytes, fields.concat()].concat()
    };
    let number = |value: U256| alloy_rlp::encode(value);
    let mut fields = vec![
        number(U256::from(CHAIN.chain_id)),
        number(U256::ZERO),
        number(priority_fee),
        number(max_fee),
        number(U256::from(21_000)),
        alloy_rlp::encode(Address::repeat_byte(1)),
        number(U256::ZERO),
        vec![0x80],
        vec![0xc0],
    ];
    let (r, s, odd) = signer.sign_hash(&alloy_primitives::keccak256(list(&fields)));
    fields.extend([number(U256::from(u8::from(odd))), number(r), number(s)]);
    list(&fields)
}

#[test]
fn fees_above_128_bits_are_recovered_and_checked() {
    let signer = Signer::new(3);
    let wide = U256::from(1) << 200;
    let admit = |max_fee, priority_fee| {
        let raw = wide_transaction(&signer, max_fee, priority_fee);
        assert_eq!(decode_transaction(&raw).err(), Some(codes::TX_MALFORMED));
        let wide = WideFees::decode(&raw).expect("wide fees");
        assert_eq!((wide.max_fee, wide.priority_fee), (max_fee, priority_fee));
        assert_eq!(wide.hash, alloy_primitives::keccak256(&raw));
        (0..raw.len()).for_each(|length| drop(WideFees::decode(&raw[..length])));
        wide.admit(&CHAIN)
    };
    assert_eq!(admit(wide, U256::from(1)), Ok(signer.address()));
    assert_eq!(admit(wide, wide), Ok(signer.address()));
    assert_eq!(admit(wide, wide + U256::from(1)), Err(codes::TX_PRIORITY_FEE));
    assert_eq!(admit(U256::MAX, U256::ZERO), Err(codes::TX_FEE_OVERFLOW));
    let narrow = wide_transaction(&signer, U256::from(9), U256::from(1));
    assert!(decode_transaction(&narrow).is_ok() && WideFees::decode(&narrow).is_none());
}
