//! The interpreter's loop. revm calls each opcode through a table of functions, which V8 pays for with a signature check,
//! a frame, and every pointer loaded anew. Here the opcodes that programs consist of (stack, arithmetic, comparison,
//! memory, jumps) stand in one function, with stack, gas and code pointers in its variables; what touches the state,
//! the call data or the environment, and every failure of memory gas, goes on through revm's table.
//!
//! Invariants: same gas, same order of checks (gas, stack, operands), same results as revm's `Interpreter::run_plain`,
//! which runs forks before Shanghai. All pointers are read back from the interpreter after each call of the table.

use super::words;
use alloy_primitives::U256;
use revm::{
    bytecode::opcode as op,
    interpreter::{
        GasTable, Host, InstructionContext, InstructionResult, InstructionTable, Interpreter, InterpreterAction,
        interpreter::{EthInterpreter, STACK_LIMIT},
        interpreter_types::{Jumps, LoopControl},
    },
    primitives::hardfork::SpecId,
};

/// Taken jumps after which the loop is entered anew: V8 goes over to a function's optimized code only where it is called,
/// and a long frame would stay in the slow code it began with.
const JUMPS_PER_SLICE: u32 = 4_096;
const WORD_BYTES: usize = 32;

pub fn run<H: Host>(
    interpreter: &mut Interpreter<EthInterpreter>,
    table: &InstructionTable<EthInterpreter, H>,
    gas_table: &GasTable,
    host: &mut H,
) -> InterpreterAction {
    // Every opcode below is there from Shanghai on.
    if !interpreter.runtime_flag.spec_id.is_enabled_in(SpecId::SHANGHAI) {
        return interpreter.run_plain(table, gas_table, host);
    }
    // Called in two places, so that no optimizer puts it in the place of its only call, where V8 could not change over.
    let end = match run_slice(interpreter, table, gas_table, host) {
        Err(end) => end,
        Ok(()) => loop {
            if let Err(end) = run_slice(interpreter, table, gas_table, host) {
                break end;
            }
        },
    };
    if interpreter.bytecode.action().is_none() {
        interpreter.halt(end);
    }
    interpreter.take_next_action()
}

/// What the loop keeps in variables. `sp` points past the top of the stack.
struct Registers {
    ip: *const u8,
    sp: *mut U256,
    gas: u64,
    stack: *mut U256,
    stack_end: *mut U256,
    memory: *mut u8,
    memory_len: usize,
}

impl Registers {
    #[inline(always)]
    fn load(interpreter: &mut Interpreter<EthInterpreter>) -> Self {
        let pc = interpreter.bytecode.pc();
        let stack = interpreter.stack.data_mut();
        debug_assert!(stack.capacity() >= STACK_LIMIT);
        let memory_len = interpreter.memory.len();
        let bottom = stack.as_mut_ptr();
        Self {
            // SAFETY: the counter is inside the padded code; the stack has room for its limit.
            ip: unsafe { interpreter.bytecode.bytecode_ptr().add(pc) },
            sp: unsafe { bottom.add(stack.len()) },
            gas: interpreter.gas.remaining(),
            stack: bottom,
            stack_end: unsafe { bottom.add(STACK_LIMIT) },
            memory: interpreter.memory.slice_mut(0, memory_len).as_mut_ptr(),
            memory_len,
        }
    }

    #[inline(always)]
    fn store(&self, interpreter: &mut Interpreter<EthInterpreter>) {
        // SAFETY: `sp` stays between the stack's ends, everything below it was written; `ip` stays inside the code.
        unsafe {
            interpreter.stack.data_mut().set_len(self.sp.offset_from_unsigned(self.stack));
            let pc = self.ip.offset_from_unsigned(interpreter.bytecode.bytecode_ptr());
            interpreter.bytecode.absolute_jump(pc);
        }
        interpreter.gas.set_remaining(self.gas);
    }
}

/// Until the frame ends (`Err`), or for `JUMPS_PER_SLICE` taken jumps.
#[inline(never)]
#[expect(clippy::too_many_lines, reason = "one match is the point of it")]
fn run_slice<H: Host>(
    interpreter: &mut Interpreter<EthInterpreter>,
    table: &InstructionTable<EthInterpreter, H>,
    gas_table: &GasTable,
    host: &mut H,
) -> Result<(), InstructionResult> {
    let mut at = Registers::load(interpreter);
    let code = interpreter.bytecode.bytecode_ptr();
    let (jumps, jumps_len) = match interpreter.bytecode.legacy_jump_table() {
        Some(jumps) => (jumps.as_slice().as_ptr(), jumps.len()),
        None => (code, 0),
    };
    let mut slice = JUMPS_PER_SLICE;

    macro_rules! fail {
        ($reason:ident) => {{
            at.store(interpreter);
            return Err(InstructionResult::$reason);
        }};
    }
    macro_rules! need {
        ($count:expr) => {
            if (at.sp as usize) < at.stack as usize + $count * WORD_BYTES {
                fail!(StackUnderflow);
            }
        };
    }
    macro_rules! room {
        () => {
            if at.sp == at.stack_end {
                fail!(StackOverflow);
            }
        };
    }
    macro_rules! push {
        ($value:expr) => {{
            let value = $value;
            room!();
            at.sp.write(value);
            at.sp = at.sp.add(1);
        }};
    }
    // `$a` is the top; the result takes the place of `$b` below it.
    macro_rules! binary {
        (|$a:ident, $b:ident| $result:expr) => {{
            need!(2);
            at.sp = at.sp.sub(1);
            let $a = &*at.sp;
            let $b = &*at.sp.sub(1);
            let result: U256 = $result;
            at.sp.sub(1).write(result);
        }};
    }
    macro_rules! unary {
        (|$a:ident| $result:expr) => {{
            need!(1);
            let $a = &*at.sp.sub(1);
            let result: U256 = $result;
            at.sp.sub(1).write(result);
        }};
    }
    macro_rules! push_bytes {
        ($count:literal) => {{
            push!(read_be::<$count>(at.ip));
            at.ip = at.ip.add($count);
        }};
    }
    macro_rules! dup {
        ($depth:literal) => {{
            // One reason for both failures, as revm has it.
            if (at.sp as usize) < at.stack as usize + $depth * WORD_BYTES || at.sp == at.stack_end {
                fail!(StackOverflow);
            }
            at.sp.write(*at.sp.sub($depth));
            at.sp = at.sp.add(1);
        }};
    }
    macro_rules! swap {
        ($depth:literal) => {{
            need!($depth + 1);
            core::ptr::swap_nonoverlapping(at.sp.sub(1), at.sp.sub($depth + 1), 1);
        }};
    }
    macro_rules! jump {
        ($target:expr) => {{
            let [low, b, c, d] = *$target.as_limbs();
            if b | c | d != 0 || low >= jumps_len as u64 {
                fail!(InvalidJump);
            }
            let target = low as usize;
            if *jumps.add(target >> 3) & 1 << (target & 7) == 0 {
                fail!(InvalidJump);
            }
            at.ip = code.add(target);
            slice -= 1;
            if slice == 0 {
                at.store(interpreter);
                return Ok(());
            }
        }};
    }
    macro_rules! through_table {
        ($opcode:expr) => {{
            at.store(interpreter);
            table[usize::from($opcode)].execute(InstructionContext { interpreter, host })?;
            at = Registers::load(interpreter);
        }};
    }

    loop {
        // SAFETY of all below: the code ends with STOP and has the bytes of its last PUSH (revm's analysis), jumps go to
        // marked places in it; stack pointers are checked by `need` and `room`; memory offsets against its length.
        unsafe {
            let opcode = *at.ip;
            at.ip = at.ip.add(1);
            let cost = u64::from(gas_table[usize::from(opcode)]);
            if at.gas < cost {
                fail!(OutOfGas);
            }
            at.gas -= cost;
            match opcode {
                op::ADD => binary!(|a, b| a.wrapping_add(*b)),
                op::MUL => binary!(|a, b| words::mul(*a, *b)),
                op::SUB => binary!(|a, b| a.wrapping_sub(*b)),
                op::DIV => binary!(|a, b| words::div(*a, *b)),
                op::SDIV => binary!(|a, b| words::sdiv(*a, *b)),
                op::MOD => binary!(|a, b| words::rem(*a, *b)),
                op::SMOD => binary!(|a, b| words::smod(*a, *b)),
                op::LT => binary!(|a, b| truth(words::is_less(a, b))),
                op::GT => binary!(|a, b| truth(words::is_less(b, a))),
                op::SLT => binary!(|a, b| truth(words::is_less_signed(a, b))),
                op::SGT => binary!(|a, b| truth(words::is_less_signed(b, a))),
                op::EQ => binary!(|a, b| truth(a == b)),
                op::ISZERO => unary!(|a| truth(is_zero(a))),
                op::AND => binary!(|a, b| *a & *b),
                op::OR => binary!(|a, b| *a | *b),
                op::XOR => binary!(|a, b| *a ^ *b),
                op::NOT => unary!(|a| !*a),
                op::SHL => binary!(|a, b| words::shl(a, *b)),
                op::SHR => binary!(|a, b| words::shr(a, *b)),
                op::SAR => binary!(|a, b| words::sar(a, *b)),
                op::POP => {
                    need!(1);
                    at.sp = at.sp.sub(1);
                }
                op::MLOAD => {
                    need!(1);
                    let [low, b, c, d] = *(*at.sp.sub(1)).as_limbs();
                    if b | c | d != 0 || low > u64::from(u32::MAX) || low + 32 > at.memory_len as u64 {
                        through_table!(opcode);
                        continue;
                    }
                    at.sp.sub(1).write(read_be::<WORD_BYTES>(at.memory.add(low as usize)));
                }
                op::MSTORE => {
                    need!(2);
                    let [low, b, c, d] = *(*at.sp.sub(1)).as_limbs();
                    if b | c | d != 0 || low > u64::from(u32::MAX) || low + 32 > at.memory_len as u64 {
                        through_table!(opcode);
                        continue;
                    }
                    let place = at.memory.add(low as usize).cast::<[u8; WORD_BYTES]>();
                    place.write((*at.sp.sub(2)).to_be_bytes::<WORD_BYTES>());
                    at.sp = at.sp.sub(2);
                }
                op::JUMP => {
                    need!(1);
                    at.sp = at.sp.sub(1);
                    jump!((*at.sp));
                }
                op::JUMPI => {
                    need!(2);
                    at.sp = at.sp.sub(2);
                    if !is_zero(&*at.sp) {
                        jump!((*at.sp.add(1)));
                    }
                }
                op::JUMPDEST => {}
                op::PUSH0 => push!(U256::ZERO),
                op::PUSH1 => push_bytes!(1),
                op::PUSH2 => push_bytes!(2),
                op::PUSH3 => push_bytes!(3),
                op::PUSH4 => push_bytes!(4),
                op::PUSH5 => push_bytes!(5),
                op::PUSH6 => push_bytes!(6),
                op::PUSH7 => push_bytes!(7),
                op::PUSH8 => push_bytes!(8),
                op::PUSH16 => push_bytes!(16),
                op::PUSH20 => push_bytes!(20),
                op::PUSH32 => push_bytes!(32),
                op::DUP1 => dup!(1),
                op::DUP2 => dup!(2),
                op::DUP3 => dup!(3),
                op::DUP4 => dup!(4),
                op::DUP5 => dup!(5),
                op::DUP6 => dup!(6),
                op::DUP7 => dup!(7),
                op::DUP8 => dup!(8),
                op::DUP9 => dup!(9),
                op::DUP10 => dup!(10),
                op::DUP11 => dup!(11),
                op::DUP12 => dup!(12),
                op::DUP13 => dup!(13),
                op::DUP14 => dup!(14),
                op::DUP15 => dup!(15),
                op::DUP16 => dup!(16),
                op::SWAP1 => swap!(1),
                op::SWAP2 => swap!(2),
                op::SWAP3 => swap!(3),
                op::SWAP4 => swap!(4),
                op::SWAP5 => swap!(5),
                op::SWAP6 => swap!(6),
                op::SWAP7 => swap!(7),
                op::SWAP8 => swap!(8),
                op::SWAP9 => swap!(9),
                op::SWAP10 => swap!(10),
                op::SWAP11 => swap!(11),
                op::SWAP12 => swap!(12),
                op::SWAP13 => swap!(13),
                op::SWAP14 => swap!(14),
                op::SWAP15 => swap!(15),
                op::SWAP16 => swap!(16),
                _ => through_table!(opcode),
            }
        }
    }
}

#[inline(always)]
fn truth(is: bool) -> U256 {
    U256::from_limbs([u64::from(is), 0, 0, 0])
}

#[inline(always)]
fn is_zero(word: &U256) -> bool {
    let [a, b, c, d] = *word.as_limbs();
    a | b | c | d == 0
}

/// # Safety
/// `N` readable bytes, at most 32.
#[inline(always)]
unsafe fn read_be<const N: usize>(from: *const u8) -> U256 {
    // SAFETY: the caller's promise.
    let bytes = unsafe { from.cast::<[u8; N]>().read() };
    let limb = |index: usize| {
        let mut limb = [0; 8];
        for at in 0..8 {
            if index * 8 + at < N {
                limb[7 - at] = bytes[N - 1 - index * 8 - at];
            }
        }
        u64::from_be_bytes(limb)
    };
    U256::from_limbs([limb(0), limb(1), limb(2), limb(3)])
}
