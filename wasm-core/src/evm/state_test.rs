//! One transaction as the GeneralStateTests define it: no system calls, no rewards, no header.

use super::{
    BlockContext,
    changes::changes_of_bundle,
    env::context_env,
    machine::Machine,
    transaction::{check_stateless, code_of_invalid, decode_transaction, sender_of},
};
use crate::{
    crypto::keccak256,
    state::{Changeset, StateDatabase, StateReader, commit_accounts},
    types::{ChainRules, Result, codes, error, invalid},
};
use alloy_consensus::transaction::Recovered;
use alloy_evm::Evm;
use alloy_primitives::{Address, B256};
use revm::{
    DatabaseCommit,
    context_interface::result::EVMError,
    database::{State, states::bundle_state::BundleRetention},
};

pub struct StateTest {
    pub state_root: B256,
    pub logs_hash: B256,
    pub gas_used: u64,
    pub success: bool,
    pub changeset: Changeset,
}

pub fn run_state_test(
    reader: &StateReader<'_>,
    chain: &ChainRules,
    state_root: B256,
    block: &BlockContext,
    raw: &[u8],
    sender: Option<Address>,
) -> Result<StateTest> {
    let refused = |code| invalid(codes::BLOCK_TX_BASE + code, "transaction");
    let tx = decode_transaction(raw).map_err(refused)?;
    check_stateless(&tx, chain).map_err(refused)?;
    let sender = sender.map_or_else(|| sender_of(&tx, chain), Ok).map_err(refused)?;
    let database = StateDatabase::new(reader, &[], block.number.saturating_sub(1));
    let state = State::builder().with_database(database).with_bundle_update().build();
    let mut evm = Machine::new(state, context_env(chain, block)?, chain.fork);
    let done = evm.transact(&Recovered::new_unchecked(tx, sender));
    reader.verdict()?;
    let done = done.map_err(|failure| match &failure {
        EVMError::Transaction(reason) => refused(code_of_invalid(reason)),
        _ => error(codes::ERROR_INTERNAL, "execution failed"),
    })?;
    let success = done.result.is_success();
    let gas_used = done.result.tx_gas_used();
    let logs = if success { done.result.into_logs() } else { Vec::new() };
    let mut logs_rlp = Vec::new();
    alloy_rlp::encode_list(&logs, &mut logs_rlp);
    let mut state = evm.into_db();
    state.commit(done.state);
    state.merge_transitions(BundleRetention::PlainState);
    let changes = changes_of_bundle(&state.take_bundle(), reader);
    let committed = commit_accounts(reader, state_root, changes)?;
    Ok(StateTest {
        state_root: committed.root,
        logs_hash: keccak256(&logs_rlp),
        gas_used,
        success,
        changeset: committed.changeset,
    })
}
