//! Decoding and stateless validity of transactions, and the mapping of revm's reasons to ABI codes.

use crate::{
    crypto::{recover_frontier_sender, recover_sender},
    types::{ChainRules, Fork, codes},
};
use alloy_consensus::{EthereumTxEnvelope, Transaction, TxEip4844, TxType};
use alloy_eips::Decodable2718;
use alloy_evm::block::{BlockExecutionError, BlockValidationError};
use alloy_primitives::{Address, TxKind};
use revm::{
    context_interface::{cfg::gas::calculate_initial_tx_gas, result::InvalidTransaction},
    primitives::hardfork::SpecId,
};

pub type Tx = EthereumTxEnvelope<TxEip4844>;

/// EIP-7825.
pub const TX_GAS_CAP: u64 = 1 << 24;
/// EIP-3860.
const INITCODE_BYTES_MAX: usize = 49_152;
const KZG_HASH_VERSION: u8 = 1;
const TYPE_MAX: u8 = 4;

/// Decodes the EIP-2718 form, to the last byte. @return a transaction code on failure.
pub fn decode_transaction(raw: &[u8]) -> Result<Tx, u16> {
    match raw.first() {
        None => return Err(codes::TX_MALFORMED),
        // Type 0 has no typed form, and what is above the known types is not ours.
        Some(first) if *first == 0 || (*first > TYPE_MAX && *first < 0xc0) => return Err(codes::TX_TYPE),
        Some(_) => {}
    }
    let mut rest = raw;
    match Tx::decode_2718(&mut rest) {
        Ok(tx) if rest.is_empty() => Ok(tx),
        _ => Err(codes::TX_MALFORMED),
    }
}

/// Everything that can be said without state and without the signature.
pub fn check_stateless(tx: &Tx, chain: &ChainRules) -> Result<(), u16> {
    if chain.fork < type_since(tx.tx_type()) {
        return Err(codes::TX_TYPE);
    }
    // EIP-155: before it a signature for one chain is none.
    if tx.chain_id().is_some_and(|id| id != chain.chain_id || chain.fork < Fork::SpuriousDragon) {
        return Err(codes::TX_CHAIN_ID);
    }
    if tx.nonce() == u64::MAX {
        return Err(codes::TX_NONCE_MAX);
    }
    if chain.fork >= Fork::Osaka && tx.gas_limit() > TX_GAS_CAP {
        return Err(codes::TX_GAS_CAP);
    }
    if priority_fee_of(tx) > max_fee_of(tx) {
        return Err(codes::TX_PRIORITY_FEE);
    }
    if tx.kind() == TxKind::Create && chain.fork >= Fork::Shanghai && tx.input().len() > INITCODE_BYTES_MAX {
        return Err(codes::TX_INITCODE_SIZE);
    }
    check_blobs(tx, chain)?;
    if tx.authorization_list().is_some_and(<[_]>::is_empty) {
        return Err(codes::TX_AUTHORIZATIONS);
    }
    check_intrinsic_gas(tx, chain)
}

fn type_since(tx_type: TxType) -> Fork {
    match tx_type {
        TxType::Legacy => Fork::Frontier,
        TxType::Eip2930 => Fork::Berlin,
        TxType::Eip1559 => Fork::London,
        TxType::Eip4844 => Fork::Cancun,
        TxType::Eip7702 => Fork::Prague,
    }
}

fn check_blobs(tx: &Tx, chain: &ChainRules) -> Result<(), u16> {
    let Some(hashes) = tx.blob_versioned_hashes() else { return Ok(()) };
    let max = chain.blob_params().map_or(0, |params| params.max_blobs_per_tx);
    let count = hashes.len() as u64;
    let versions_fit = hashes.iter().all(|hash| hash[0] == KZG_HASH_VERSION);
    if count == 0 || count > max || !versions_fit { Err(codes::TX_BLOB_FIELDS) } else { Ok(()) }
}

fn check_intrinsic_gas(tx: &Tx, chain: &ChainRules) -> Result<(), u16> {
    let (accounts, slots) = tx
        .access_list()
        .map_or((0, 0), |list| (list.0.len() as u64, list.0.iter().map(|item| item.storage_keys.len() as u64).sum()));
    let authorizations = tx.authorization_list().map_or(0, |list| list.len() as u64);
    let gas = calculate_initial_tx_gas(
        spec_id(chain.fork),
        tx.input(),
        tx.kind() == TxKind::Create,
        accounts,
        slots,
        authorizations,
        None,
    );
    let least = gas.initial_regular_gas.max(gas.floor_gas);
    if tx.gas_limit() < least { Err(codes::TX_INTRINSIC_GAS) } else { Ok(()) }
}

fn spec_id(fork: Fork) -> SpecId {
    match fork {
        Fork::Frontier => SpecId::FRONTIER,
        Fork::Homestead => SpecId::HOMESTEAD,
        Fork::TangerineWhistle => SpecId::TANGERINE,
        Fork::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
        Fork::Byzantium => SpecId::BYZANTIUM,
        Fork::Constantinople | Fork::Petersburg => SpecId::PETERSBURG,
        Fork::Istanbul | Fork::MuirGlacier => SpecId::ISTANBUL,
        Fork::Berlin => SpecId::BERLIN,
        Fork::London | Fork::ArrowGlacier | Fork::GrayGlacier => SpecId::LONDON,
        Fork::Paris => SpecId::MERGE,
        Fork::Shanghai => SpecId::SHANGHAI,
        Fork::Cancun => SpecId::CANCUN,
        Fork::Prague => SpecId::PRAGUE,
        Fork::Osaka => SpecId::OSAKA,
    }
}

/// @return the sender, or `TX_SIGNATURE`. EIP-2 forbids a high s from Homestead on.
pub fn sender_of(tx: &Tx, chain: &ChainRules) -> Result<Address, u16> {
    if chain.fork == Fork::Frontier { recover_frontier_sender(tx) } else { recover_sender(tx) }
}

/// The gas price of the old types, else the fee cap.
pub fn max_fee_of(tx: &Tx) -> u128 {
    tx.max_fee_per_gas()
}

/// The gas price of the old types, else the priority fee.
pub fn priority_fee_of(tx: &Tx) -> u128 {
    tx.max_priority_fee_per_gas().unwrap_or_else(|| tx.max_fee_per_gas())
}

pub fn code_of_invalid(reason: &InvalidTransaction) -> u16 {
    use InvalidTransaction as Reason;
    match reason {
        Reason::PriorityFeeGreaterThanMaxFee => codes::TX_PRIORITY_FEE,
        Reason::GasPriceLessThanBasefee => codes::TX_MAX_FEE,
        Reason::CallerGasLimitMoreThanBlock => codes::TX_NO_GAS_LEFT,
        Reason::CallGasCostMoreThanGasLimit { .. } | Reason::GasFloorMoreThanGasLimit { .. } => codes::TX_INTRINSIC_GAS,
        Reason::RejectCallerWithCode => codes::TX_SENDER_CODE,
        Reason::LackOfFundForMaxFee { .. } => codes::TX_FUNDS,
        Reason::OverflowPaymentInTransaction => codes::TX_FEE_OVERFLOW,
        Reason::NonceOverflowInTransaction => codes::TX_NONCE_MAX,
        Reason::NonceTooHigh { .. } => codes::TX_NONCE_HIGH,
        Reason::NonceTooLow { .. } => codes::TX_NONCE_LOW,
        Reason::CreateInitCodeSizeLimit => codes::TX_INITCODE_SIZE,
        Reason::InvalidChainId | Reason::MissingChainId => codes::TX_CHAIN_ID,
        Reason::TxGasLimitGreaterThanCap { .. } => codes::TX_GAS_CAP,
        Reason::BlobGasPriceGreaterThanMax { .. } => codes::TX_BLOB_FEE,
        Reason::EmptyBlobs
        | Reason::BlobCreateTransaction
        | Reason::TooManyBlobs { .. }
        | Reason::BlobVersionNotSupported
        | Reason::MaxFeePerBlobGasNotSupported
        | Reason::BlobVersionedHashesNotSupported => codes::TX_BLOB_FIELDS,
        Reason::AuthorizationListInvalidFields | Reason::EmptyAuthorizationList => codes::TX_AUTHORIZATIONS,
        Reason::AuthorizationListNotSupported
        | Reason::AccessListNotSupported
        | Reason::Eip2930NotSupported
        | Reason::Eip1559NotSupported
        | Reason::Eip4844NotSupported
        | Reason::Eip7702NotSupported => codes::TX_TYPE,
        _ => codes::TX_OTHER,
    }
}

/// `None` when the error is not about the transaction.
pub fn code_of_execution_error(error: &BlockExecutionError) -> Option<u16> {
    match error.as_validation()? {
        BlockValidationError::InvalidTx { error, .. } => {
            Some(error.as_invalid_tx_err().map_or(codes::TX_OTHER, code_of_invalid))
        }
        BlockValidationError::TransactionGasLimitMoreThanAvailableBlockGas { .. } => Some(codes::TX_NO_GAS_LEFT),
        _ => None,
    }
}
