/**
 * What survives a crash of a simulated node: the WAL with its torn tail, blocks behind own votes, the committed
 * chain. Certificates are appended without fsync: a crash may lose the ones after the last durable record.
 */
import type { Block } from '@cairn/chain'
import type { FinalizedHead, VoteLog } from '@cairn/consensus'
import { CodedError } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { SeededRandom } from './random.ts'

/** Where the next append ends in a crash: before the write, in the middle, or after it. */
export type CrashPoint = 'before-write' | 'torn-write' | 'after-write'

export interface Disk {
  /** The log as the signer sees it. */
  readonly log: VoteLog
  /** Makes the next append of a vote crash. */
  crashNextAppend: CrashPoint | undefined
  appendCertificate(record: Uint8Array): void
  /** Loses what was not durable. */
  crash(): void
  /** Records as a restart reads them; a torn last one is cut off. */
  readRecords(): readonly Uint8Array[]
  readonly persistedBlocks: Map<Hash, Block>
  readonly committed: Block[]
  head: FinalizedHead
}

interface Stored {
  readonly record: Uint8Array
  isDurable: boolean
}

export function createDisk(genesis: FinalizedHead, random: SeededRandom): Disk {
  let stored: Stored[] = []
  const disk: Disk = {
    log: {
      async append(record) {
        const point = disk.crashNextAppend
        disk.crashNextAppend = undefined
        if (point === undefined || point === 'after-write') {
          for (const earlier of stored) earlier.isDurable = true
          stored.push({ record, isDurable: true })
        }
        if (point !== undefined) throw new CodedError('SIMULATED_CRASH', point)
      },
      async replace(records) {
        stored = records.map((record) => ({ record, isDurable: true }))
      },
    },
    crashNextAppend: undefined,
    appendCertificate: (record) => void stored.push({ record, isDurable: false }),
    crash() {
      const durable = stored.findLastIndex((entry) => entry.isDurable) + 1
      stored.length = durable + random.below(stored.length - durable + 1)
    },
    readRecords() {
      return stored.map((entry) => entry.record)
    },
    persistedBlocks: new Map(),
    committed: [],
    head: genesis,
  }
  return disk
}

/** Forgets persisted blocks that are committed or beaten. */
export function dropPersistedUpTo(disk: Disk, height: Height): void {
  for (const [hash, block] of disk.persistedBlocks) if (block.header.height <= height) disk.persistedBlocks.delete(hash)
}
