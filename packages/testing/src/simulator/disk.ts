/**
 * What survives a crash of a simulated node: the WAL with its torn tail, blocks behind own votes, the committed
 * chain. Certificates are appended without fsync: a crash may lose the ones after the last durable record.
 */
import type { Block } from '@cairn/chain'
import type { FinalizedHead, VoteLog } from '@cairn/consensus'
import { CodedError, concatBytes } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { SeededRandom } from './random.ts'

/** Where an append ends in a crash: before the write, in the middle, or after it. */
export type CrashPoint = 'before-write' | 'torn-write' | 'after-write'

export interface Disk {
  /** The log as the signer sees it; @throws CodedError `SIMULATED_CRASH` at `crashNextAppend`. */
  readonly log: VoteLog
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

const LENGTH_BYTES = 4

export function createDisk(genesis: FinalizedHead, random: SeededRandom): Disk {
  /** Frames: length (4 bytes) ‖ record. */
  let writes: Uint8Array[] = []
  /** The first so many survive a crash. */
  let durableCount = 0
  const disk: Disk = {
    log: {
      async append(record) {
        const point = disk.crashNextAppend
        disk.crashNextAppend = undefined
        const bytes = frame(record)
        if (point === 'torn-write') writes.push(bytes.slice(0, random.below(bytes.length)))
        if (point === undefined || point === 'after-write') writes.push(bytes)
        if (point !== 'before-write') durableCount = writes.length
        if (point !== undefined) throw new CodedError('SIMULATED_CRASH', point)
      },
      async replace(records) {
        writes = records.map(frame)
        durableCount = writes.length
      },
    },
    crashNextAppend: undefined,
    appendCertificate: (record) => void writes.push(frame(record)),
    crash() {
      writes.length = durableCount + random.below(writes.length - durableCount + 1)
      durableCount = writes.length
    },
    readRecords() {
      const records = unframe(concatBytes(...writes))
      writes = records.map(frame)
      durableCount = writes.length
      return records
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

function frame(record: Uint8Array): Uint8Array {
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setUint32(0, record.length)
  return concatBytes(length, record)
}

function unframe(bytes: Uint8Array): readonly Uint8Array[] {
  const records: Uint8Array[] = []
  let offset = 0
  while (offset + LENGTH_BYTES <= bytes.length) {
    const end = offset + LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(0)
    if (end > bytes.length) break
    records.push(bytes.slice(offset + LENGTH_BYTES, end))
    offset = end
  }
  return records
}
