//! Recovery against k256's own, and its refusals.

mod support;

use alloy_consensus::transaction::SignerRecoverable;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use cairn_core::{
    crypto::recover_sender,
    evm::{check_stateless, decode_transaction},
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
