//! Logs blooms of a block's receipts (Yellow Paper, 4.3.1), when all receipts are there: then the hashes behind the bloom's
//! bits are computed together, and those of topics that repeat (one token's event, holders who send and receive) once.

use crate::crypto::keccak256_each;
use alloy_consensus::ReceiptEnvelope;
use alloy_primitives::{Bloom, map::HashMap};

/// Addresses and topics hashed together; a block of nothing but logs has a hundred times as many, all different.
const HASHED_MAX: usize = 4_096;

pub fn fill_blooms(receipts: &mut [ReceiptEnvelope]) {
    let mut rest = receipts;
    while !rest.is_empty() {
        let (batch, after) = rest.split_at_mut(batch_size(rest));
        fill_batch(batch);
        rest = after;
    }
}

fn batch_size(receipts: &[ReceiptEnvelope]) -> usize {
    let mut items = 0;
    let fits = |receipt: &&ReceiptEnvelope| {
        items += receipt.logs().iter().map(|log| 1 + log.topics().len()).sum::<usize>();
        items <= HASHED_MAX
    };
    receipts.iter().take_while(fits).count().max(1)
}

fn fill_batch(receipts: &mut [ReceiptEnvelope]) {
    // What is hashed, and for every occurrence its place there.
    let mut items: Vec<&[u8]> = Vec::new();
    let mut known: HashMap<&[u8], usize> = HashMap::default();
    let mut places: Vec<usize> = Vec::new();
    for log in receipts.iter().flat_map(|receipt| receipt.logs()) {
        let address: &[u8] = log.address.as_slice();
        for item in core::iter::once(address).chain(log.topics().iter().map(|topic| topic.as_slice())) {
            let place = *known.entry(item).or_insert(items.len());
            if place == items.len() {
                items.push(item);
            }
            places.push(place);
        }
    }
    drop(known);
    let hashes = keccak256_each(&items);
    let mut places = places.into_iter();
    for receipt in receipts {
        let count = receipt.logs().iter().map(|log| 1 + log.topics().len()).sum();
        let mut bloom = Bloom::ZERO;
        places.by_ref().take(count).for_each(|place| bloom.m3_2048_hashed(&hashes[place]));
        if let Some(receipt) = receipt.as_receipt_with_bloom_mut() {
            receipt.logs_bloom = bloom;
        }
    }
}
