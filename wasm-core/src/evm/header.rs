//! A header's fields against its parent's: what can be said before execution. Sources: EIP-1559, 3675, 4399, 4844, 4895,
//! 7685, 7918, and the Yellow Paper for the gas limit. The seal of a proof-of-work header (nonce, mix hash) is not checked. Deviation from Ethereum: a timestamp equal to the parent's is good unless the
//! strict rule is asked for, since Cairn makes several blocks a second.

use super::{difficulty::next_difficulty, outcome::Flags};
use crate::types::{ChainRules, Fork, Result, codes, error, invalid};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip1559::{BaseFeeParams, INITIAL_BASE_FEE};
use alloy_primitives::{B64, B256, U256, keccak256};
use alloy_rlp::{Decodable, Encodable};

const GAS_LIMIT_MIN: u64 = 5_000;
const GAS_LIMIT_MAX: u64 = i64::MAX as u64;
const GAS_LIMIT_DIVISOR: u64 = 1_024;
const EXTRA_DATA_BYTES_MAX: usize = 32;

/// The parent as this node holds it; it is trusted to be a valid header, not to be well-formed bytes.
pub struct Parent {
    pub header: Header,
    pub hash: B256,
}

pub fn decode_parent(rlp: &[u8], chain: &ChainRules) -> Result<Parent> {
    let mut rest = rlp;
    let header = Header::decode(&mut rest).map_err(|_| error(codes::ERROR_PARENT_HEADER, "parent header"))?;
    let sane = header.excess_blob_gas.is_none_or(|excess| chain.excess_blob_gas_is_sane(excess))
        && header.blob_gas_used.is_none_or(|used| chain.excess_blob_gas_is_sane(used))
        && header.gas_limit >= GAS_LIMIT_MIN
        && header.gas_limit <= GAS_LIMIT_MAX
        && header.gas_used <= header.gas_limit
        && (header.base_fee_per_gas.is_some() || chain.fork <= Fork::Paris)
        && header.number < GAS_LIMIT_MAX;
    if !rest.is_empty() || !sane {
        return Err(error(codes::ERROR_PARENT_HEADER, "parent header"));
    }
    Ok(Parent { header, hash: keccak256(rlp) })
}

impl Parent {
    /// `None` before London.
    pub fn next_base_fee(&self, chain: &ChainRules) -> Option<u64> {
        let next = self.header.next_block_base_fee(BaseFeeParams::ethereum()).unwrap_or(INITIAL_BASE_FEE);
        (chain.fork >= Fork::London).then_some(next)
    }

    /// EIP-1559: the first block of London has twice the room, so that the target stays where the limit was.
    fn gas_limit_for(&self, chain: &ChainRules) -> u64 {
        let is_transition = chain.fork >= Fork::London && self.header.base_fee_per_gas.is_none();
        if is_transition { self.header.gas_limit * 2 } else { self.header.gas_limit }
    }

    /// `None` before Cancun.
    pub fn next_excess_blob_gas(&self, chain: &ChainRules) -> Option<u64> {
        let excess = self.header.excess_blob_gas.unwrap_or_default();
        let used = self.header.blob_gas_used.unwrap_or_default();
        let base_fee = self.header.base_fee_per_gas.unwrap_or_default();
        (chain.fork >= Fork::Cancun).then(|| chain.next_excess_blob_gas(excess, used, base_fee))
    }

    pub fn check_timestamp(&self, timestamp: u64, flags: Flags) -> Result<()> {
        let parent = self.header.timestamp;
        let good = if flags.strict_timestamp { timestamp > parent } else { timestamp >= parent };
        ensure(good, codes::BLOCK_TIMESTAMP, "timestamp before the parent's")
    }
}

pub fn check_extra_data(extra_data: &[u8]) -> Result<()> {
    ensure(extra_data.len() <= EXTRA_DATA_BYTES_MAX, codes::BLOCK_EXTRA_DATA, "extra data above 32 bytes")
}

pub fn check_header(header: &Header, parent: &Parent, chain: &ChainRules, flags: Flags) -> Result<()> {
    ensure(header.parent_hash == parent.hash, codes::BLOCK_PARENT_HASH, "parent hash")?;
    ensure(header.number == parent.header.number + 1, codes::BLOCK_NUMBER, "number")?;
    parent.check_timestamp(header.timestamp, flags)?;
    check_gas_limit(header.gas_limit, parent.gas_limit_for(chain))?;
    ensure(header.gas_used <= header.gas_limit, codes::BLOCK_GAS_ABOVE_LIMIT, "gas used above the limit")?;
    ensure(header.base_fee_per_gas == parent.next_base_fee(chain), codes::BLOCK_BASE_FEE, "base fee")?;
    check_extra_data(&header.extra_data)?;
    check_consensus_fields(header, parent, chain)?;
    check_fork_fields(header, chain)?;
    let excess = parent.next_excess_blob_gas(chain);
    ensure(header.excess_blob_gas == excess, codes::BLOCK_EXCESS_BLOB_GAS, "excess blob gas")?;
    let sane = excess.is_none_or(|excess| chain.excess_blob_gas_is_sane(excess));
    ensure(sane, codes::BLOCK_EXCESS_BLOB_GAS, "excess blob gas beyond computing")
}

/// A header alone, as an ommer has it. @return its hash.
pub fn verify_header(rlp: &[u8], parent: &Parent, chain: &ChainRules, flags: Flags) -> Result<B256> {
    let mut rest = rlp;
    let header = Header::decode(&mut rest).map_err(|_| invalid(codes::BLOCK_MALFORMED, "header RLP"))?;
    ensure(rest.is_empty() && header_rlp(&header) == rlp, codes::BLOCK_MALFORMED, "header RLP is not canonical")?;
    check_header(&header, parent, chain, flags)?;
    Ok(keccak256(rlp))
}

/// EIP-3675: from Paris on constants, before it the difficulty's own rule. The body's ommers are not looked at here.
fn check_consensus_fields(header: &Header, parent: &Parent, chain: &ChainRules) -> Result<()> {
    if chain.fork < Fork::Paris {
        let difficulty = next_difficulty(chain.fork, header.timestamp, &parent.header);
        return ensure(header.difficulty == difficulty, codes::BLOCK_DIFFICULTY, "difficulty");
    }
    let proof_of_work = header.difficulty != U256::ZERO || header.nonce != B64::ZERO;
    ensure(!proof_of_work, codes::BLOCK_DIFFICULTY, "difficulty or nonce")?;
    ensure(header.ommers_hash == EMPTY_OMMER_ROOT_HASH, codes::BLOCK_OMMERS, "ommers hash")
}

fn check_gas_limit(limit: u64, parent: u64) -> Result<()> {
    let bound = parent / GAS_LIMIT_DIVISOR;
    let good = limit.abs_diff(parent) < bound && (GAS_LIMIT_MIN..=GAS_LIMIT_MAX).contains(&limit);
    ensure(good, codes::BLOCK_GAS_LIMIT, "gas limit")
}

/// Each fork's fields are there from it on and not before; those after Osaka never are.
fn check_fork_fields(header: &Header, chain: &ChainRules) -> Result<()> {
    let shanghai = chain.fork >= Fork::Shanghai;
    let cancun = chain.fork >= Fork::Cancun;
    let prague = chain.fork >= Fork::Prague;
    let good = header.withdrawals_root.is_some() == shanghai
        && header.blob_gas_used.is_some() == cancun
        && header.excess_blob_gas.is_some() == cancun
        && header.parent_beacon_block_root.is_some() == cancun
        && header.requests_hash.is_some() == prague
        && header.block_access_list_hash.is_none()
        && header.slot_number.is_none();
    ensure(good, codes::BLOCK_FORK_FIELD, "header fields of another fork")
}

pub fn ensure(good: bool, code: u16, message: &str) -> Result<()> {
    if good { Ok(()) } else { Err(invalid(code, message)) }
}

pub fn header_rlp(header: &Header) -> Vec<u8> {
    let mut rlp = Vec::with_capacity(640);
    header.encode(&mut rlp);
    rlp
}
