/**
 * The signer: the only holder of the validator's key. It enforces the durable flags sN, sX and sF itself,
 * whatever the rules ask for (Diem's safety-rules; EIP-3076): per view at most one notarize hash and one
 * finalize hash, and never both nullify and finalize. A vote's record is durable before `sign` returns (R10).
 */
import { announcementSigningBytes, leavingSigningBytes, randaoSigningBytes, voteSigningBytes } from '@cairn/chain'
import type { Certificate, Vote, VoteSubject } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { CodedError } from '@cairn/primitives'
import type { Epoch, Hash, View } from '@cairn/primitives'
import { createVoteGuard, isLater } from './vote-guard.ts'
import type { SignerRecord, WalFloor } from './vote-guard.ts'
import { compactRecords, encodeVoteRecord } from './wal-record.ts'

/** Where vote records go; `@cairn/ports`' AppendLog fits. */
export interface VoteLog {
  /** Durable once resolved. */
  append(record: Uint8Array): Promise<void>
  /** Atomically replaces the content. */
  replace(records: readonly Uint8Array[]): Promise<void>
}

export interface SignerOptions {
  /** 32 bytes, big-endian; not copied. */
  readonly secretKey: Uint8Array
  readonly genesisHash: Hash
  /** `recoverFromWal(await log.read())`: what this key has signed before. */
  readonly recovered: SignerRecord
  /**
   * Place of the newest block that the stores hold as final. Nothing at or below it is signed, so that a log that was
   * put back to an older state cannot make this key sign there again.
   */
  readonly finalized?: WalFloor
}

export interface SignerDeps {
  readonly bls: Bls
  readonly log: VoteLog
}

export interface Signer {
  /** 48 bytes. */
  readonly publicKey: Uint8Array
  /**
   * Appends the record, then signs. The same subject again gives the same vote without a new record.
   * Calls run one after the other. `undefined`: the view is at or below the floor, so final already; a finalization
   * has overtaken the request, and nobody needs the vote.
   * @throws CodedError `SIGNER_REFUSED` (double sign, X with F, after a failed append), `SIGNER_REWOUND` (see `observe`);
   * whatever the log throws
   */
  sign(subject: VoteSubject, validator: number): Promise<Vote | undefined>
  /**
   * A verified signature of this key is out there. `false` when the record does not have it: the log was put back to
   * an older state, or the key signs elsewhere too. From then on nothing is signed.
   */
  observe(subject: VoteSubject): boolean
  /** 96 bytes. Deterministic, so it needs no record. */
  signRandao(epoch: Epoch, view: View): Uint8Array
  /** 96 bytes. It binds this key to nothing, so it needs no record. */
  signLeaving(epoch: Epoch, view: View): Uint8Array
  /** 96 bytes. That this validator is reached at `peerId`; it binds the key to nothing, so it needs no record. */
  signAnnouncement(place: { readonly epoch: Epoch; readonly view: View }, peerId: string): Uint8Array
  /**
   * Shortens the log when everything at or below `floor` is final: votes there can never be asked for again.
   * `certificates` above the floor are kept for liveness (`consensus.certificatesFrom`).
   */
  compact(floor: WalFloor, certificates: readonly Certificate[]): Promise<void>
}

/** One per key and log. @throws CodedError `BLS_BAD_SECRET_KEY` */
export function createSigner(options: SignerOptions, { bls, log }: SignerDeps): Signer {
  const { secretKey, genesisHash, recovered, finalized } = options
  const guard = createVoteGuard()
  for (const subject of recovered.ownVotes) guard.record(subject)
  for (const floor of [recovered.floor, finalized]) if (floor !== undefined) guard.raiseFloor(floor)
  let isRewound = false
  let hasLogFailed = false
  let last: Promise<unknown> = Promise.resolve()

  const inOrder = <T>(task: () => Promise<T>): Promise<T> => {
    const done = last.then(task)
    last = done.catch(() => undefined)
    return done
  }

  const write = async (writing: Promise<void>): Promise<void> => {
    try {
      await writing
    } catch (error) {
      // The record may be there or not: without knowing, nothing more is signed.
      hasLogFailed = true
      throw error
    }
  }

  return {
    publicKey: bls.publicKey(secretKey),
    sign: (subject, validator) =>
      inOrder(async () => {
        if (guard.floor !== undefined && !isLater(subject, guard.floor)) return undefined
        if (isRewound) throw rewound(subject)
        const conflict = hasLogFailed ? 'an append failed' : guard.conflictOf(subject)
        if (conflict !== undefined) throw refused(subject, conflict)
        const { kind, epoch, view, hash } = subject
        if (!guard.has(subject)) {
          await write(log.append(encodeVoteRecord(subject)))
          guard.record({ kind, epoch, view, hash })
        }
        const signature = bls.sign(secretKey, voteSigningBytes(genesisHash, subject))
        return { kind, epoch, view, hash, validator, signature }
      }),
    observe: (subject) => {
      const isBelow = guard.floor !== undefined && !isLater(subject, guard.floor)
      if (!isBelow && !guard.has(subject)) isRewound = true
      return !isRewound
    },
    signRandao: (epoch, view) => bls.sign(secretKey, randaoSigningBytes(genesisHash, epoch, view)),
    signLeaving: (epoch, view) => bls.sign(secretKey, leavingSigningBytes(genesisHash, epoch, view)),
    signAnnouncement: (place, peerId) => bls.sign(secretKey, announcementSigningBytes(genesisHash, place, peerId)),
    compact: (floor, certificates) =>
      inOrder(async () => {
        guard.raiseFloor(floor)
        await write(log.replace(compactRecords(guard.floor ?? floor, guard.votes(), certificates)))
      }),
  }
}

function refused(subject: VoteSubject, why: string): CodedError {
  return new CodedError('SIGNER_REFUSED', `signer refused: ${why}`, {
    data: { kind: subject.kind, epoch: subject.epoch, view: subject.view, hash: subject.hash },
  })
}

function rewound(subject: VoteSubject): CodedError {
  return new CodedError(
    'SIGNER_REWOUND',
    'this key has signed votes that its record does not have: restore the newest record, and run the key once only',
    { data: { kind: subject.kind, epoch: subject.epoch, view: subject.view } },
  )
}
