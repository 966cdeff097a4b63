/** Solidity's `Error(string)` and `Panic(uint256)` in revert data; custom errors are the caller's to decode. */

const ERROR_STRING_SELECTOR = '08c379a0'
const PANIC_SELECTOR = '4e487b71'
/** Longest reason put into an error text; the data carries all of it. */
const REASON_MAX_BYTES = 1_024

/** Solidity's panic codes in geth's words. */
const PANICS: ReadonlyMap<number, string> = new Map([
  [0x00, 'generic panic'],
  [0x01, 'assert(false)'],
  [0x11, 'arithmetic underflow or overflow'],
  [0x12, 'division or modulo by zero'],
  [0x21, 'enum overflow'],
  [0x22, 'invalid encoded storage byte array accessed'],
  [0x31, 'out-of-bounds array access; popping on an empty array'],
  [0x32, 'out-of-bounds access of an array or bytesN'],
  [0x41, 'out of memory'],
  [0x51, 'uninitialized function'],
])

/** `undefined`: neither of the two, or malformed. Contracts choose these bytes, so nothing here throws. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = Array.from(output.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (selector === PANIC_SELECTOR) return panicReason(output)
  return selector === ERROR_STRING_SELECTOR ? errorString(output) : undefined
}

function panicReason(output: Uint8Array): string | undefined {
  const code = wordAt(output, 4)
  return code === undefined ? undefined : (PANICS.get(code) ?? `unknown panic code: 0x${code.toString(16)}`)
}

function errorString(output: Uint8Array): string | undefined {
  const offset = wordAt(output, 4)
  if (offset === undefined) return undefined
  const lengthBytes = wordAt(output, 4 + offset)
  if (lengthBytes === undefined || 4 + offset + 32 + lengthBytes > output.length) return undefined
  const start = 4 + offset + 32
  return new TextDecoder('utf-8').decode(output.subarray(start, start + Math.min(lengthBytes, REASON_MAX_BYTES)))
}

/** A 32-byte big-endian word; `undefined` past the end or above 2^32. */
function wordAt(bytes: Uint8Array, offset: number): number | undefined {
  if (offset + 32 > bytes.length) return undefined
  if (bytes.subarray(offset, offset + 28).some((byte) => byte !== 0)) return undefined
  return new DataView(bytes.buffer, bytes.byteOffset + offset + 28, 4).getUint32(0)
}
