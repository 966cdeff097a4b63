/**
 * A state store that is filled from a snapshot before the executor is started: leaves by their hashed keys, proved by
 * the caller against a finalized root. Everything written is durable in order, so an interrupted restore goes on.
 */
import type { KeyInterval, OpenedRestore, SnapshotRange, StorageRange } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import type { ExecutedBlock } from './executor.ts'

/** Nothing here may be called once the executor is started; `progress` is the caller's own record, kept as it is. */
export interface RestorableState {
  /**
   * Finds out where an earlier restore of this chain stopped; what is there of anything else unfinished is removed.
   * @throws CodedError `STATE_NOT_EMPTY` when the store already has a committed head
   */
  openRestore(): Promise<OpenedRestore>
  /** Adds to storage tries. The roots that they have now, in order. @throws CodedError `RESTORE_INVALID` */
  restoreStorages(ranges: readonly StorageRange[], progress: Uint8Array): Promise<readonly Hash[]>
  /** Of these code hashes, those whose code is not stored. */
  missingCodes(hashes: readonly Hash[]): Promise<readonly Hash[]>
  /** By content: stored under their keccak. */
  restoreCodes(codes: readonly Uint8Array[]): Promise<void>
  /**
   * Adds accounts whose storages are whole and whose codes are there.
   * @throws CodedError `RESTORE_INVALID` when a storage's root is not its account's
   */
  restoreAccounts(accounts: SnapshotRange['items'], progress: Uint8Array): Promise<void>
  /**
   * Carries what is restored to the next block's state by that block's access list (EIP-7928, the block's own).
   * `missing`: intervals of the account key space that are not restored yet.
   */
  restoreAccessList(accessList: Uint8Array, missing: readonly KeyInterval[], progress: Uint8Array): Promise<void>
  /**
   * Everything is there: `block` becomes the committed head, durably.
   * @throws CodedError `RESTORE_ROOT_MISMATCH` when the state is not the block's
   */
  finishRestore(block: ExecutedBlock): Promise<void>
  /** Removes everything restored so far. */
  discardRestore(): Promise<void>
}
