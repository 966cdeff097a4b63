//! EIP-1283, SSTORE's gas in the three weeks (and test chains) between Constantinople and Petersburg: EIP-2200's net
//! metering with SLOAD at 200 gas and without its stipend check.

use revm::{
    context_interface::{Host, cfg::GasId},
    interpreter::{
        Instruction, InstructionContext, InstructionResult, InterpreterTypes,
        instructions::host::sstore_with_gas_accounting,
    },
};

const SLOAD_GAS: u64 = 200;
const SET_GAS: u64 = 20_000;
const RESET_GAS: u64 = 5_000;

pub fn gas_of_sstore() -> [(GasId, u64); 5] {
    [
        (GasId::sstore_static(), SLOAD_GAS),
        (GasId::sstore_set_without_load_cost(), SET_GAS - SLOAD_GAS),
        (GasId::sstore_reset_without_cold_load_cost(), RESET_GAS - SLOAD_GAS),
        (GasId::sstore_set_refund(), SET_GAS - SLOAD_GAS),
        (GasId::sstore_reset_refund(), RESET_GAS - SLOAD_GAS),
    ]
}

pub fn sstore<W: InterpreterTypes, H: Host + ?Sized>() -> Instruction<W, H> {
    Instruction::new(|context: InstructionContext<'_, H, W>| {
        sstore_with_gas_accounting(context, |context, _, load| {
            let gas = context.host.gas_params().sstore_dynamic_gas(true, &load.data, false);
            if !context.interpreter.gas.record_regular_cost(gas) {
                return Err(InstructionResult::OutOfGas);
            }
            let refund = context.host.gas_params().sstore_refund(true, &load.data);
            context.interpreter.gas.record_refund(refund);
            Ok(())
        })
    })
}
