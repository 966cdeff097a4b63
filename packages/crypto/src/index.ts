/** @module Layer 1: hashes and the BLS interface. The back ends are entry points of their own. */
export type { Bls, BlsKeySet } from './bls.ts'
export { keccak256, keccak256Bytes, sha256 } from './hash.ts'
export { provePossession, verifyPossession } from './possession.ts'
export { secretKeyFromEntropy } from './secret-key.ts'
