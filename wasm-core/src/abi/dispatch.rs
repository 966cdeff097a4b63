//! From request bytes to response bytes: the whole core as one function of the request and the store.

use super::{
    ops_block, ops_call, ops_leaves, ops_range, ops_state, ops_transaction, ops_trie, ops_witness, reader::Reader,
    writer::Writer,
};
use crate::{
    crypto::install_precompile_crypto,
    mpt::{record_cache_bytes, set_record_cache_limit},
    state::{PreState, StateReader},
    types::{Failure, Result, codes, error},
};

pub const ABI_VERSION: u8 = 2;
/// Requests above this are refused unread.
pub const REQUEST_BYTES_MAX: usize = 64 << 20;

const STATUS_OK: u8 = 0;
const STATUS_NEED: u8 = 1;
const STATUS_INVALID: u8 = 2;
const STATUS_ERROR: u8 = 3;

const HEADER_BYTES: usize = 4;

/// Never panics on any request.
pub fn run_op(op: u32, request: &[u8], store: &dyn PreState) -> Vec<u8> {
    install_precompile_crypto();
    let mut response = Writer::with_capacity(4_096);
    write_header(&mut response, STATUS_OK, 0);
    match answer(op, request, store, &mut response) {
        Ok(()) => response.finish(),
        Err(failure) => failure_response(failure),
    }
}

fn answer(op: u32, bytes: &[u8], store: &dyn PreState, response: &mut Writer) -> Result<()> {
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(error(codes::ERROR_TOO_LARGE, "request above 64 MiB"));
    }
    let mut request = Reader::new(bytes);
    if request.u8()? != ABI_VERSION {
        return Err(error(codes::ERROR_ABI_VERSION, "ABI version"));
    }
    let state = StateReader::new(store);
    let request = &mut request;
    match op {
        1 => ops_state::apply(request, &state, response),
        2 => ops_block::genesis_header(request, response),
        3 => ops_block::execute(request, &state, response),
        4 => ops_block::build(request, &state, response),
        5 => ops_call::run_call(request, &state, response),
        6 => ops_call::estimate(request, &state, response),
        7 => ops_state::read_account(request, &state, response),
        8 => ops_state::prove(request, &state, response),
        9 => ops_state::verify(request, response),
        10 => ops_transaction::recover(request, response),
        11 => info(request, response),
        12 => ops_block::state_test(request, &state, response),
        13 => cache(request),
        14 => ops_range::prove_range(request, &state, response),
        15 => ops_range::verify(request, response),
        16 => ops_witness::witness(request, &state, response),
        17 => ops_witness::execute_stateless(request, response),
        18 => ops_leaves::put_leaves(request, &state, response),
        19 => ops_trie::update(request, &state, response),
        20 => ops_trie::root(request, response),
        21 => ops_block::header(request, response),
        #[cfg(feature = "bench")]
        1_000 => ops_block::transact_again(request, &state, response),
        _ => Err(error(codes::ERROR_UNKNOWN_OP, "unknown operation")),
    }
}

fn info(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    request.end()?;
    response.u32(u32::from(ABI_VERSION));
    response.str("osaka");
    response.str(env!("CARGO_PKG_VERSION"));
    response.u64(memory_bytes());
    response.u64(record_cache_bytes() as u64);
    Ok(())
}

fn cache(request: &mut Reader<'_>) -> Result<()> {
    let limit = request.u64()?;
    request.end()?;
    set_record_cache_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(())
}

#[cfg(target_arch = "wasm32")]
fn memory_bytes() -> u64 {
    core::arch::wasm32::memory_size(0) as u64 * 65_536
}

#[cfg(not(target_arch = "wasm32"))]
fn memory_bytes() -> u64 {
    0
}

pub fn failure_response(failure: Failure) -> Vec<u8> {
    let mut response = Writer::with_capacity(HEADER_BYTES + 64);
    match failure {
        Failure::Need(keys) => {
            write_header(&mut response, STATUS_NEED, 0);
            response.list(keys.iter(), |response, key| response.bytes(key));
        }
        Failure::Invalid(code, message) => {
            write_header(&mut response, STATUS_INVALID, code);
            response.str(&message);
        }
        Failure::Error(code, message) => {
            write_header(&mut response, STATUS_ERROR, code);
            response.str(&message);
        }
    }
    response.finish()
}

fn write_header(response: &mut Writer, status: u8, code: u16) {
    response.u8(ABI_VERSION);
    response.u8(status);
    response.u16(code);
}
