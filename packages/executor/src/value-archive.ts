/**
 * What an archive keeps of the past: every value that a block overwrote, under `key ‖ height of the block`. A key's value
 * at height a is in the first of its records above a, and the committed one where there is none: one ordered read, however
 * far back. Only branches off the newest blocks need lists by height beside it (`undo-history.ts`).
 *
 * Invariant: the records are those of the heights `from … to` that the span names, without a gap. The span is written in
 * the batch of the records; without one, records are what an interrupted deletion left.
 */
import { CodedError, concatBytes, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import type { BatchOperation, ExecutedBlock, KeyValueStore } from '@cairn/ports'
import { decodeHeadRecord, encodeHeadRecord } from './head-record.ts'
import type { PastState } from './past-state.ts'
import { ARCHIVE_BLOCK_PREFIX, ARCHIVE_SPAN_KEY, ARCHIVE_VALUE_PREFIX, bytesFromText, heightKey } from './state-key.ts'
import { clearRange } from './store-clearing.ts'

/** Heights whose overwritten values are there, both inclusive. */
interface ArchiveSpan {
  readonly from: number
  readonly to: number
}

/** By key in its text form; `null`: absent before. */
type OverwrittenValues = ReadonlyMap<string, Uint8Array | null>

export interface ValueArchive {
  /** Before anything else. @throws CodedError `STATE_CORRUPT` */
  open(): Promise<void>
  /** `undefined`: nothing is kept. */
  span(): ArchiveSpan | undefined
  /** Deletes everything. */
  clear(): Promise<void>
  /** Writes that belong into the batch that makes `height` the archive's newest. */
  recordsOf(parent: ExecutedBlock, height: number, values: OverwrittenValues): readonly BatchOperation[]
  /** Those records are written. */
  advance(height: number): void
  /** The state of a height that `span` reaches: `from - 1 … to - 1`. @throws CodedError `STATE_CORRUPT` */
  at(height: Height, head: ExecutedBlock): Promise<PastState>
}

export function createValueArchive(store: KeyValueStore): ValueArchive {
  let span: ArchiveSpan | undefined
  const spanWith = (height: number): ArchiveSpan => ({ from: span?.from ?? height, to: height })

  const clear = async (): Promise<void> => {
    span = undefined
    await store.batch([{ type: 'delete', key: ARCHIVE_SPAN_KEY }])
    await clearRange(store, ARCHIVE_BLOCK_PREFIX)
    await clearRange(store, ARCHIVE_VALUE_PREFIX)
  }

  return {
    open: async () => {
      const stored = await store.get(ARCHIVE_SPAN_KEY)
      if (stored !== undefined) span = decodeSpan(stored)
      else await clear()
    },
    span: () => span,
    clear,
    recordsOf: (parent, height, values) => [
      ...Array.from(values, ([key, value]): BatchOperation => {
        // No value of the state is empty (`wasm-core/ABI.md`), so nothing stands for absence.
        return { type: 'put', key: valueKey(bytesFromText(key), height), value: value ?? NOTHING }
      }),
      {
        type: 'put',
        key: heightKey(ARCHIVE_BLOCK_PREFIX, parent.height),
        value: encodeHeadRecord(parent),
      },
      { type: 'put', key: ARCHIVE_SPAN_KEY, value: encodeSpan(spanWith(height)) },
    ],
    advance: (height) => {
      span = spanWith(height)
    },
    at: async (height, head) => {
      const record = await store.get(heightKey(ARCHIVE_BLOCK_PREFIX, height))
      if (record === undefined) throw new CodedError('STATE_CORRUPT', `no archived block of height ${height}`)
      return {
        block: decodeHeadRecord(record),
        find: async (text) => {
          const key = bytesFromText(text)
          const range = {
            gte: valueKey(key, height + 1),
            lt: valueKey(key, head.height + 1),
            limit: 1,
          }
          for await (const [, value] of store.entries(range)) return value.length === 0 ? null : value
          return undefined
        },
      }
    },
  }
}

const VERSION = 1
const NOTHING = new Uint8Array(0)

/** State keys are prefix-free, so those of one key stand together, by height. */
function valueKey(key: Uint8Array, height: number): Uint8Array {
  return heightKey(concatBytes(ARCHIVE_VALUE_PREFIX, key), height)
}

/** RLP `[version, from, to]`. */
function encodeSpan({ from, to }: ArchiveSpan): Uint8Array {
  return encodeRlp([rlpUint(VERSION), rlpUint(from), rlpUint(to)])
}

function decodeSpan(bytes: Uint8Array): ArchiveSpan {
  const span = decodeRlpList(bytes, bytes.length, (fields) => {
    const version = fields.uint()
    return { version, from: fields.uint(), to: fields.uint() }
  })
  if (!span.ok || span.value.version !== VERSION || span.value.from > span.value.to) {
    throw new CodedError('STATE_CORRUPT', 'the span of the archive does not decode')
  }
  return { from: span.value.from, to: span.value.to }
}
