//! Logs blooms of a block's receipts (Yellow Paper, 4.3.1). What a block logs repeats: one token's address and event, holders
//! who send and receive. So the hashes behind the bloom's bits are kept for the block.

use crate::crypto::keccak256;
use alloy_primitives::{Address, B256, Bloom, Log, map::B256Map};

/// Topics remembered; a block of nothing but logs has a hundred times as many, all different.
const TOPICS_MAX: usize = 4_096;

#[derive(Debug, Default)]
pub struct BloomHashes {
    topics: B256Map<B256>,
    address: Option<(Address, B256)>,
}

impl BloomHashes {
    pub fn bloom_of(&mut self, logs: &[Log]) -> Bloom {
        let mut bloom = Bloom::ZERO;
        for log in logs {
            bloom.m3_2048_hashed(&self.address_hash(&log.address));
            log.topics().iter().for_each(|topic| bloom.m3_2048_hashed(&self.topic_hash(topic)));
        }
        bloom
    }

    fn address_hash(&mut self, address: &Address) -> B256 {
        match self.address {
            Some((known, hash)) if known == *address => hash,
            _ => {
                let hash = keccak256(address);
                self.address = Some((*address, hash));
                hash
            }
        }
    }

    fn topic_hash(&mut self, topic: &B256) -> B256 {
        if let Some(hash) = self.topics.get(topic) {
            return *hash;
        }
        let hash = keccak256(topic);
        if self.topics.len() < TOPICS_MAX {
            self.topics.insert(*topic, hash);
        }
        hash
    }
}
