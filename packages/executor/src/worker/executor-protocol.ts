/**
 * Messages between an executor and its user on the two ends of a message port. Structured clone carries byte arrays,
 * bigints and plain objects as they are; errors cross as `code`, `message` and `data`, never as classes.
 *
 * Order: requests are answered in any order, by `id`. Both ends come from one build, so messages are not versioned.
 */
import type { ExecutedBlock } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { ExecutedGenesis } from '../genesis.ts'
import type { GenesisExecutor } from '../local-executor.ts'

/** A `MessagePort`, `Worker` or `parentPort`, as far as it is needed. */
export interface ExecutorPort {
  post(message: unknown): void
  /** One handler; messages that came before it are kept until it is set. */
  listen(handler: (message: unknown) => void): void
  close(): void
}

/** Methods that a request can name: those that answer with a promise. */
export type ExecutorMethod = Exclude<keyof GenesisExecutor, 'head' | 'has' | 'genesis' | 'executed'>

export interface ExecutorRequestMessage {
  readonly id: number
  readonly method: ExecutorMethod
  readonly parameters: readonly unknown[]
}

export type ExecutorResponseMessage =
  | { readonly id: number; readonly ok: true; readonly value: unknown; readonly view?: ExecutorView }
  | { readonly id: number; readonly ok: false; readonly error: WireError }

/** What `head`, `has` and `genesis` answer on the client; sent with the answers of methods that change it. */
export interface ExecutorView {
  readonly head: ExecutedBlock
  /** Head and pending blocks. */
  readonly executed: readonly Hash[]
  /** With the answer to `start`. */
  readonly genesis?: ExecutedGenesis
}

export interface WireError {
  readonly code: string
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
}

export function wireErrorFromCause(cause: unknown): WireError {
  if (!(cause instanceof CodedError)) return { code: 'EXECUTOR_FAILED', message: String(cause), data: {} }
  return { code: cause.code, message: cause.message, data: plainData(cause) }
}

export function errorFromWire(error: WireError): CodedError {
  return new CodedError(error.code, error.message, { data: error.data })
}

/** Only what a structured clone takes; the cause's message goes along as text. */
function plainData(error: CodedError): Readonly<Record<string, unknown>> {
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(error.data)) {
    data[name] = typeof value === 'object' ? JSON.stringify(value) : value
  }
  if (error.cause instanceof Error) data['cause'] = `${error.cause.name}: ${error.cause.message}`
  return data
}
