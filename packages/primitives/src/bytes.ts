/** Byte-string operations that the language lacks. */

/** One new array; the parts are copied. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let lengthBytes = 0
  for (const part of parts) lengthBytes += part.length
  const joined = new Uint8Array(lengthBytes)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Same length and content. Not constant-time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

/** Lexicographic order, shorter first on a common prefix; negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Eight bytes, big-endian. @throws RangeError when `value` is no safe non-negative integer. */
export function bytesFromUint64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a uint64: ${value}`)
  const bytes = new Uint8Array(8)
  // Halves instead of a BigInt, and no DataView: this is on the path of every vote.
  const high = Math.floor(value / 2 ** 32)
  const low = value % 2 ** 32
  for (let index = 0; index < 4; index++) {
    bytes[index] = high >>> (24 - 8 * index)
    bytes[index + 4] = low >>> (24 - 8 * index)
  }
  return bytes
}
