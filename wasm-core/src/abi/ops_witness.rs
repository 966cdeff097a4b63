//! WITNESS and EXECUTE_STATELESS.

use super::{ops_block::execute_request, reader::Reader, responses, writer::Writer};
use crate::{
    evm::{decode_parent, execute_block, witness_of},
    mpt::WitnessStore,
    state::{Changeset, StateReader},
    types::{Failure, Result, codes, error},
};

pub fn witness(request: &mut Reader<'_>, state: &StateReader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = execute_request(request)?;
    request.end()?;
    let parent_root = decode_parent(parsed.parent_header_rlp, &parsed.chain)?.header.state_root;
    execute_block(state, parsed)?;
    let witness = witness_of(state, parent_root)?;
    response.list(witness.state.iter(), |response, node| response.bytes(node));
    response.list(witness.codes.iter(), |response, code| response.bytes(code));
    response.option(state.oldest_ancestor(), Writer::u64);
    Ok(())
}

pub fn execute_stateless(request: &mut Reader<'_>, response: &mut Writer) -> Result<()> {
    let parsed = execute_request(request)?;
    let nodes = request.list(4, Reader::bytes)?;
    let witness_codes = request.list(4, Reader::bytes)?;
    request.end()?;
    let flags = parsed.flags;
    let parent_root = decode_parent(parsed.parent_header_rlp, &parsed.chain)?.header.state_root;
    let store = WitnessStore::new(parent_root, &nodes, &witness_codes);
    let mut outcome = execute_block(&StateReader::stateless(&store), parsed).map_err(|failure| match failure {
        Failure::Error(codes::ERROR_STORE, _) => error(codes::ERROR_WITNESS, "the witness lacks a node or code"),
        other => other,
    })?;
    // Records of a witness know nothing of untouched children: they are not to be stored.
    outcome.changeset = Changeset::default();
    responses::outcome(response, outcome, flags);
    Ok(())
}
