//! eth_call: one transaction on a state, nothing kept.

use super::{
    BlockContext,
    call_env::{CALL_GAS_MAX, call_env, tx_env},
    machine::Machine,
    overrides::{AccountUpdate, lay_over},
    transaction::code_of_invalid,
};
use crate::{
    mpt::Trie,
    state::{StateDatabase, StateReader},
    types::{ChainRules, Failure, Result, codes, error, invalid},
};
use alloy_eips::eip2930::AccessList;
use alloy_evm::Evm;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use revm::{
    context_interface::result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction, ResultAndState},
    database::State,
    state::EvmState,
};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub enum Fees {
    None,
    Price(U256),
    Market { max: U256, priority: U256 },
}

#[derive(Debug)]
pub struct CallRequest {
    pub chain: ChainRules,
    pub state_root: B256,
    pub block: BlockContext,
    pub ancestors: Vec<B256>,
    pub from: Address,
    pub to: Option<Address>,
    pub value: U256,
    pub data: Bytes,
    /// 0 = the block's gas limit.
    pub gas: u64,
    pub fees: Fees,
    pub access_list: AccessList,
    pub authorizations_rlp: Bytes,
    pub overrides: Vec<AccountUpdate>,
}

impl CallRequest {
    pub fn max_gas_price(&self) -> U256 {
        match &self.fees {
            Fees::None => U256::ZERO,
            Fees::Price(price) => *price,
            Fees::Market { max, .. } => *max,
        }
    }

    pub fn gas_or_limit(&self) -> u64 {
        let gas = if self.gas == 0 { self.block.gas_limit } else { self.gas };
        gas.min(CALL_GAS_MAX)
    }
}

#[derive(Debug)]
pub struct CallOutcome {
    pub result: ExecutionResult<HaltReason>,
    /// Accounts and slots the call touched, sorted.
    pub accessed: Vec<(Address, Vec<B256>)>,
}

pub fn call(reader: &StateReader<'_>, request: &CallRequest) -> Result<CallOutcome> {
    let mut evm = prepare(reader, request)?;
    let ResultAndState { result, state } = transact(&mut evm, reader, request, request.gas_or_limit())?;
    let accessed = accessed(&evm, request, &state);
    Ok(CallOutcome { result, accessed })
}

pub fn prepare<'a>(reader: &'a StateReader<'a>, request: &'a CallRequest) -> Result<Machine<'a>> {
    // Only the check that the store stands at this root; the account reads below do not pass through the trie.
    let root = Trie::accounts(reader).root(&request.state_root);
    if root.is_err() {
        reader.verdict()?;
    }
    let newest = request.block.number.saturating_sub(1);
    let database = StateDatabase::new(reader, &request.ancestors, newest);
    let mut state = State::builder().with_database(database).build();
    lay_over(&mut state, &request.overrides).map_err(|code| invalid(code, "override code"))?;
    reader.verdict()?;
    Ok(Machine::new(state, call_env(request)?, request.chain.fork))
}

pub fn transact(
    evm: &mut Machine<'_>,
    reader: &StateReader<'_>,
    request: &CallRequest,
    gas: u64,
) -> Result<ResultAndState<HaltReason>> {
    let done = evm.transact_raw(tx_env(request, gas)?);
    reader.verdict()?;
    done.map_err(|failure| call_failure(&failure))
}

fn call_failure<E>(failure: &EVMError<E, InvalidTransaction>) -> Failure {
    match failure {
        EVMError::Transaction(reason) => invalid(code_of_invalid(reason), format!("{reason}")),
        _ => error(codes::ERROR_INTERNAL, "call failed"),
    }
}

/// As geth lists them: who sends, receives, collects fees or is a precompile is left out unless its slots were used.
fn accessed(evm: &Machine<'_>, request: &CallRequest, state: &EvmState) -> Vec<(Address, Vec<B256>)> {
    let (_, _, precompiles) = evm.components();
    let is_implied = |address: &Address| {
        *address == request.from
            || Some(*address) == request.to
            || *address == request.block.coinbase
            || precompiles.addresses().any(|precompile| precompile == address)
    };
    let mut sorted = BTreeMap::new();
    for (address, account) in state {
        let mut slots: Vec<B256> = account.storage.keys().map(|slot| B256::from(*slot)).collect();
        slots.sort_unstable();
        if !slots.is_empty() || !is_implied(address) {
            sorted.insert(*address, slots);
        }
    }
    sorted.into_iter().collect()
}

/// Halt codes of ABI.md.
pub fn halt_code(reason: &HaltReason) -> u16 {
    match reason {
        HaltReason::OutOfGas(_) => 1,
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode | HaltReason::NotActivated => 2,
        HaltReason::StackUnderflow | HaltReason::StackOverflow => 3,
        HaltReason::InvalidJump => 4,
        HaltReason::CreateCollision => 5,
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => 6,
        HaltReason::CallTooDeep => 7,
        HaltReason::CreateContractSizeLimit
        | HaltReason::CreateContractStartingWithEF
        | HaltReason::CreateInitCodeSizeLimit => 8,
        HaltReason::PrecompileError | HaltReason::PrecompileErrorWithContext(_) => 9,
        HaltReason::NonceOverflow => 10,
        HaltReason::OutOfFunds => 11,
        _ => 99,
    }
}

impl CallOutcome {
    /// Logs of a call that succeeded; a reverted one has none.
    pub fn logs(&self) -> &[Log] {
        if self.result.is_success() { self.result.logs() } else { &[] }
    }
}
