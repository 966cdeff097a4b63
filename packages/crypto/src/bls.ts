/**
 * BLS12-381 signatures, public keys in G1 (min-pk), proof-of-possession ciphersuite
 * `BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_` (draft-irtf-cfrg-bls-signature).
 */

/** Public keys of a validator set, decompressed and checked once (subgroup, not infinity). */
export interface BlsKeySet {
  readonly size: number
  /** `false` for any malformed signature. */
  verify(index: number, message: Uint8Array, signature: Uint8Array): boolean
  /** One aggregate signature of `indices` (distinct, ascending, not empty) over one message. */
  verifyAggregate(indices: readonly number[], message: Uint8Array, signature: Uint8Array): boolean
}

export interface Bls {
  /** @throws CodedError `BLS_BAD_PUBLIC_KEY` (malformed, infinity, wrong subgroup) with the index in `data` */
  keySet(publicKeys: readonly Uint8Array[]): BlsKeySet
  /** Aggregate of compressed signatures. @throws CodedError `BLS_BAD_SIGNATURE` */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array
  /** 96 bytes. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array
  /** 48 bytes. @throws CodedError `BLS_BAD_SECRET_KEY` */
  publicKey(secretKey: Uint8Array): Uint8Array
  /** Secret key from ≥ 32 bytes of entropy (EIP-2333 `derive_master_SK`). 32 bytes. */
  secretKeyFromEntropy(entropy: Uint8Array): Uint8Array
  /** Proof of possession of `secretKey` under the `BLS_POP_…` domain. */
  provePossession(secretKey: Uint8Array): Uint8Array
  verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean
}
