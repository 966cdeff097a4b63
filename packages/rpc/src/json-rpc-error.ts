/**
 * JSON-RPC errors. Sources: JSON-RPC 2.0 §5.1 (−32700…−32603), EIP-1474 (−32000…−32006) and the shared
 * error groups of ethereum/execution-apis (1…, 800…, 1000…). Every error has a numeric code, because
 * clients retry what has none; the texts are geth's, because clients match on them.
 */
import { CodedError } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'

export const RPC_CODE = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  invalidInput: -32000,
  resourceNotFound: -32001,
  resourceUnavailable: -32002,
  transactionRejected: -32003,
  methodNotSupported: -32004,
  limitExceeded: -32005,
  versionNotSupported: -32006,
  nonceTooLow: 1,
  nonceTooHigh: 2,
  reverted: 3,
  invalidOpcode: 4,
  intrinsicGasTooLow: 800,
  outOfGas: 801,
  gasPriceTooLow: 802,
  gasLimitTooHigh: 803,
  priorityFeeAboveFeeCap: 804,
  gasOverflow: 805,
  feeCapBelowBaseFee: 806,
  insufficientFunds: 809,
  alreadyKnown: 1000,
  invalidSender: 1001,
} as const

export type JsonRpcErrorCode = (typeof RPC_CODE)[keyof typeof RPC_CODE]

/** The `error` member of a response. */
export interface JsonRpcErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** Thrown by handlers; the dispatcher turns it into the response's `error`. */
export class JsonRpcError extends CodedError {
  readonly rpcCode: JsonRpcErrorCode
  /** The response's `error.data`, when there is one: revert data, or what a program may want to know. */
  readonly rpcData: Hex | Readonly<Record<string, unknown>> | undefined

  constructor(rpcCode: JsonRpcErrorCode, message: string, rpcData?: Hex | Readonly<Record<string, unknown>>) {
    super('JSON_RPC', message, { data: { rpcCode } })
    this.rpcCode = rpcCode
    this.rpcData = rpcData
  }
}

/** The wire form. */
export function errorObject(error: JsonRpcError): JsonRpcErrorObject {
  const base = { code: error.rpcCode, message: error.message }
  return error.rpcData === undefined ? base : { ...base, data: error.rpcData }
}

export function invalidParams(message: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidParams, message)
}

/** A breach of one of `RpcLimits`; `limit` names it. */
export function limitExceeded(limit: string, message: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.limitExceeded, message, { limit })
}
