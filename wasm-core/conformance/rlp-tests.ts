/**
 * RLP vectors through `@cairn/primitives`, the decoder of everything that peers send. The core's ABI has no RLP
 * operation of its own: its decoder is exercised by the blockchain and transaction vectors (`ttWrongRLP`).
 */
import { decodeRlp, encodeRlp, equalBytes, hexFromBytes, rlpUint } from '@cairn/primitives'
import type { RlpInput, RlpReader } from '@cairn/primitives'
import { type JsonObject, bytesOf, textOf } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

export function runRlpTest(name: string, test: JsonObject, isWanted: (id: string) => boolean, tally: Tally): void {
  if (isWanted(name)) tally.check(name, () => checkVector(test['in'], bytesOf(test['out'])))
}

function checkVector(input: unknown, encoding: Uint8Array): Omit<Failure, 'test'> | undefined {
  const decoded = decodeRlp(encoding, encoding.length, readItem)
  const actual = decoded.ok ? `decodes, encodes again as ${hexFromBytes(encodeRlp(decoded.value))}` : decoded.code
  if (input === 'INVALID') return decoded.ok ? { expected: 'refused', actual } : undefined
  const expected = `decodes, encodes again as ${hexFromBytes(encoding)}`
  if (actual !== expected) return { expected, actual }
  if (input === 'VALID') return undefined
  const own = encodeRlp(inputOf(input))
  return equalBytes(own, encoding)
    ? undefined
    : { expected: `encodes as ${hexFromBytes(encoding)}`, actual: hexFromBytes(own) }
}

function readItem(item: RlpReader): RlpInput {
  if (!item.isNextList) return item.bytes(ITEM_MAX_BYTES)
  return item.listOf(ITEM_MAX_BYTES, readItem)
}

/** Texts are ASCII; `#` marks a decimal integer. */
function inputOf(value: unknown): RlpInput {
  if (Array.isArray(value)) return value.map(inputOf)
  if (typeof value === 'number') return rlpUint(value)
  const text = textOf(value)
  return text.startsWith('#') ? rlpUint(BigInt(text.slice(1))) : new Uint8Array(Buffer.from(text, 'latin1'))
}

const ITEM_MAX_BYTES = 1 << 20
