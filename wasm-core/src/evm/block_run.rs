//! One block through alloy-evm's `EthBlockExecutor`: system calls before, transactions, requests and withdrawals after.
//! A read miss does not stop the run: what else the block wants is gathered, and `end` answers NEED.

use super::{
    bloom::fill_blooms,
    changes::changes_of_bundle,
    env::evm_env,
    machine::Machine,
    outcome::TxOutcome,
    transaction::{Tx, code_of_execution_error},
};
use crate::{
    crypto::keccak256,
    state::{AccountChange, StateDatabase, StateReader, commit_accounts},
    types::{ChainRules, Fork, Result, codes, error, invalid},
};
use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, Transaction, TxType, Typed2718,
    transaction::Recovered,
};
use alloy_eips::{
    eip4895::Withdrawal, eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
    eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, eip7685::Requests,
};
use alloy_evm::{
    Evm,
    block::{BlockExecutionError, BlockExecutor, BlockValidationError},
    eth::{
        EthBlockExecutionCtx, EthBlockExecutor,
        receipt_builder::{ReceiptBuilder, ReceiptBuilderCtx},
    },
};
use alloy_primitives::{Address, B256, Bloom, TxKind};
use revm::{
    Database,
    database::{State, states::bundle_state::BundleRetention},
    state::bal::BlockAccessIndex,
};
use std::borrow::Cow;

type Executor<'a> = EthBlockExecutor<'a, Machine<'a>, ChainRules, ReceiptsOfTypes>;

pub struct BlockRun<'a> {
    reader: &'a StateReader<'a>,
    chain: ChainRules,
    executor: Executor<'a>,
    base_fee: u64,
    parent_root: B256,
    transactions: Vec<TxOutcome>,
}

/// What a run is about; parent and excess blob gas are checked already.
pub struct RunInput<'a> {
    pub header: &'a Header,
    pub parent_root: B256,
    /// Newest first, `[0]` = the parent's hash.
    pub ancestors: &'a [B256],
    /// Of a valid number: their reward depends on it.
    pub ommers: &'a [Header],
    pub withdrawals: Option<&'a [Withdrawal]>,
    pub with_access_list: bool,
}

/// A block's effects before the state root is computed.
pub struct BlockEffects {
    pub receipts: Vec<ReceiptEnvelope>,
    pub transactions: Vec<TxOutcome>,
    pub requests: Requests,
    pub gas_used: u64,
    pub blob_gas_used: u64,
    pub access_list: Option<(Vec<u8>, B256)>,
    pub changes: Vec<AccountChange>,
}

impl<'a> BlockRun<'a> {
    pub fn new(reader: &'a StateReader<'a>, chain: &ChainRules, input: RunInput<'a>) -> Self {
        let header = input.header;
        let database = StateDatabase::new(reader, input.ancestors, header.number.saturating_sub(1));
        let state = State::builder()
            .with_database(database)
            .with_bundle_update()
            .with_bal_builder_if(input.with_access_list)
            .build();
        let machine = Machine::new(state, evm_env(chain, header), chain.fork);
        let context = EthBlockExecutionCtx {
            parent_hash: header.parent_hash,
            parent_beacon_block_root: header.parent_beacon_block_root,
            ommers: input.ommers,
            withdrawals: input.withdrawals.map(Cow::Borrowed),
            extra_data: header.extra_data.clone(),
            tx_count_hint: None,
            slot_number: None,
        };
        let executor = EthBlockExecutor::new(machine, context, *chain, ReceiptsOfTypes);
        let base_fee = header.base_fee_per_gas.unwrap_or_default();
        let parent_root = input.parent_root;
        Self { reader, chain: *chain, executor, base_fee, parent_root, transactions: Vec::new() }
    }

    pub fn begin(&mut self) -> Result<()> {
        match self.executor.apply_pre_execution_changes() {
            Err(failure) if !self.reader.has_trouble() => Err(system_failure(&failure)),
            _ => Ok(()),
        }
    }

    pub fn gas_used(&self) -> u64 {
        self.executor.cumulative_tx_gas_used
    }

    /// Executes and commits, or leaves no trace. @param hash the transaction's @return the transaction code of a refusal; with trouble in the reader
    /// the code means nothing.
    pub fn execute(&mut self, tx: &Recovered<Tx>, hash: B256) -> core::result::Result<(), u16> {
        let index = BlockAccessIndex::new(self.transactions.len() as u64 + 1);
        self.executor.evm_mut().db_mut().set_bal_index(index);
        let done = self
            .executor
            .execute_transaction_without_commit(tx)
            .map_err(|failure| code_of_execution_error(&failure).unwrap_or(codes::TX_OTHER))?;
        let result = &done.result.result;
        let outcome = TxOutcome {
            hash,
            sender: tx.signer(),
            tx_type: tx.ty(),
            success: result.is_success(),
            gas_used: result.tx_gas_used(),
            effective_gas_price: tx.effective_gas_price(Some(self.base_fee)),
            created: (tx.kind() == TxKind::Create).then(|| tx.signer().create(tx.nonce())),
            log_count: result.logs().len() as u32,
        };
        let _gas = self.executor.commit_transaction(done);
        // A halt or revert keeps no logs, whatever the result carried.
        let log_count = self.executor.receipts.last().map_or(0, |receipt| receipt.logs().len() as u32);
        self.transactions.push(TxOutcome { log_count, ..outcome });
        if self.chain.fork < Fork::Byzantium {
            self.add_post_state();
        }
        Ok(())
    }

    /// Before EIP-658 a receipt holds the state root after its transaction. The changes since the block's begin are
    /// committed to nothing but this root, once per transaction: old blocks are small.
    fn add_post_state(&mut self) {
        let state = self.executor.evm_mut().db_mut();
        state.merge_transitions(BundleRetention::PlainState);
        let changes = changes_of_bundle(&state.bundle_state, self.reader);
        // A miss or a fault is noted in the reader, and ends the block.
        let Ok(committed) = commit_accounts(self.reader, self.parent_root, changes) else { return };
        if let Some(ReceiptEnvelope::Legacy(receipt)) = self.executor.receipts.last_mut() {
            receipt.receipt.status = Eip658Value::PostState(committed.root);
        }
    }

    /// Requests, withdrawals, and the sum of it all. Here misses become NEED.
    pub fn end(mut self) -> Result<BlockEffects> {
        let index = BlockAccessIndex::new(self.transactions.len() as u64 + 1);
        self.executor.evm_mut().db_mut().set_bal_index(index);
        let system_contracts = self.check_system_contracts();
        let finished = self.executor.finish();
        self.reader.verdict()?;
        system_contracts?;
        let (evm, mut result) = finished.map_err(|failure| system_failure(&failure))?;
        fill_blooms(&mut result.receipts);
        let mut state = evm.into_db();
        state.merge_transitions(BundleRetention::PlainState);
        let access_list = state.take_built_alloy_bal().map(|list| {
            let mut rlp = Vec::new();
            alloy_rlp::encode_list(&list, &mut rlp);
            let hash = keccak256(&rlp);
            (rlp, hash)
        });
        Ok(BlockEffects {
            receipts: result.receipts,
            transactions: self.transactions,
            requests: result.requests,
            gas_used: result.gas_used,
            blob_gas_used: result.blob_gas_used,
            access_list,
            changes: changes_of_bundle(&state.take_bundle(), self.reader),
        })
    }

    /// EIP-7002 and EIP-7251: a block is invalid while its request contracts have no code. alloy-evm takes the empty
    /// answer of a missing contract for «no requests».
    fn check_system_contracts(&mut self) -> Result<()> {
        if self.chain.fork < Fork::Prague {
            return Ok(());
        }
        for address in [WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS] {
            if !self.has_code(address) {
                return Err(invalid(codes::BLOCK_SYSTEM_CALL, "request contract without code"));
            }
        }
        Ok(())
    }

    fn has_code(&mut self, address: Address) -> bool {
        let account = self.executor.evm_mut().db_mut().basic(address);
        matches!(account, Ok(Some(info)) if !info.is_empty_code_hash())
    }
}

fn system_failure(failure: &BlockExecutionError) -> crate::types::Failure {
    match failure.as_validation() {
        Some(BlockValidationError::DepositRequestDecode(_)) => {
            invalid(codes::BLOCK_DEPOSIT_LOG, "deposit log malformed")
        }
        Some(_) => invalid(codes::BLOCK_SYSTEM_CALL, "system call failed"),
        None => error(codes::ERROR_INTERNAL, "execution failed"),
    }
}

/// Receipts of the five transaction types, for envelopes without blob sidecars; their blooms are filled at the end.
#[derive(Debug)]
pub struct ReceiptsOfTypes;

impl ReceiptBuilder for ReceiptsOfTypes {
    type Transaction = Tx;
    type Receipt = ReceiptEnvelope;

    fn build_receipt<E: Evm>(&self, ctx: ReceiptBuilderCtx<'_, TxType, E>) -> ReceiptEnvelope {
        let receipt = Receipt {
            status: Eip658Value::Eip658(ctx.result.is_success()),
            cumulative_gas_used: ctx.cumulative_gas_used,
            logs: ctx.result.into_logs(),
        };
        let receipt = ReceiptWithBloom { receipt, logs_bloom: Bloom::ZERO };
        match ctx.tx_type {
            TxType::Legacy => ReceiptEnvelope::Legacy(receipt),
            TxType::Eip2930 => ReceiptEnvelope::Eip2930(receipt),
            TxType::Eip1559 => ReceiptEnvelope::Eip1559(receipt),
            TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
            TxType::Eip7702 => ReceiptEnvelope::Eip7702(receipt),
        }
    }
}
