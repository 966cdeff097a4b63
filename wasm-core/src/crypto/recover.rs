//! Sender recovery with EIP-2's low-s rule. Cairn accepts no other signature form, in any transaction type.

use crate::types::codes;
use alloy_consensus::{EthereumTxEnvelope, TxEip4844, transaction::SignerRecoverable};
use alloy_primitives::Address;

/// @return the transaction code `TX_SIGNATURE` for a high s, or a signature that fits no key.
pub fn recover_sender(tx: &EthereumTxEnvelope<TxEip4844>) -> Result<Address, u16> {
    tx.recover_signer().map_err(|_| codes::TX_SIGNATURE)
}
