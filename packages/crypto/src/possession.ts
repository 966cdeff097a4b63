/**
 * Proof of possession (draft-irtf-cfrg-bls-signature, 3.3): a signature over the own public key under its own
 * domain, which defeats rogue-key attacks on fast aggregate verification. The native back end takes no domain, and it is
 * needed once for each validator's entry, so the pure-TypeScript curve does it there.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { POSSESSION_DOMAIN } from './domains.ts'
import { assertSecretKey } from './secret-key.ts'

const bls = bls12_381.longSignatures

/** 96 bytes. @throws CodedError `BLS_BAD_SECRET_KEY` */
export function provePossession(secretKey: Uint8Array): Uint8Array {
  assertSecretKey(secretKey)
  const publicKey = bls.getPublicKey(secretKey).toBytes(true)
  return bls.sign(bls.hash(publicKey, POSSESSION_DOMAIN), secretKey).toBytes(true)
}

/** `false` for anything malformed, at infinity or outside the subgroup. About 20 ms. */
export function verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean {
  if (publicKey.length !== 48 || proof.length !== 96) return false
  try {
    const key = bls12_381.G1.Point.fromBytes(publicKey)
    const signature = bls12_381.G2.Point.fromBytes(proof)
    key.assertValidity()
    signature.assertValidity()
    if (key.is0() || signature.is0() || !key.isTorsionFree() || !signature.isTorsionFree()) return false
    return bls.verify(signature, bls.hash(publicKey, POSSESSION_DOMAIN), key)
  } catch {
    return false
  }
}
