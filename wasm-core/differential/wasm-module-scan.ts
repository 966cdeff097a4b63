/**
 * Walks a WebAssembly binary (core specification, chapter 5) and lists what could make two hosts differ: float
 * instructions (NaN bits are the host's choice), threads, a start function, shared memory. Of SIMD it knows the moves and
 * integer operations that Keccak uses (ADR 036). An opcode it does not know is an error, so nothing passes unread.
 */
interface FloatUse {
  /** Index among all functions, imports first. */
  readonly functionIndex: number
  readonly opcodes: readonly number[]
  /** The body is `unreachable` and nothing else: the place of a method that the compiler proved uncalled. */
  readonly isUnreachable: boolean
}

export interface ModuleScan {
  readonly hasStart: boolean
  readonly memories: readonly { readonly isShared: boolean }[]
  readonly functions: number
  readonly instructions: number
  /** Functions with float instructions, parameters, results or locals. */
  readonly floats: readonly FloatUse[]
  /** Prefixed instruction groups in use: `bulk-memory`, `integer-simd`, `saturating-truncation`; others are errors. */
  readonly features: ReadonlySet<string>
  /** How many functions have SIMD instructions. */
  readonly simdFunctions: number
}

export function scanModule(bytes: Uint8Array): ModuleScan {
  const scan = { hasStart: false, functions: 0, instructions: 0, imports: 0, simdFunctions: 0 }
  const memories: { isShared: boolean }[] = []
  const features = new Set<string>()
  const floats: FloatUse[] = []
  const signatures: boolean[] = []
  const declared: number[] = []
  const reader = new ByteReader(bytes, 8, bytes.length)
  while (!reader.isAtEnd) {
    const id = reader.byte()
    const section = reader.section()
    if (id === 1) section.times(() => signatures.push(readSignature(section)))
    else if (id === 2) section.times(() => (scan.imports += readImport(section)))
    else if (id === 3) section.times(() => declared.push(section.unsigned()))
    else if (id === 5) section.times(() => memories.push(readLimits(section)))
    else if (id === 8) scan.hasStart = true
    else if (id === 10) {
      section.times(() => {
        const body = walkBody(section.section(), features)
        const isFloatTyped = signatures[declared[scan.functions] ?? -1] === true || body.hasFloatLocal
        const functionIndex = scan.imports + scan.functions++
        scan.instructions += body.instructions
        if (body.hasSimd) scan.simdFunctions++
        if (isFloatTyped || body.floats.size > 0) {
          floats.push({ functionIndex, opcodes: [...body.floats], isUnreachable: body.isUnreachable })
        }
      })
    }
  }
  return { ...scan, memories, features, floats }
}

const F32 = 0x7d
const F64 = 0x7c
const isFloatType = (type: number): boolean => type === F32 || type === F64

function readSignature(section: ByteReader): boolean {
  if (section.byte() !== 0x60) throw new RangeError('not a function type')
  let hasFloat = false
  for (let list = 0; list < 2; list++) section.times(() => (hasFloat = isFloatType(section.byte()) || hasFloat))
  return hasFloat
}

/** 1 for a function, the only kind of import that is expected. */
function readImport(section: ByteReader): number {
  section.name()
  section.name()
  if (section.byte() !== 0) throw new RangeError('an import that is no function')
  section.unsigned()
  return 1
}

function readLimits(section: ByteReader): { readonly isShared: boolean } {
  const flags = section.byte()
  section.unsigned()
  if ((flags & 1) === 1) section.unsigned()
  return { isShared: (flags & 2) === 2 }
}

interface BodyScan {
  readonly instructions: number
  readonly isUnreachable: boolean
  readonly hasFloatLocal: boolean
  readonly hasSimd: boolean
  readonly floats: ReadonlySet<number>
}

function walkBody(body: ByteReader, features: Set<string>): BodyScan {
  const floats = new Set<number>()
  let hasFloatLocal = false
  let hasSimd = false
  let instructions = 0
  let first: number | undefined
  body.times(() => {
    body.unsigned()
    hasFloatLocal = isFloatType(body.byte()) || hasFloatLocal
  })
  while (!body.isAtEnd) {
    const opcode = body.byte()
    instructions++
    first ??= opcode
    if (isFloatOpcode(opcode)) floats.add(opcode)
    if (opcode === 0xfc) walkPrefixed(body, floats, features)
    else if (opcode === 0xfd) {
      hasSimd = true
      walkSimd(body, features)
    } else if (opcode === 0xfe) throw new RangeError('threads')
    else skipImmediates(body, opcode)
  }
  return { instructions, isUnreachable: first === 0x00 && instructions === 2, hasFloatLocal, hasSimd, floats }
}

/** load, store, const, comparison, arithmetic, conversion and reinterpretation of f32 and f64. */
function isFloatOpcode(opcode: number): boolean {
  return FLOAT_RANGES.some(([from, to]) => opcode >= from && opcode <= to)
}

const FLOAT_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x2a, 0x2b],
  [0x38, 0x39],
  [0x43, 0x44],
  [0x5b, 0x66],
  [0x8b, 0xa6],
  [0xa8, 0xab],
  [0xae, 0xbf],
]

function walkPrefixed(body: ByteReader, floats: Set<number>, features: Set<string>): void {
  const opcode = body.unsigned()
  if (opcode <= 7) {
    features.add('saturating-truncation')
    floats.add(0xfc00 + opcode)
    return
  }
  features.add('bulk-memory')
  const immediates = BULK_IMMEDIATES[opcode]
  if (immediates === undefined) throw new RangeError(`unknown instruction fc ${opcode}`)
  for (let index = 0; index < immediates; index++) body.unsigned()
}

/** Every one is exact: words moved, lanes of integers, bits. Anything else of SIMD, floats above all, is refused. */
function walkSimd(body: ByteReader, features: Set<string>): void {
  const opcode = body.unsigned()
  features.add('integer-simd')
  if (SIMD_WITH_ADDRESS.has(opcode)) body.skipUnsigned(2)
  else if (SIMD_WITH_ADDRESS_AND_LANE.has(opcode)) {
    body.skipUnsigned(2)
    body.skip(1)
  } else if (SIMD_WITH_WORD.has(opcode)) body.skip(16)
  else if (SIMD_WITH_LANE.has(opcode)) body.skip(1)
  else if (!SIMD_PLAIN.has(opcode)) throw new RangeError(`SIMD that is not on the list: fd ${opcode}`)
}

/** v128.load, load64_splat, store, load64_zero. */
const SIMD_WITH_ADDRESS: ReadonlySet<number> = new Set([0, 10, 11, 93])
/** v128.load64_lane, store64_lane. */
const SIMD_WITH_ADDRESS_AND_LANE: ReadonlySet<number> = new Set([87, 91])
/** v128.const, i8x16.shuffle. */
const SIMD_WITH_WORD: ReadonlySet<number> = new Set([12, 13])
/** i64x2.extract_lane, replace_lane. */
const SIMD_WITH_LANE: ReadonlySet<number> = new Set([29, 30])
/** i64x2.splat; v128.not, and, andnot, or, xor, bitselect; i64x2.shl, shr_u. */
const SIMD_PLAIN: ReadonlySet<number> = new Set([18, 77, 78, 79, 80, 81, 82, 203, 205])

/** memory.init, data.drop, memory.copy, memory.fill, table.init, elem.drop, table.copy, grow, size, fill. */
const BULK_IMMEDIATES: Readonly<Record<number, number>> = {
  8: 2,
  9: 1,
  10: 2,
  11: 1,
  12: 2,
  13: 1,
  14: 2,
  15: 1,
  16: 1,
  17: 1,
}

function skipImmediates(body: ByteReader, opcode: number): void {
  if (opcode === 0x02 || opcode === 0x03 || opcode === 0x04 || opcode === 0x41 || opcode === 0x42) body.signed()
  else if (opcode === 0x43) body.skip(4)
  else if (opcode === 0x44) body.skip(8)
  else if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10 || opcode === 0x12) body.unsigned()
  else if (opcode === 0x11 || opcode === 0x13) body.skipUnsigned(2)
  else if (opcode === 0x0e) {
    body.times(() => body.unsigned())
    body.unsigned()
  } else if (opcode === 0x1c) body.times(() => body.byte())
  else if (opcode >= 0x20 && opcode <= 0x26) body.unsigned()
  else if (opcode >= 0x28 && opcode <= 0x3e) body.skipUnsigned(2)
  else if (opcode === 0x3f || opcode === 0x40 || opcode === 0xd2) body.unsigned()
  else if (opcode === 0xd0) body.byte()
  else if (!isPlain(opcode)) throw new RangeError(`unknown instruction ${opcode.toString(16)}`)
}

/** Without immediates. */
function isPlain(opcode: number): boolean {
  const isControl = opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f
  return isControl || opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4) || opcode === 0xd1
}

class ByteReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array, from: number, to: number) {
    if (to > bytes.length) throw new RangeError('truncated module')
    this.#bytes = bytes
    this.#at = from
    this.#end = to
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end
  }

  byte(): number {
    if (this.isAtEnd) throw new RangeError('truncated module')
    return this.#bytes[this.#at++] as number
  }

  skip(sizeBytes: number): void {
    this.#at += sizeBytes
  }

  /** LEB128, 32 bits. */
  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Passed over, of any width. */
  signed(): void {
    while (this.byte() >= 0x80);
  }

  skipUnsigned(count: number): void {
    for (let index = 0; index < count; index++) this.unsigned()
  }

  times(read: () => unknown): void {
    for (let count = this.unsigned(); count > 0; count--) read()
  }

  /** Length, then so many bytes. */
  section(): ByteReader {
    const sizeBytes = this.unsigned()
    const from = this.#at
    this.#at += sizeBytes
    return new ByteReader(this.#bytes, from, from + sizeBytes)
  }

  name(): string {
    const sizeBytes = this.unsigned()
    let text = ''
    for (let index = 0; index < sizeBytes; index++) text += String.fromCharCode(this.byte())
    return text
  }
}
