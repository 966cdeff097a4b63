/** EVM assembler of a few words: pushes, labels, and a data section behind the code. */
import { concatBytes } from '@cairn/primitives'
import { bytesFromInteger } from './random.ts'

export class Assembler {
  readonly #code: number[] = []
  readonly #data: Uint8Array[] = []
  readonly #dataReferences: { readonly at: number; readonly offset: number }[] = []
  #dataBytes = 0

  get sizeBytes(): number {
    return this.#code.length
  }

  op(...opcodes: readonly number[]): this {
    this.#code.push(...opcodes)
    return this
  }

  /** The shortest PUSH; PUSH0 for zero. */
  push(value: bigint | number): this {
    const integer = BigInt(value)
    const sizeBytes = integer === 0n ? 0 : Math.ceil(integer.toString(16).length / 2)
    return this.op(0x5f + sizeBytes, ...bytesFromInteger(integer, sizeBytes))
  }

  pushBytes(bytes: Uint8Array): this {
    return this.op(0x5f + bytes.length, ...bytes)
  }

  /** Places `bytes` behind the code and copies them to memory at `memoryOffset` when run. */
  dataToMemory(bytes: Uint8Array, memoryOffset: number): this {
    this.push(bytes.length).op(0x62, 0, 0, 0)
    this.#dataReferences.push({ at: this.#code.length - 3, offset: this.#dataBytes })
    this.#data.push(bytes)
    this.#dataBytes += bytes.length
    return this.push(memoryOffset).op(0x39)
  }

  /** A PUSH2 to be set by `land`. */
  pushLabel(): number {
    this.op(0x61, 0, 0)
    return this.#code.length - 2
  }

  /** JUMPDEST here; the pushes of `labels` point at it. */
  land(...labels: readonly number[]): this {
    for (const at of labels) this.#patch(at, this.#code.length, 2)
    return this.op(0x5b)
  }

  /** PUSH2 of a position that is known. */
  pushPosition(position: number): this {
    return this.op(0x61, position >> 8, position & 0xff)
  }

  finish(): Uint8Array {
    this.op(0x00)
    for (const { at, offset } of this.#dataReferences) this.#patch(at, this.#code.length + offset, 3)
    return concatBytes(Uint8Array.from(this.#code), ...this.#data)
  }

  #patch(at: number, value: number, sizeBytes: number): void {
    const bytes = bytesFromInteger(BigInt(value), sizeBytes)
    for (let index = 0; index < sizeBytes; index++) this.#code[at + index] = bytes[index] as number
  }
}

/** Init code that returns `runtime`. */
export function deployer(runtime: Uint8Array): Uint8Array {
  const head = [0x62, ...bytesFromInteger(BigInt(runtime.length), 3), 0x80, 0x60, 0x0d, 0x5f, 0x39, 0x5f, 0xf3]
  const prefix = Uint8Array.from(head)
  // PUSH3 size, DUP1, PUSH1 offset, PUSH0, CODECOPY, PUSH0, RETURN
  prefix[6] = prefix.length
  return concatBytes(prefix, runtime)
}
