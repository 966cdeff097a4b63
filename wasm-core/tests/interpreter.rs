//! The interpreter's own loop against revm's, on random programs: same end, same gas, same stack, same memory.

use alloy_primitives::{Bytes, U256};
use cairn_core::evm::run_interpreter;
use revm::{
    bytecode::{Bytecode, opcode as op},
    context_interface::host::DummyHost,
    interpreter::{
        InputsImpl, Interpreter, InterpreterAction, SharedMemory, gas_table, instruction_table,
        interpreter::{EthInterpreter, ExtBytecode},
    },
    primitives::hardfork::SpecId,
};

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Small, large, negative, powers of two and their neighbours: where arithmetic has its corners.
    fn word(&mut self) -> U256 {
        let limbs = [self.next(), self.next(), self.next(), self.next()];
        let word = U256::from_limbs(limbs) >> self.below(256);
        match self.below(8) {
            0 => U256::from(self.below(70)),
            1 => U256::from(self.below(300)).wrapping_neg(),
            2 => U256::from(1) << self.below(256),
            3 => (U256::from(1) << self.below(256)) - U256::from(1),
            4 => word.wrapping_neg(),
            5 => U256::from_limbs([limbs[0] | 1 << 63, limbs[1], 0, limbs[3] & limbs[2]]),
            _ => word,
        }
    }
}

fn program(random: &mut Random) -> Vec<u8> {
    const PLAIN: [u8; 34] = [
        op::ADD,
        op::MUL,
        op::SUB,
        op::DIV,
        op::SDIV,
        op::MOD,
        op::SMOD,
        op::ADDMOD,
        op::MULMOD,
        op::SIGNEXTEND,
        op::LT,
        op::GT,
        op::SLT,
        op::SGT,
        op::EQ,
        op::ISZERO,
        op::AND,
        op::OR,
        op::XOR,
        op::NOT,
        op::BYTE,
        op::SHL,
        op::SHR,
        op::SAR,
        op::CLZ,
        op::KECCAK256,
        op::POP,
        op::MLOAD,
        op::MSTORE,
        op::MSTORE8,
        op::MSIZE,
        op::GAS,
        op::PC,
        op::MCOPY,
    ];
    let mut code = Vec::new();
    for _ in 0..random.below(20) {
        code.push(op::PUSH32);
        code.extend_from_slice(&random.word().to_be_bytes::<32>());
    }
    for _ in 0..random.below(40) {
        match random.below(16) {
            0..5 => {
                code.push(op::PUSH32);
                code.extend_from_slice(&random.word().to_be_bytes::<32>());
            }
            5 => {
                let count = random.below(33) as usize;
                code.push(op::PUSH0 + count as u8);
                code.extend((0..count).map(|_| random.next() as u8));
            }
            6 => code.push(op::DUP1 + random.below(16) as u8),
            7 => code.push(op::SWAP1 + random.below(16) as u8),
            8 => code.extend_from_slice(&[op::PUSH2, 0, random.below(200) as u8, op::JUMPDEST]),
            9 => code.extend_from_slice(&[
                op::PUSH1,
                random.below(200) as u8,
                [op::JUMP, op::JUMPI, op::MLOAD, op::MSTORE][random.below(4) as usize],
            ]),
            10 if random.below(10) == 0 => code.push(random.next() as u8),
            _ => code.push(PLAIN[random.below(PLAIN.len() as u64) as usize]),
        }
    }
    // A jump that is always taken, to a place that may be none.
    if random.below(4) == 0 {
        code.extend_from_slice(&[op::PUSH1, 1, op::PUSH1, random.below(80) as u8, op::JUMPI]);
    }
    // A random PUSH above can make an opcode of any byte after it.
    code.into_iter().map(host_answers).collect()
}

/// The dummy host has no answer to PREVRANDAO.
fn host_answers(opcode: u8) -> u8 {
    if opcode == op::DIFFICULTY { op::GASLIMIT } else { opcode }
}

fn interpreter(code: &[u8], gas: u64) -> Interpreter<EthInterpreter> {
    let code = Bytecode::new_raw(Bytes::copy_from_slice(code));
    let mut interpreter =
        Interpreter::new(SharedMemory::new(), ExtBytecode::new(code), InputsImpl::default(), false, SpecId::OSAKA, gas);
    interpreter.runtime_flag.spec_id = SpecId::OSAKA;
    interpreter
}

/// What a run left: its action in words, stack and memory.
type Left = (String, Vec<U256>, Vec<u8>);

fn run(code: &[u8], gas: u64, run: impl FnOnce(&mut Interpreter<EthInterpreter>) -> InterpreterAction) -> Left {
    let mut interpreter = interpreter(code, gas);
    let action = run(&mut interpreter);
    let memory = interpreter.memory.context_memory().to_vec();
    (format!("{action:?}"), interpreter.stack.data().clone(), memory)
}

fn compare(code: &[u8], gas: u64) -> bool {
    let table = instruction_table::<EthInterpreter, DummyHost>();
    let gas_table = gas_table();
    let theirs =
        run(code, gas, |interpreter| interpreter.run_plain(&table, &gas_table, &mut DummyHost::new(SpecId::OSAKA)));
    let ours = run(code, gas, |interpreter| {
        run_interpreter(interpreter, &table, &gas_table, &mut DummyHost::new(SpecId::OSAKA))
    });
    assert_eq!(ours.0, theirs.0, "action of {code:02x?} with {gas} gas");
    // What a failed instruction leaves is never looked at again.
    if theirs.0.contains("Stop") || theirs.0.contains("Revert") {
        assert_eq!((ours.1, ours.2), (theirs.1, theirs.2), "stack or memory of {code:02x?}");
        return true;
    }
    false
}

#[test]
fn random_programs_end_as_in_revm() {
    let mut random = Random(0x5eed);
    let mut stopped = 0;
    for _ in 0..60_000 {
        let code = program(&mut random);
        let gas = if random.below(3) == 0 { random.below(400) } else { 30_000 };
        stopped += usize::from(compare(&code, gas));
    }
    assert!(stopped > 3_000, "only {stopped} programs came to their end");
}

/// Every two-operand opcode on the corners of every operand.
#[test]
fn arithmetic_is_revm_s() {
    let mut random = Random(77);
    let opcodes: Vec<u8> = (op::ADD..=op::SMOD).chain(op::LT..=op::XOR).chain(op::BYTE..=op::SAR).collect();
    for round in 0..40_000 {
        let (a, b) = (random.word(), if round % 5 == 0 { U256::from(round % 300) } else { random.word() });
        let mut code = vec![op::PUSH32];
        code.extend_from_slice(&a.to_be_bytes::<32>());
        code.push(op::PUSH32);
        code.extend_from_slice(&b.to_be_bytes::<32>());
        code.push(opcodes[round % opcodes.len()]);
        assert!(compare(&code, 1_000));
    }
}

#[test]
fn a_full_stack_and_an_empty_one_fail_alike() {
    for opcode in (0..=255u8).map(host_answers) {
        for depth in [0, 1, 2, 3, 16, 17, 1_023, 1_024] {
            let mut code = vec![op::PUSH0; depth];
            code.push(opcode);
            compare(&code, 1_000_000);
        }
    }
}

/// More taken jumps than one slice of the loop has.
#[test]
fn a_long_loop_goes_on_after_its_slice() {
    let mut code = vec![op::PUSH2, 0x40, 0x00, op::JUMPDEST, op::PUSH1, 1, op::SWAP1, op::SUB];
    code.extend_from_slice(&[op::DUP1, op::PUSH1, 3, op::JUMPI, op::STOP]);
    assert!(compare(&code, 10_000_000));
    compare(&code, 200_000);
}
