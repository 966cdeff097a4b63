/**
 * Which keys an undo list holds, without the list: 32-bit fingerprints, sorted, 4 bytes a key instead of hundreds.
 * A fingerprint that matches is looked up in the list itself, so a collision costs a read and never a wrong answer.
 */
import { CodedError, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { ExecutedBlock } from '@cairn/ports'
import { decodeHeadRecord, encodeHeadRecord } from './head-record.ts'

/** Row of one block: what it overwrote, and the parent, whose state the undo list leads back to. */
export interface UndoIndexRow {
  readonly parent: ExecutedBlock
  /** Ascending. */
  readonly fingerprints: Uint32Array
}

/** FNV-1a of a key in its text form. */
export function fingerprintOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

export function hasFingerprint(fingerprints: Uint32Array, wanted: number): boolean {
  let low = 0
  let high = fingerprints.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((fingerprints[middle] as number) < wanted) low = middle + 1
    else high = middle
  }
  return fingerprints[low] === wanted
}

/** RLP `[version, parent's head record, fingerprints as u32 LE]`. */
export function encodeUndoIndexRow(parent: ExecutedBlock, keys: readonly string[]): Uint8Array {
  const sorted = Uint32Array.from(keys, fingerprintOf).sort()
  const packed = new Uint8Array(4 * sorted.length)
  const view = new DataView(packed.buffer)
  for (let index = 0; index < sorted.length; index++) view.setUint32(4 * index, sorted[index] as number, true)
  return encodeRlp([rlpUint(VERSION), encodeHeadRecord(parent), packed])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodeUndoIndexRow(bytes: Uint8Array): UndoIndexRow {
  const row = decodeRlpList(bytes, bytes.length, (fields) => {
    const version = fields.uint()
    const parent = fields.bytes(bytes.length)
    const packed = fields.bytes(bytes.length)
    return { version, parent, packed }
  })
  if (!row.ok || row.value.version !== VERSION || row.value.packed.length % 4 !== 0) {
    throw new CodedError('STATE_CORRUPT', 'an undo index row does not decode')
  }
  const { parent, packed } = row.value
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const fingerprints = new Uint32Array(packed.length / 4)
  for (let index = 0; index < fingerprints.length; index++) fingerprints[index] = view.getUint32(4 * index, true)
  return { parent: decodeHeadRecord(parent), fingerprints }
}

const VERSION = 1
