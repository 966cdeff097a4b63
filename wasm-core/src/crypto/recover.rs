//! Public key recovery on secp256k1 (SEC 1, 4.1.6) with k256's curve arithmetic. k256's own recovery verifies the
//! signature with the key it has just derived from it, which cannot fail and doubles the time.

use super::keccak256;
use crate::types::codes;
use alloy_consensus::{EthereumTxEnvelope, TxEip4844};
use alloy_primitives::{Address, B256, Signature};
use k256::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar, U256,
    elliptic_curve::{
        PrimeField,
        ops::{LinearCombination, Reduce},
        point::DecompressPoint,
        sec1::ToEncodedPoint,
    },
};
use revm::precompile::{Crypto, PrecompileHalt, install_crypto};

/// EIP-2: half of the group order; larger s is refused in transactions, not in the precompile.
const HALF_ORDER: alloy_primitives::U256 = alloy_primitives::U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// @return the transaction code `TX_SIGNATURE` for a high s, or a signature that fits no key.
pub fn recover_sender(tx: &EthereumTxEnvelope<TxEip4844>) -> Result<Address, u16> {
    recover_signer(tx.signature(), &tx.signature_hash())
}

/// As Frontier took signatures: with any s.
pub fn recover_frontier_sender(tx: &EthereumTxEnvelope<TxEip4844>) -> Result<Address, u16> {
    recover_with_any_s(tx.signature(), &tx.signature_hash())
}

/// The same for a message hash computed elsewhere.
pub fn recover_signer(signature: &Signature, message: &B256) -> Result<Address, u16> {
    if signature.s() > HALF_ORDER {
        return Err(codes::TX_SIGNATURE);
    }
    recover_with_any_s(signature, message)
}

fn recover_with_any_s(signature: &Signature, message: &B256) -> Result<Address, u16> {
    let (r, s) = (signature.r().to_be_bytes(), signature.s().to_be_bytes());
    let key = recover_key(&r, &s, signature.v(), message).ok_or(codes::TX_SIGNATURE)?;
    Ok(Address::from_slice(&keccak256(key)[12..]))
}

/// @return the uncompressed key, x ‖ y.
fn recover_key(r: &[u8; 32], s: &[u8; 32], y_is_odd: bool, message: &B256) -> Option<[u8; 64]> {
    let r_bytes = FieldBytes::from(*r);
    let r_scalar = nonzero_scalar(r_bytes)?;
    let s_scalar = nonzero_scalar(FieldBytes::from(*s))?;
    let z = <Scalar as Reduce<U256>>::reduce_bytes(&FieldBytes::from(message.0));
    let point = Option::<AffinePoint>::from(AffinePoint::decompress(&r_bytes, u8::from(y_is_odd).into()))?;
    let inverse = Option::<Scalar>::from(r_scalar.invert())?;
    let key = ProjectivePoint::lincomb(
        &ProjectivePoint::GENERATOR,
        &-(inverse * z),
        &ProjectivePoint::from(point),
        &(inverse * s_scalar),
    );
    let encoded = key.to_affine().to_encoded_point(false);
    // The identity encodes as one byte: no key.
    encoded.as_bytes().get(1..)?.try_into().ok()
}

fn nonzero_scalar(bytes: FieldBytes) -> Option<Scalar> {
    let scalar = Option::<Scalar>::from(Scalar::from_repr(bytes))?;
    (scalar != Scalar::ZERO).then_some(scalar)
}

/// revm's pure Rust precompiles, with the faster recovery.
#[derive(Debug)]
struct CoreCrypto;

impl Crypto for CoreCrypto {
    fn secp256k1_ecrecover(
        &self,
        signature: &[u8; 64],
        recid: u8,
        message: &[u8; 32],
    ) -> Result<[u8; 32], PrecompileHalt> {
        let (Ok(r), Ok(s)) = (signature[..32].try_into(), signature[32..].try_into()) else {
            return Err(PrecompileHalt::Secp256k1RecoverFailed);
        };
        let key = recover_key(r, s, recid == 1, &B256::new(*message)).ok_or(PrecompileHalt::Secp256k1RecoverFailed)?;
        let mut address = keccak256(key);
        address[..12].fill(0);
        Ok(address.0)
    }
}

/// Once per instance; later calls change nothing.
pub fn install_precompile_crypto() {
    let _installed_now = install_crypto(CoreCrypto);
}
