//! Ethereum execution: revm and alloy-evm's block executor over the state reader. Block verification and building
//! share one run, so that what is built is what is verified.

#[cfg(feature = "bench")]
mod bench;
mod block_run;
mod bloom;
mod body_roots;
mod build;
mod call;
mod call_env;
mod changes;
mod constantinople;
mod difficulty;
mod env;
mod estimate;
mod execute;
mod genesis;
mod header;
mod interpreter;
mod machine;
mod outcome;
mod overrides;
mod prefetch;
mod state_test;
mod transaction;
mod wide_fees;
mod witness;
mod words;

#[cfg(feature = "bench")]
pub use bench::transact_again;
pub use build::{BuildRequest, Built, Candidate, TX_BYTES_MAX, build_block};
pub use call::{CallOutcome, CallRequest, Fees, call, halt_code};
pub use env::BlockContext;
pub use estimate::{Estimate, estimate_gas};
pub use execute::{ExecuteRequest, execute_block};
pub use genesis::{GenesisBlock, GenesisRequest, genesis_block};
pub use header::{decode_parent, verify_header};
pub use interpreter::run as run_interpreter;
pub use outcome::{Flags, Outcome, TxOutcome};
pub use overrides::{AccountUpdate, SetFields, account_changes};
pub use state_test::{StateTest, run_state_test};
pub use transaction::{Tx, check_stateless, decode_transaction, max_fee_of, priority_fee_of, sender_of};
pub use wide_fees::WideFees;
pub use witness::{Witness, witness_of};
