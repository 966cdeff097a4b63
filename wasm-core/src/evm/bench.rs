//! For benchmarks only (feature `bench`, never in the artefact): the transactions of a block run again and again on state
//! that is in memory, nothing committed. What is left is the EVM, to be compared with other EVMs measured so.

use super::{
    env::evm_env,
    execute::{ExecuteRequest, decode_block, with_senders},
    machine::Machine,
};
use crate::{
    state::{StateDatabase, StateReader},
    types::{Result, codes, error},
};
use alloy_evm::{Evm, FromRecoveredTx};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext,
    context::{TxEnv, result::ResultAndState},
    database::State,
};

/// @param plain in revm as it comes, else in this core's machine. @return the gas of the last round
pub fn transact_again(reader: &StateReader<'_>, request: ExecuteRequest<'_>, plain: bool, rounds: u32) -> Result<u64> {
    let chain = &request.chain;
    let block = decode_block(request.block_rlp, chain)?;
    let transactions: Vec<TxEnv> = with_senders(block.body.transactions, &request.senders, chain)?
        .iter()
        .map(|tx| TxEnv::from_recovered_tx(tx.inner(), tx.signer()))
        .collect();
    let env = evm_env(chain, &block.header);
    let state = State::builder().with_database(StateDatabase::new(reader, &[], 0)).build();
    let failed = || error(codes::ERROR_INTERNAL, "a transaction of the benchmark failed");
    let gas_of =
        |done: ResultAndState| if done.result.is_success() { Ok(done.result.tx_gas_used()) } else { Err(failed()) };
    let mut gas = 0;
    if plain {
        let context = Context::mainnet().with_block(env.block_env).with_cfg(env.cfg_env).with_db(state);
        let mut evm = context.build_mainnet();
        for _ in 0..rounds {
            gas = 0;
            for tx in &transactions {
                gas += evm.transact(tx.clone()).map_err(|_| failed()).and_then(gas_of)?;
            }
        }
    } else {
        let mut machine = Machine::new(state, env, chain.fork);
        for _ in 0..rounds {
            gas = 0;
            for tx in &transactions {
                gas += machine.transact_raw(tx.clone()).map_err(|_| failed()).and_then(gas_of)?;
            }
        }
    }
    Ok(gas)
}
