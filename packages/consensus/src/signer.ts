/**
 * The signer: the only holder of the validator's key. It enforces the durable flags sN, sX and sF itself,
 * whatever the rules ask for (Diem's safety-rules; EIP-3076): per view at most one notarize hash and one
 * finalize hash, and never both nullify and finalize. A vote's record is durable before `sign` returns (R10).
 */
import type { Vote, VoteSubject } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import type { Epoch, Hash, View } from '@cairn/primitives'

/** Where vote records go; `@cairn/ports`' AppendLog fits. */
export interface VoteLog {
  /** Durable once resolved. */
  append(record: Uint8Array): Promise<void>
}

export interface SignerOptions {
  /** 32 bytes, big-endian; not copied. */
  readonly secretKey: Uint8Array
  readonly genesisHash: Hash
  /** `recoverFromWal(await log.read())`: what this key has signed before. */
  readonly recovered: SignerRecord
}

/** What a key has signed: every recorded subject, and the floor at or below which nothing is ever signed again. */
export interface SignerRecord {
  readonly ownVotes: readonly VoteSubject[]
  readonly floor: { readonly epoch: Epoch; readonly view: View } | undefined
}

export interface Signer {
  /** 48 bytes. */
  readonly publicKey: Uint8Array
  /**
   * Appends the record, then signs. The same subject again gives the same vote without a new record.
   * Calls run one after the other.
   * @throws CodedError `SIGNER_REFUSED` (double sign, X with F, or below the floor); whatever the log throws
   */
  sign(subject: VoteSubject, validator: number): Promise<Vote>
  /** 96 bytes. Deterministic, so it needs no record. */
  signRandao(epoch: Epoch, view: View): Uint8Array
}

export interface SignerDeps {
  readonly bls: Bls
  readonly log: VoteLog
}
