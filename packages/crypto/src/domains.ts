/** Domain separation tags of the proof-of-possession ciphersuite (draft-irtf-cfrg-bls-signature, 4.2.3). */
export const SIGNATURE_DOMAIN = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'
export const POSSESSION_DOMAIN = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'
