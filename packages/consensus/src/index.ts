/** @module Layer 2: Simplex consensus as a step function, and the vote signer. */
export type { Consensus, Message } from './consensus.ts'
export type { ConsensusOptions } from './consensus-options.ts'
export type { Effect, Halt, PeerFault } from './effect.ts'
export type { FinalizedHead, From, Input, Now } from './input.ts'
export type { Signer, SignerDeps, SignerOptions, SignerRecord, VoteLog } from './signer.ts'
export type { VerificationContext, VerificationRequest, VerificationResult } from './verification.ts'
