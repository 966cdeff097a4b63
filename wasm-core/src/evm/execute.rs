//! Verification of a block: header, body, execution, roots. Consensus, proposer and replay all come through here.

use super::{
    block_run::{BlockEffects, BlockRun, RunInput},
    body_roots::{ReceiptRoots, raw_transactions, receipt_roots, transactions_root, withdrawals_root},
    header::{Parent, check_header, decode_parent, ensure},
    outcome::{Flags, Outcome},
    prefetch::prefetch,
    transaction::{Tx, check_stateless, sender_of},
};
use crate::{
    crypto::{keccak256, keccak256_each},
    state::{StateReader, audit, commit_accounts},
    types::{ChainRules, Failure, Fork, Result, codes, error, invalid},
};
use alloy_consensus::{Block, Header, Transaction, transaction::Recovered};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256};
use alloy_rlp::{Decodable, Encodable};

/// EIP-7934: 10 MiB less a margin of 2 MiB for the consensus block around it.
pub const BLOCK_RLP_BYTES_MAX: usize = 10_485_760 - 2_097_152;

const OMMERS_MAX: usize = 2;
/// Generations between an ommer and the block that names it.
const OMMER_DEPTH_MAX: u64 = 6;

pub struct ExecuteRequest<'a> {
    pub chain: ChainRules,
    pub flags: Flags,
    pub parent_header_rlp: &'a [u8],
    pub block_rlp: &'a [u8],
    /// Empty, or one per transaction; the zero address asks for recovery.
    pub senders: Vec<Address>,
    pub ancestors: Vec<B256>,
}

pub fn execute_block(reader: &StateReader<'_>, request: ExecuteRequest<'_>) -> Result<Outcome> {
    let parent = decode_parent(request.parent_header_rlp, &request.chain)?;
    let result = verify_block(reader, &request, &parent);
    if let Err(Failure::Invalid(code, _)) = &result
        && depends_on_state(*code)
        && !reader.is_stateless()
    {
        audit(reader, parent.header.state_root)?;
    }
    result
}

/// Findings that a damaged store could cause as well as a bad block.
fn depends_on_state(code: u16) -> bool {
    code >= codes::BLOCK_TX_BASE + codes::TX_NONCE_LOW || (code >= codes::BLOCK_GAS_USED && code < codes::BLOCK_TX_BASE)
}

fn verify_block(reader: &StateReader<'_>, request: &ExecuteRequest<'_>, parent: &Parent) -> Result<Outcome> {
    let chain = &request.chain;
    let block = decode_block(request.block_rlp, chain)?;
    let (header, body) = (block.header, block.body);
    check_header(&header, parent, chain, request.flags)?;
    let withdrawals = body.withdrawals.as_ref().map(|list| list.as_slice());
    let raws = raw_transactions(request.block_rlp).map_err(|_| invalid(codes::BLOCK_MALFORMED, "block RLP"))?;
    check_body(&header, &body.transactions, &raws, withdrawals, chain)?;
    check_ommers(&header, &body.ommers, chain)?;
    let transactions = with_senders(body.transactions, &request.senders, chain)?;
    let ancestors = with_parent(request.ancestors.clone(), parent.hash);
    let wanted = transactions.iter().map(|tx| (Some(tx.signer()), tx.inner()));
    prefetch(reader, &header, wanted, withdrawals.unwrap_or_default());

    let input = RunInput {
        header: &header,
        parent_root: parent.header.state_root,
        ancestors: &ancestors,
        ommers: &body.ommers,
        withdrawals,
        with_access_list: request.flags.access_list,
    };
    let mut run = BlockRun::new(reader, chain, input);
    run.begin()?;
    for (index, (tx, hash)) in transactions.iter().zip(keccak256_each(&raws)).enumerate() {
        if let Err(code) = run.execute(tx, hash)
            && !reader.has_trouble()
        {
            return Err(bad_transaction(index, code));
        }
    }
    let effects = run.end()?;
    let receipts = check_effects(&header, &effects)?;
    let committed = commit_accounts(reader, parent.header.state_root, effects.changes)?;
    ensure(header.state_root == committed.root, codes::BLOCK_STATE_ROOT, "state root")?;
    Ok(Outcome {
        block_hash: header.hash_slow(),
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
    })
}

/// Only the canonical encoding is a block: another would have the same hash and other bytes.
pub(super) fn decode_block(rlp: &[u8], chain: &ChainRules) -> Result<Block<Tx>> {
    let size_rule = chain.fork >= Fork::Osaka;
    ensure(!size_rule || rlp.len() <= BLOCK_RLP_BYTES_MAX, codes::BLOCK_SIZE, "block too large")?;
    let mut rest = rlp;
    let block = Block::<Tx>::decode(&mut rest).map_err(|_| invalid(codes::BLOCK_MALFORMED, "block RLP"))?;
    ensure(rest.is_empty(), codes::BLOCK_MALFORMED, "bytes after the block")?;
    let mut again = Vec::with_capacity(rlp.len());
    block.encode(&mut again);
    ensure(again == rlp, codes::BLOCK_MALFORMED, "block RLP is not canonical")?;
    Ok(block)
}

fn check_body(
    header: &Header,
    transactions: &[Tx],
    raws: &[&[u8]],
    withdrawals: Option<&[Withdrawal]>,
    chain: &ChainRules,
) -> Result<()> {
    let root = transactions_root(raws.iter());
    ensure(header.transactions_root == root, codes::BLOCK_TRANSACTIONS_ROOT, "transactions root")?;
    let root = withdrawals.map(withdrawals_root);
    ensure(header.withdrawals_root == root, codes::BLOCK_WITHDRAWALS_ROOT, "withdrawals root")?;
    let Some(params) = chain.blob_params() else { return Ok(()) };
    let used = transactions.iter().filter_map(Transaction::blob_gas_used).fold(0u64, u64::saturating_add);
    ensure(used <= params.max_blob_gas_per_block(), codes::BLOCK_BLOB_GAS_MAX, "too many blobs")?;
    ensure(header.blob_gas_used == Some(used), codes::BLOCK_BLOB_GAS_USED, "blob gas used")
}

/// How many, and from which heights: what a reward needs. Whether each is a sibling of an ancestor, not included before
/// and valid by itself, only the chain's keeper knows (HEADER checks the last of it).
fn check_ommers(header: &Header, ommers: &[Header], chain: &ChainRules) -> Result<()> {
    let count_max = if chain.fork < Fork::Paris { OMMERS_MAX } else { 0 };
    ensure(ommers.len() <= count_max, codes::BLOCK_OMMERS, "too many ommers")?;
    let mut rlp = Vec::new();
    alloy_rlp::encode_list(ommers, &mut rlp);
    ensure(header.ommers_hash == keccak256(&rlp), codes::BLOCK_OMMERS, "ommers hash")?;
    let oldest = header.number.saturating_sub(OMMER_DEPTH_MAX);
    let near = ommers.iter().all(|ommer| (oldest..header.number).contains(&ommer.number));
    ensure(near, codes::BLOCK_OMMERS, "ommer of another generation")
}

pub(super) fn with_senders(
    transactions: Vec<Tx>,
    senders: &[Address],
    chain: &ChainRules,
) -> Result<Vec<Recovered<Tx>>> {
    if !senders.is_empty() && senders.len() != transactions.len() {
        return Err(error(codes::ERROR_MALFORMED, "one sender hint per transaction"));
    }
    let mut recovered = Vec::with_capacity(transactions.len());
    for (index, tx) in transactions.into_iter().enumerate() {
        check_stateless(&tx, chain).map_err(|code| bad_transaction(index, code))?;
        let hint = senders.get(index).copied().unwrap_or_default();
        let sender = if hint == Address::ZERO { sender_of(&tx, chain) } else { Ok(hint) };
        let sender = sender.map_err(|code| bad_transaction(index, code))?;
        recovered.push(Recovered::new_unchecked(tx, sender));
    }
    Ok(recovered)
}

pub fn with_parent(mut ancestors: Vec<B256>, parent_hash: B256) -> Vec<B256> {
    // A wrong first entry would shift the whole window, so the hash just computed stands in its place.
    match ancestors.first_mut() {
        Some(first) => *first = parent_hash,
        None => ancestors.push(parent_hash),
    }
    ancestors
}

fn bad_transaction(index: usize, code: u16) -> Failure {
    invalid(codes::BLOCK_TX_BASE + code, format!("transaction {index}"))
}

/// @return all of it as the header has it.
fn check_effects(header: &Header, effects: &BlockEffects) -> Result<ReceiptRoots> {
    ensure(header.gas_used == effects.gas_used, codes::BLOCK_GAS_USED, "gas used")?;
    let receipts = receipt_roots(&effects.receipts);
    ensure(header.receipts_root == receipts.root, codes::BLOCK_RECEIPTS_ROOT, "receipts root")?;
    ensure(header.logs_bloom == receipts.bloom, codes::BLOCK_LOGS_BLOOM, "logs bloom")?;
    let requests_hash = header.requests_hash.map(|_| effects.requests.requests_hash());
    ensure(header.requests_hash == requests_hash, codes::BLOCK_REQUESTS_HASH, "requests hash")?;
    Ok(receipts)
}
