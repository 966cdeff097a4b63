/**
 * What survives a crash of a simulated node: the WAL in its real frames, blocks behind own votes, the committed chain.
 * Votes are durable when `append` resolves; certificates are appended without fsync, and a crash keeps a random
 * prefix of what was written since, cut at any byte. Frames are made only when a crash needs their bytes.
 */
import { NO_EVIDENCE, decodeEvidenceList } from '@cairn/chain'
import type { Block, Certificate, Evidence } from '@cairn/chain'
import { encodeCertificateRecord } from '@cairn/consensus'
import type { FinalizedHead, VoteLog } from '@cairn/consensus'
import { CodedError } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import { encodeWalFrames, scanWalFrames } from '@cairn/storage'
import type { SimulatedChain } from '../model/model-chain.ts'
import type { SeededRandom } from '../random.ts'

/** Where an append ends in a crash: before the write, in the middle, or after it. */
const CRASH_POINTS = ['before-write', 'torn-write', 'after-write'] as const
type CrashPoint = (typeof CRASH_POINTS)[number]

export interface Disk {
  /** The log as the signer sees it; @throws CodedError `SIMULATED_CRASH` at `crashNextAppend`. */
  readonly log: VoteLog
  crashNextAppend: CrashPoint | undefined
  appendCertificate(certificate: Certificate): void
  /** Loses what was not durable. `isDamaged`: one bit of the log flips besides. */
  crash(isDamaged: boolean): void
  /** Loses the log and the blocks behind own votes, as an evicted tab does. */
  wipe(): void
  /** The log was wiped or found damaged, and nothing says yet from where on it is whole. */
  readonly isLogLost: boolean
  /** Records as a restart reads them; a torn last one is cut off. @throws CodedError `WAL_CORRUPT` */
  readRecords(): readonly Uint8Array[]
  readonly persistedBlocks: Map<Hash, Block>
  /** By height − 1. */
  readonly committed: Block[]
  readonly committedByHash: Map<Hash, Block>
  readonly certificates: Map<Height, Certificate>
  head: FinalizedHead
}

type Write = Uint8Array | Certificate

export function createDisk(genesis: FinalizedHead, random: SeededRandom): Disk {
  /** Since the last crash or restart; the first `durableCount` survive the next crash. */
  let writes: Write[] = []
  let durableCount = 0
  /** After a crash: the file. */
  let file: Uint8Array | undefined
  let isLogLost = false

  const disk: Disk = {
    log: {
      async append(record) {
        const point = disk.crashNextAppend
        disk.crashNextAppend = undefined
        if (point !== 'before-write') writes.push(record)
        if (point === undefined || point === 'after-write') durableCount = writes.length
        if (point !== undefined) throw new CodedError('SIMULATED_CRASH', point)
      },
      async replace(records) {
        isLogLost = false
        writes = [...records]
        durableCount = writes.length
      },
    },
    crashNextAppend: undefined,
    appendCertificate: (certificate) => void writes.push(certificate),
    crash(isDamaged) {
      const durable = encodeWalFrames(writes.slice(0, durableCount).map(recordOf), 0)
      const rest = encodeWalFrames(writes.slice(durableCount).map(recordOf), durable.length)
      file = new Uint8Array(durable.length + random.below(rest.length + 1))
      file.set(durable)
      file.set(rest.subarray(0, file.length - durable.length), durable.length)
      if (isDamaged && file.length > 0) flipBit(file, random)
    },
    wipe() {
      writes = []
      durableCount = 0
      file = undefined
      isLogLost = true
      disk.persistedBlocks.clear()
    },
    get isLogLost() {
      return isLogLost
    },
    readRecords() {
      if (file !== undefined) {
        writes = [...scanWalFrames(file, 0).records]
        durableCount = writes.length
        file = undefined
      }
      return writes.map(recordOf)
    },
    persistedBlocks: new Map(),
    committed: [],
    committedByHash: new Map(),
    certificates: new Map(),
    head: genesis,
  }
  return disk
}

export function drawCrashPoint(random: SeededRandom): CrashPoint | undefined {
  return CRASH_POINTS[random.below(CRASH_POINTS.length)]
}

/** Appends to the committed chain, atomically, and forgets persisted blocks that are committed or beaten. */
export function commitToDisk(
  disk: Disk,
  blocks: readonly Block[],
  finalization: Certificate,
  { epochStateAfter }: SimulatedChain,
): void {
  let { epochState } = disk.head
  for (const block of blocks) {
    disk.committed.push(block)
    disk.committedByHash.set(block.hash, block)
    epochState = epochStateAfter(epochState, block)
    disk.head = { header: block.header, hash: block.hash, finalization, epochState }
  }
  const { height } = disk.head.header
  disk.certificates.set(height, finalization)
  for (const [hash, block] of disk.persistedBlocks) if (block.header.height <= height) disk.persistedBlocks.delete(hash)
}

/** What the chain has convicted validators of. */
export function evidenceIn(blocks: readonly Block[]): readonly Evidence[] {
  return blocks.flatMap(({ evidence }) => {
    if (evidence.length === NO_EVIDENCE.length) return []
    const items = decodeEvidenceList(evidence)
    return items.ok ? items.value : []
  })
}

function recordOf(write: Write): Uint8Array {
  return write instanceof Uint8Array ? write : encodeCertificateRecord(write)
}

function flipBit(bytes: Uint8Array, random: SeededRandom): void {
  const at = random.below(bytes.length)
  bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
}
