/**
 * The assertions of the contract suites. They are plain functions because the suites also run in a browser page,
 * where Vitest's `expect` is absent.
 */
import { hexFromBytes } from '@cairn/primitives'

/** @throws Error unless both are absent, or equal byte for byte. */
export function expectBytes(actual: Uint8Array | undefined, expected: Uint8Array | undefined, what: string): void {
  expectEqual(textFromBytes(actual), textFromBytes(expected), what)
}

/** Element by element. */
export function expectBytesList(
  actual: readonly (Uint8Array | undefined)[],
  expected: readonly (Uint8Array | undefined)[],
  what: string,
): void {
  expectEqual(actual.map(textFromBytes).join('\n'), expected.map(textFromBytes).join('\n'), what)
}

/** Primitives, by `Object.is`. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`)
}

/** @throws Error unless `operation` rejects or throws an error with this `code`, or by this name where it has none. */
export async function expectFailure(operation: () => unknown, code: string): Promise<void> {
  let failure: unknown
  try {
    await operation()
  } catch (error) {
    failure = error
  }
  if (!(failure instanceof Error)) throw new Error(`expected ${code}, but nothing was thrown`)
  const found = 'code' in failure ? failure.code : failure.name
  if (found !== code) throw new Error(`expected ${code}, got ${String(found)}: ${failure.message}`, { cause: failure })
}

/** A subclass such as Node's Buffer behaves differently (`slice` is a view), so it is not the same. */
function textFromBytes(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent'
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? hexFromBytes(bytes) : `not a plain Uint8Array`
}
