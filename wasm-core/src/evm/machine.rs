//! revm's EVM with EIP-7610: a creation onto an account that has storage collides, as it does onto one with a nonce or
//! code. revm 42 checks nonce and code only, and no database or journal hook lets storage in, so the check follows the
//! frame's creation: what revm did for it is reverted, and the answer is that of revm's own collision.
//! And with Constantinople, which revm does not know: Petersburg with EIP-1283's gas for SSTORE.
//! And with an interpreter loop of its own.

use super::{constantinople, interpreter};
use crate::{state::StateDatabase, types::Fork};
use alloy_evm::{Evm, EvmEnv, precompiles::PrecompilesMap};
use alloy_primitives::{Address, Bytes};
use revm::{
    Context, MainBuilder, MainContext,
    bytecode::opcode::SSTORE,
    context::{BlockEnv, CfgEnv, ContextTr, Evm as RevmEvm, FrameStack, JournalTr, TxEnv},
    context_interface::{
        ContextSetters,
        result::{EVMError, HaltReason, ResultAndState},
    },
    database::State,
    database_interface::bal::EvmDatabaseError,
    handler::{
        EthFrame, EvmTr, FrameData, FrameInitOrResult, FrameResult, Handler, ItemOrResult, MainnetHandler,
        SystemCallTx,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        CreateOutcome, Gas, InstructionResult, InterpreterResult,
        interpreter::EthInterpreter,
        interpreter_action::{FrameInit, FrameInput},
    },
    precompile::{PrecompileSpecId, Precompiles},
    primitives::hardfork::SpecId,
};

type Db<'a> = State<StateDatabase<'a>>;
type EvmContext<'a> = Context<BlockEnv, TxEnv, CfgEnv, Db<'a>>;
type Instructions<'a> = EthInstructions<EthInterpreter, EvmContext<'a>>;
type Revm<'a> = RevmEvm<EvmContext<'a>, (), Instructions<'a>, PrecompilesMap, EthFrame>;
type MachineError<'a> = EVMError<<Db<'a> as revm::Database>::Error>;

pub struct Machine<'a> {
    revm: Revm<'a>,
}

impl<'a> Machine<'a> {
    pub fn new(database: Db<'a>, mut env: EvmEnv, fork: Fork) -> Self {
        if fork == Fork::Constantinople {
            env.cfg_env.gas_params.override_gas(constantinople::gas_of_sstore());
        }
        let precompiles = Precompiles::new(PrecompileSpecId::from_spec_id(env.cfg_env.spec));
        let context = Context::mainnet().with_block(env.block_env).with_cfg(env.cfg_env).with_db(database);
        let mut revm = context.build_mainnet().with_precompiles(PrecompilesMap::from_static(precompiles));
        if fork == Fork::Constantinople {
            revm.instruction.insert_instruction(SSTORE, constantinople::sstore(), 0);
        }
        Self { revm }
    }

    fn finished(&mut self, run: impl FnOnce(&mut Self) -> Ran<'a>) -> Result<ResultAndState, MachineError<'a>> {
        let result = run(self);
        let state = self.revm.ctx.journal_mut().finalize();
        result.map(|result| ResultAndState::new(result, state))
    }
}

type Ran<'a> = Result<revm::context_interface::result::ExecutionResult<HaltReason>, MachineError<'a>>;

impl<'a> Evm for Machine<'a> {
    type DB = Db<'a>;
    type Tx = TxEnv;
    type Error = MachineError<'a>;
    type HaltReason = HaltReason;
    type Spec = SpecId;
    type BlockEnv = BlockEnv;
    type Precompiles = PrecompilesMap;
    type Inspector = ();

    fn block(&self) -> &BlockEnv {
        &self.revm.ctx.block
    }

    fn cfg_env(&self) -> &CfgEnv {
        &self.revm.ctx.cfg
    }

    fn chain_id(&self) -> u64 {
        self.revm.ctx.cfg.chain_id
    }

    fn transact_raw(&mut self, tx: TxEnv) -> Result<ResultAndState, Self::Error> {
        self.revm.ctx.set_tx(tx);
        self.finished(|machine| MainnetHandler::default().run(machine))
    }

    fn transact_system_call(
        &mut self,
        caller: Address,
        contract: Address,
        data: Bytes,
    ) -> Result<ResultAndState, Self::Error> {
        self.revm.ctx.set_tx(TxEnv::new_system_tx_with_caller(caller, contract, data));
        self.finished(|machine| MainnetHandler::default().run_system_call(machine))
    }

    fn finish(self) -> (Self::DB, EvmEnv) {
        let Context { block: block_env, cfg: cfg_env, journaled_state, .. } = self.revm.ctx;
        (journaled_state.database, EvmEnv { block_env, cfg_env })
    }

    fn set_inspector_enabled(&mut self, _: bool) {}

    fn components(&self) -> (&Self::DB, &(), &PrecompilesMap) {
        (&self.revm.ctx.journaled_state.database, &(), &self.revm.precompiles)
    }

    fn components_mut(&mut self) -> (&mut Self::DB, &mut (), &mut PrecompilesMap) {
        (&mut self.revm.ctx.journaled_state.database, &mut self.revm.inspector, &mut self.revm.precompiles)
    }
}

impl<'a> EvmTr for Machine<'a> {
    type Context = EvmContext<'a>;
    type Instructions = Instructions<'a>;
    type Precompiles = PrecompilesMap;
    type Frame = EthFrame;

    fn all(&self) -> (&Self::Context, &Self::Instructions, &PrecompilesMap, &FrameStack<EthFrame>) {
        self.revm.all()
    }

    fn all_mut(
        &mut self,
    ) -> (&mut Self::Context, &mut Self::Instructions, &mut PrecompilesMap, &mut FrameStack<EthFrame>) {
        self.revm.all_mut()
    }

    fn frame_init(&mut self, input: FrameInit) -> Result<FrameInitResult<'_, EthFrame>, ContextDbError<Self::Context>> {
        let is_creation = matches!(input.frame_input, FrameInput::Create(_));
        // Looked at again below, not bound here: a borrow that is returned on one path lives on all of them.
        if let ItemOrResult::Result(result) = self.revm.frame_init(input)? {
            return Ok(ItemOrResult::Result(result));
        }
        if is_creation && let Some(collision) = self.storage_collision()? {
            return Ok(ItemOrResult::Result(collision));
        }
        Ok(ItemOrResult::Item(self.revm.frame_stack.get()))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<EthFrame>, ContextDbError<Self::Context>> {
        let Revm { ctx, instruction, frame_stack, .. } = &mut self.revm;
        let frame = frame_stack.get();
        let action =
            interpreter::run(&mut frame.interpreter, instruction.instruction_table(), instruction.gas_table(), ctx);
        let next = frame.process_next_action::<_, ContextDbError<Self::Context>>(ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.revm.frame_return_result(result)
    }
}

impl<'a> Machine<'a> {
    /// Takes the creation frame just begun back where its address has storage. The sender's nonce stays raised and the
    /// address stays warm, as after every collision.
    fn storage_collision(&mut self) -> Result<Option<FrameResult>, ContextDbError<EvmContext<'a>>> {
        let frame = self.revm.frame_stack.get();
        let FrameData::Create(created) = &frame.data else { return Ok(None) };
        if !has_storage(self.revm.ctx.db(), created.created_address)? {
            return Ok(None);
        }
        let FrameInput::Create(inputs) = &frame.input else { return Ok(None) };
        let result = InterpreterResult {
            result: InstructionResult::CreateCollision,
            gas: Gas::new_with_regular_gas_and_reservoir(inputs.gas_limit(), inputs.reservoir()),
            output: Bytes::new(),
        };
        let outcome =
            CreateOutcome { result, address: None, charged_create_state_gas: inputs.charged_create_state_gas() };
        let checkpoint = frame.checkpoint;
        self.revm.ctx.journal_mut().checkpoint_revert(checkpoint);
        self.revm.frame_stack.pop();
        Ok(Some(FrameResult::Create(outcome)))
    }
}

/// Storage that is there before the block, unless the account was deleted in it. What the block itself creates has a
/// nonce from EIP-161 on, and before it no creation could meet it again: an address came from sender and nonce alone.
fn has_storage<'a>(database: &Db<'a>, address: Address) -> Result<bool, <Db<'a> as revm::Database>::Error> {
    let was_deleted = database.cache.accounts.get(&address).is_some_and(|account| account.status.was_destroyed());
    Ok(!was_deleted && database.database.has_storage(&address).map_err(EvmDatabaseError::Database)?)
}
