//! The raw module surface. Pointer rules:
//! · `alloc`'s buffers are the host's until `dealloc` with the same length;
//! · `run` borrows its request, so the host must not free or write it meanwhile;
//! · the response and its descriptor are the core's, valid until the next `run`;
//! · `state_get` runs host code in the middle of `run`: no borrow of the statics below is held across it, and a
//!   re-entered `run` is refused before it touches anything.

use super::dispatch::{ABI_VERSION, REQUEST_BYTES_MAX, failure_response, run_op};
use crate::{
    state::{Lookup, PreState, Value},
    types::{codes, error},
};
use core::{
    alloc::Layout,
    cell::{Cell, RefCell},
    ptr, slice,
};

/// First try; everything but code fits.
const VALUE_BYTES_FIRST: usize = 4_096;
const VALUE_BYTES_MAX: usize = 16 << 20;
const ABSENT: i32 = -1;
const NOT_LOADED: i32 = -2;

#[link(wasm_import_module = "cairn")]
unsafe extern "C" {
    fn state_get(key: *const u8, key_len: usize, out: *mut u8, out_cap: usize) -> i32;
}

std::thread_local! {
    /// Where the host writes values; taken out of the cell for the call, so nothing is borrowed across it.
    static VALUE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

struct HostState;

impl PreState for HostState {
    fn get(&self, key: &[u8]) -> Lookup {
        let mut buffer = VALUE.take();
        if buffer.is_empty() {
            buffer.resize(VALUE_BYTES_FIRST, 0);
        }
        let answer = ask(key, &mut buffer);
        VALUE.set(buffer);
        answer
    }
}

fn ask(key: &[u8], buffer: &mut Vec<u8>) -> Lookup {
    // Twice at most: a store whose value grows between the calls is broken.
    for _ in 0..2 {
        // SAFETY: both buffers live across the call and are as long as told.
        let answer = unsafe { state_get(key.as_ptr(), key.len(), buffer.as_mut_ptr(), buffer.len()) };
        match (answer, usize::try_from(answer)) {
            (_, Ok(length)) if length <= buffer.len() => return Lookup::Value(Value::from(&buffer[..length])),
            (_, Ok(length)) if length <= VALUE_BYTES_MAX => buffer.resize(length, 0),
            (ABSENT, _) => return Lookup::Absent,
            (NOT_LOADED, _) => return Lookup::NotLoaded,
            _ => return Lookup::Failed,
        }
    }
    Lookup::Failed
}

#[derive(Default)]
#[repr(C)]
struct Descriptor {
    ptr: usize,
    len: usize,
}

std::thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    static RESPONSE: RefCell<(Box<Descriptor>, Vec<u8>)> = RefCell::default();
    static REFUSAL: RefCell<(Box<Descriptor>, Vec<u8>)> = RefCell::default();
}

#[unsafe(no_mangle)]
pub extern "C" fn abi_version() -> i32 {
    i32::from(ABI_VERSION)
}

#[unsafe(no_mangle)]
pub extern "C" fn alloc(len: usize) -> *mut u8 {
    if len == 0 || len > REQUEST_BYTES_MAX {
        return ptr::null_mut();
    }
    match Layout::from_size_align(len, 8) {
        // SAFETY: the size is not zero.
        Ok(layout) => unsafe { std::alloc::alloc(layout) },
        Err(_) => ptr::null_mut(),
    }
}

/// # Safety
/// `ptr` came from `alloc(len)` and was not given back yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dealloc(ptr: *mut u8, len: usize) {
    if ptr.is_null() || len == 0 {
        return;
    }
    if let Ok(layout) = Layout::from_size_align(len, 8) {
        // SAFETY: the caller's promise; same layout as in `alloc`.
        unsafe { std::alloc::dealloc(ptr, layout) }
    }
}

/// # Safety
/// `ptr` and `len` name readable bytes, or `len` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(op: i32, ptr: *const u8, len: usize) -> *const u8 {
    if RUNNING.get() {
        let bytes = failure_response(error(codes::ERROR_REENTERED, "run inside run"));
        return REFUSAL.with_borrow_mut(|slot| publish(slot, bytes));
    }
    RUNNING.set(true);
    // The old response goes first: with it alive, two large ones would have to fit at once.
    RESPONSE.with_borrow_mut(|slot| slot.1 = Vec::new());
    // SAFETY: the caller's promise.
    let request = if len == 0 { &[][..] } else { unsafe { slice::from_raw_parts(ptr, len) } };
    let bytes = run_op(op as u32, request, &HostState);
    RUNNING.set(false);
    RESPONSE.with_borrow_mut(|slot| publish(slot, bytes))
}

fn publish(slot: &mut (Box<Descriptor>, Vec<u8>), bytes: Vec<u8>) -> *const u8 {
    slot.1 = bytes;
    *slot.0 = Descriptor { ptr: slot.1.as_ptr() as usize, len: slot.1.len() };
    ptr::from_ref::<Descriptor>(&slot.0).cast()
}
