//! Packing of a block: candidates in the caller's order, each tried once, refused ones left out with their code.

use super::{
    block_run::{BlockRun, RunInput},
    body_roots::{receipt_roots, transactions_root, withdrawals_root},
    execute::{BLOCK_RLP_BYTES_MAX, with_parent},
    header::{check_extra_data, decode_parent, header_rlp},
    outcome::{Flags, Outcome},
    prefetch::prefetch,
    transaction::{Tx, check_stateless, decode_transaction},
    wide_fees::WideFees,
};
use crate::{
    crypto::{keccak256, recover_sender},
    state::{StateReader, commit_accounts},
    types::{ChainRules, Fork, Result, codes, error},
};
use alloy_consensus::{Block, BlockBody, Header, Transaction, transaction::Recovered};
use alloy_eips::{
    Encodable2718,
    eip1559::calculate_block_gas_limit,
    eip4895::{Withdrawal, Withdrawals},
};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Encodable;

/// Header, list headers and a margin, counted against the payload size before any transaction.
const PAYLOAD_OVERHEAD_BYTES: usize = 1_024;
const WITHDRAWAL_BYTES_MAX: usize = 64;
const TX_LIST_HEADER_BYTES: usize = 5;
/// Rule 12 of the transaction codes.
pub const TX_BYTES_MAX: usize = 1 << 20;

pub struct Candidate<'a> {
    pub sender: Option<Address>,
    pub raw: &'a [u8],
}

pub struct BuildRequest<'a> {
    pub chain: ChainRules,
    pub flags: Flags,
    pub parent_header_rlp: &'a [u8],
    pub ancestors: Vec<B256>,
    pub timestamp: u64,
    pub prev_randao: B256,
    pub fee_recipient: Address,
    pub gas_limit_target: u64,
    pub extra_data: Bytes,
    pub parent_beacon_block_root: B256,
    pub withdrawals: Vec<Withdrawal>,
    /// 0 = only the gas limit.
    pub gas_budget: u64,
    /// 0 = EIP-7934's limit.
    pub payload_size_max: usize,
    pub candidates: Vec<Candidate<'a>>,
}

pub struct Built {
    pub candidate_codes: Vec<u16>,
    pub block_rlp: Vec<u8>,
    pub header_rlp: Vec<u8>,
    pub outcome: Outcome,
}

pub fn build_block(reader: &StateReader<'_>, request: BuildRequest<'_>) -> Result<Built> {
    let chain = &request.chain;
    if chain.fork < Fork::Paris {
        return Err(error(codes::ERROR_FORK, "blocks of proof of work are not built"));
    }
    let parent = decode_parent(request.parent_header_rlp, chain)?;
    parent.check_timestamp(request.timestamp, request.flags)?;
    check_extra_data(&request.extra_data)?;
    let withdrawals = (chain.fork >= Fork::Shanghai).then_some(request.withdrawals);
    let mut header = Header {
        parent_hash: parent.hash,
        number: parent.header.number + 1,
        timestamp: request.timestamp,
        gas_limit: calculate_block_gas_limit(parent.header.gas_limit, request.gas_limit_target)
            .clamp(5_000, i64::MAX as u64),
        base_fee_per_gas: parent.next_base_fee(chain),
        beneficiary: request.fee_recipient,
        mix_hash: request.prev_randao,
        extra_data: request.extra_data,
        withdrawals_root: withdrawals.as_deref().map(withdrawals_root),
        excess_blob_gas: parent.next_excess_blob_gas(chain),
        parent_beacon_block_root: (chain.fork >= Fork::Cancun).then_some(request.parent_beacon_block_root),
        ..Header::default()
    };
    let ancestors = with_parent(request.ancestors, parent.hash);
    let decoded: Vec<_> = request.candidates.iter().map(|candidate| decode_candidate(candidate, chain)).collect();
    let wanted = decoded
        .iter()
        .zip(&request.candidates)
        .filter_map(|(tx, candidate)| Some((candidate.sender, tx.as_ref().ok()?)));
    prefetch(reader, &header, wanted, withdrawals.as_deref().unwrap_or_default());
    let input = RunInput {
        header: &header,
        parent_root: parent.header.state_root,
        ancestors: &ancestors,
        ommers: &[],
        withdrawals: withdrawals.as_deref(),
        with_access_list: request.flags.access_list,
    };
    let mut run = BlockRun::new(reader, chain, input);
    run.begin()?;
    let room = Room::new(chain, &header, request.gas_budget, request.payload_size_max, withdrawals.as_deref());
    let (candidate_codes, transactions) = pack(&mut run, room, decoded, &request.candidates);
    let effects = run.end()?;

    let receipts = receipt_roots(&effects.receipts);
    let committed = commit_accounts(reader, parent.header.state_root, effects.changes)?;
    header.state_root = committed.root;
    header.transactions_root = transactions_root(transactions.iter().map(Encodable2718::encoded_2718));
    header.receipts_root = receipts.root;
    header.logs_bloom = receipts.bloom;
    header.gas_used = effects.gas_used;
    header.blob_gas_used = (chain.fork >= Fork::Cancun).then_some(effects.blob_gas_used);
    header.requests_hash = (chain.fork >= Fork::Prague).then(|| effects.requests.requests_hash());
    let header_rlp = header_rlp(&header);
    let body = BlockBody { transactions, ommers: Vec::new(), withdrawals: withdrawals.map(Withdrawals::new) };
    let mut block_rlp = Vec::new();
    Block { header, body }.encode(&mut block_rlp);
    let outcome = Outcome {
        block_hash: keccak256(&header_rlp),
        state_root: committed.root,
        receipts_root: receipts.root,
        gas_used: effects.gas_used,
        blob_gas_used: effects.blob_gas_used,
        logs_bloom: receipts.bloom,
        receipts: effects.receipts,
        receipts_rlp: receipts.rlp,
        transactions: effects.transactions,
        requests: effects.requests,
        access_list: effects.access_list,
        changeset: committed.changeset,
    };
    Ok(Built { candidate_codes, block_rlp, header_rlp, outcome })
}

/// What is left in the block.
struct Room {
    gas_max: u64,
    budget_max: u64,
    bytes: usize,
    blob_gas: u64,
}

impl Room {
    fn new(
        chain: &ChainRules,
        header: &Header,
        gas_budget: u64,
        payload_size_max: usize,
        withdrawals: Option<&[Withdrawal]>,
    ) -> Self {
        let size_max =
            if payload_size_max == 0 { BLOCK_RLP_BYTES_MAX } else { payload_size_max.min(BLOCK_RLP_BYTES_MAX) };
        let fixed = PAYLOAD_OVERHEAD_BYTES + withdrawals.map_or(0, <[_]>::len) * WITHDRAWAL_BYTES_MAX;
        Self {
            gas_max: header.gas_limit,
            budget_max: if gas_budget == 0 { u64::MAX } else { gas_budget },
            bytes: size_max.saturating_sub(fixed),
            blob_gas: chain.blob_params().map_or(0, |params| params.max_blob_gas_per_block()),
        }
    }

    /// A transaction counts with its gas limit until it has run: it may use all of it.
    fn check(&self, tx: &Tx, size: usize, gas_used: u64) -> core::result::Result<(), u16> {
        let after = gas_used.saturating_add(tx.gas_limit());
        if after > self.gas_max {
            return Err(codes::TX_NO_GAS_LEFT);
        }
        if after > self.budget_max {
            return Err(codes::TX_NO_BUDGET_LEFT);
        }
        if size + TX_LIST_HEADER_BYTES > self.bytes {
            return Err(codes::TX_NO_SIZE_LEFT);
        }
        if tx.blob_gas_used().unwrap_or_default() > self.blob_gas {
            return Err(codes::TX_NO_BLOB_LEFT);
        }
        Ok(())
    }

    fn take(&mut self, tx: &Tx, size: usize) {
        self.bytes -= size + TX_LIST_HEADER_BYTES;
        self.blob_gas -= tx.blob_gas_used().unwrap_or_default();
    }
}

fn decode_candidate(candidate: &Candidate<'_>, chain: &ChainRules) -> core::result::Result<Tx, u16> {
    if candidate.raw.len() > TX_BYTES_MAX {
        return Err(codes::TX_SIZE);
    }
    let tx = decode_transaction(candidate.raw).map_err(|code| match WideFees::decode(candidate.raw) {
        Some(wide) => wide.admit(chain).err().unwrap_or(codes::TX_FUNDS),
        None => code,
    })?;
    check_stateless(&tx, chain)?;
    Ok(tx)
}

/// @param decoded one per candidate. @return a code per candidate, and the transactions included.
fn pack(
    run: &mut BlockRun<'_>,
    mut room: Room,
    decoded: Vec<core::result::Result<Tx, u16>>,
    candidates: &[Candidate<'_>],
) -> (Vec<u16>, Vec<Tx>) {
    let mut candidate_codes = Vec::with_capacity(candidates.len());
    let mut transactions = Vec::new();
    for (tx, candidate) in decoded.into_iter().zip(candidates) {
        let code = match tx.and_then(|tx| pack_one(run, &mut room, tx, candidate)) {
            Ok(tx) => {
                transactions.push(tx);
                codes::TX_OK
            }
            Err(code) => code,
        };
        candidate_codes.push(code);
    }
    (candidate_codes, transactions)
}

fn pack_one(
    run: &mut BlockRun<'_>,
    room: &mut Room,
    tx: Tx,
    candidate: &Candidate<'_>,
) -> core::result::Result<Tx, u16> {
    let size = candidate.raw.len();
    room.check(&tx, size, run.gas_used())?;
    let sender = match candidate.sender {
        Some(sender) => sender,
        None => recover_sender(&tx)?,
    };
    let recovered = Recovered::new_unchecked(tx, sender);
    run.execute(&recovered, *recovered.inner().tx_hash())?;
    let tx = recovered.into_inner();
    room.take(&tx, size);
    Ok(tx)
}
