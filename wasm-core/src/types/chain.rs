//! The rules of one chain, in the form revm and alloy-evm ask for them. Cairn runs Osaka; the older forks exist for
//! imported Ethereum chains and the official tests.

use super::{Result, codes, error};
use alloy_eips::eip7840::BlobParams;
use alloy_evm::eth::spec::EthExecutorSpec;
use alloy_hardforks::{EthereumHardfork, EthereumHardforks, ForkCondition};
use alloy_primitives::Address;

/// EIP-7594: no transaction carries more blobs than this, whatever the block may hold.
const MAX_BLOBS_PER_TX_OSAKA: u64 = 6;
/// EIP-7918: execution gas that pays for a blob's base cost.
const BLOB_BASE_COST_OSAKA: u64 = 1 << 13;
/// e^64 stays below 2^128, so the blob fee of any admitted excess is computable.
const MAX_EXCESS_PER_FRACTION: u128 = 64;

/// Oldest first. The glaciers only move the difficulty bomb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fork {
    Frontier,
    Homestead,
    TangerineWhistle,
    SpuriousDragon,
    Byzantium,
    Constantinople,
    Petersburg,
    Istanbul,
    MuirGlacier,
    Berlin,
    London,
    ArrowGlacier,
    GrayGlacier,
    Paris,
    Shanghai,
    Cancun,
    Prague,
    Osaka,
}

/// Newest first: the place is the code of ABI.md.
const FORKS: [(Fork, EthereumHardfork); 18] = [
    (Fork::Osaka, EthereumHardfork::Osaka),
    (Fork::Prague, EthereumHardfork::Prague),
    (Fork::Cancun, EthereumHardfork::Cancun),
    (Fork::Shanghai, EthereumHardfork::Shanghai),
    (Fork::Paris, EthereumHardfork::Paris),
    (Fork::GrayGlacier, EthereumHardfork::GrayGlacier),
    (Fork::ArrowGlacier, EthereumHardfork::ArrowGlacier),
    (Fork::London, EthereumHardfork::London),
    (Fork::Berlin, EthereumHardfork::Berlin),
    (Fork::MuirGlacier, EthereumHardfork::MuirGlacier),
    (Fork::Istanbul, EthereumHardfork::Istanbul),
    (Fork::Petersburg, EthereumHardfork::Petersburg),
    // revm and alloy-evm know no Constantinople: `Machine` adds its SSTORE to Petersburg's rules.
    (Fork::Constantinople, EthereumHardfork::Petersburg),
    (Fork::Byzantium, EthereumHardfork::Byzantium),
    (Fork::SpuriousDragon, EthereumHardfork::SpuriousDragon),
    (Fork::TangerineWhistle, EthereumHardfork::Tangerine),
    (Fork::Homestead, EthereumHardfork::Homestead),
    (Fork::Frontier, EthereumHardfork::Frontier),
];

impl Fork {
    pub fn from_code(code: u8) -> Result<Self> {
        let known = FORKS.get(usize::from(code)).map(|(fork, _)| *fork);
        known.ok_or_else(|| error(codes::ERROR_FORK, "unknown fork"))
    }

    fn newest_hardfork(self) -> EthereumHardfork {
        FORKS[Self::Osaka as usize - self as usize].1
    }
}

#[derive(Clone, Copy, Debug)]
pub struct ChainRules {
    pub chain_id: u64,
    pub fork: Fork,
    pub blob_target: u32,
    pub blob_max: u32,
    pub blob_fraction: u64,
    /// EIP-6110: whose logs are deposits.
    pub deposit_contract: Address,
}

impl ChainRules {
    /// `None` before Cancun.
    pub fn blob_params(&self) -> Option<BlobParams> {
        if self.fork < Fork::Cancun {
            return None;
        }
        let max = u64::from(self.blob_max);
        let osaka = self.fork >= Fork::Osaka;
        Some(BlobParams {
            target_blob_count: u64::from(self.blob_target),
            max_blob_count: max,
            update_fraction: u128::from(self.blob_fraction),
            min_blob_fee: 1,
            max_blobs_per_tx: if osaka { max.min(MAX_BLOBS_PER_TX_OSAKA) } else { max },
            blob_base_cost: if osaka { BLOB_BASE_COST_OSAKA } else { 0 },
        })
    }

    /// An excess above this would overflow the fee formula; no valid chain comes near it.
    pub fn excess_blob_gas_is_sane(&self, excess: u64) -> bool {
        u128::from(excess) <= MAX_EXCESS_PER_FRACTION * u128::from(self.blob_fraction)
    }

    /// EIP-4844/7918 successor of the parent's excess; 0 on a chain without blobs (max 0 would divide by zero).
    pub fn next_excess_blob_gas(&self, excess: u64, used: u64, base_fee: u64) -> u64 {
        match self.blob_params() {
            Some(params) if params.max_blob_count > 0 => {
                params.next_block_excess_blob_gas_osaka(excess, used, base_fee)
            }
            _ => 0,
        }
    }
}

impl EthereumHardforks for ChainRules {
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        if fork > self.fork.newest_hardfork() {
            ForkCondition::Never
        } else if fork == EthereumHardfork::Dao {
            // Its irregular state change belongs to mainnet's history only.
            ForkCondition::Never
        } else if fork <= EthereumHardfork::Paris {
            ForkCondition::Block(0)
        } else {
            ForkCondition::Timestamp(0)
        }
    }
}

impl EthExecutorSpec for ChainRules {
    fn deposit_contract_address(&self) -> Option<Address> {
        Some(self.deposit_contract)
    }
}
