/**
 * JSON-RPC 2.0: text in, text out. Parses, bounds, finds the method, turns every failure into an error with
 * a number. Nothing that a caller sends makes it throw, and no error text repeats more than a few bytes of it.
 */
import type { Clock, Log, Metrics } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { JsonRpcError, RPC_CODE, errorObject, limitExceeded } from './json-rpc-error.ts'
import type { RpcLimits } from './limits.ts'
import type { RpcCaller, RpcContext, RpcMethod } from './method.ts'

type RequestId = string | number | null

export interface DispatcherDeps {
  readonly methods: ReadonlyMap<string, RpcMethod>
  readonly context: RpcContext
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

export interface Dispatcher {
  /** The serialized response; `undefined` where only notifications came in. Never rejects. */
  dispatch(text: string, caller: RpcCaller): Promise<string | undefined>
}

export function createDispatcher(limits: RpcLimits, deps: DispatcherDeps): Dispatcher {
  return {
    dispatch: async (text, caller) => {
      if (text.length > limits.requestMaxBytes) return requestTooLarge(limits)
      let request: unknown
      try {
        request = JSON.parse(text)
      } catch {
        return failure(null, new JsonRpcError(RPC_CODE.parseError, 'parse error'))
      }
      if (!Array.isArray(request)) {
        return answer(request, caller, limits, deps)
      }
      if (request.length === 0) return failure(null, new JsonRpcError(RPC_CODE.invalidRequest, 'empty batch'))
      if (request.length > limits.batchMax) {
        return failure(null, limitExceeded('batchMax', `batch of ${request.length} exceeds ${limits.batchMax} calls`))
      }
      return answerBatch(request, caller, limits, deps)
    },
  }
}

/** What a server answers to a body that it did not even read to the end. */
export function requestTooLarge(limits: RpcLimits): string {
  return failure(null, limitExceeded('requestMaxBytes', `request exceeds ${limits.requestMaxBytes} bytes`))
}

/** Starts in order, `batchConcurrencyMax` at a time; answers in order. */
async function answerBatch(
  requests: readonly unknown[],
  caller: RpcCaller,
  limits: RpcLimits,
  deps: DispatcherDeps,
): Promise<string | undefined> {
  const responses: (string | undefined)[] = Array.from({ length: requests.length })
  let next = 0
  let responseChars = 0
  const work = async (): Promise<void> => {
    while (next < requests.length) {
      const index = next++
      const request = requests[index]
      const response =
        responseChars > limits.responseMaxChars
          ? failure(idOf(request), responseTooLarge(limits))
          : await answer(request, caller, limits, deps)
      responseChars += response?.length ?? 0
      responses[index] =
        response !== undefined && responseChars > limits.responseMaxChars
          ? failure(idOf(request), responseTooLarge(limits))
          : response
    }
  }
  await Promise.all(Array.from({ length: Math.min(limits.batchConcurrencyMax, requests.length) }, work))
  const answered = responses.filter((response) => response !== undefined)
  return answered.length === 0 ? undefined : `[${answered.join(',')}]`
}

/** One call; `undefined` for a notification. */
async function answer(
  request: unknown,
  caller: RpcCaller,
  limits: RpcLimits,
  deps: DispatcherDeps,
): Promise<string | undefined> {
  const id = idOf(request)
  const startedMs = deps.clock.monotonicMs()
  let label = 'unknown'
  let response: string
  try {
    const { name, params } = checkedRequest(request)
    const method = deps.methods.get(name)
    if (method === undefined) throw methodNotFound(name)
    label = method.name
    const result = JSON.stringify((await method.run(params, deps.context, caller)) ?? null)
    if (result.length > limits.responseMaxChars) throw responseTooLarge(limits)
    response = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`
    deps.metrics.count('rpc_requests_total', { method: label, code: 'ok' })
  } catch (error) {
    const known = error instanceof JsonRpcError ? error : internalError(error, label, deps.log)
    response = failure(id, known)
    deps.metrics.count('rpc_requests_total', { method: label, code: String(known.rpcCode) })
  }
  deps.metrics.observe('rpc_request_seconds', (deps.clock.monotonicMs() - startedMs) / 1_000, { method: label })
  return isNotification(request) ? undefined : response
}

/** @throws JsonRpcError −32600, −32006 */
function checkedRequest(request: unknown): { readonly name: string; readonly params: unknown } {
  if (!isRecord(request)) throw new JsonRpcError(RPC_CODE.invalidRequest, 'invalid request: want an object')
  if (request['jsonrpc'] !== '2.0') {
    throw typeof request['jsonrpc'] === 'string'
      ? new JsonRpcError(RPC_CODE.versionNotSupported, 'JSON-RPC version not supported: want 2.0')
      : new JsonRpcError(RPC_CODE.invalidRequest, 'invalid request: want "jsonrpc": "2.0"')
  }
  const name = request['method']
  if (typeof name !== 'string') throw new JsonRpcError(RPC_CODE.invalidRequest, 'invalid request: want a method name')
  if ('id' in request && !isRequestId(request['id'])) {
    throw new JsonRpcError(RPC_CODE.invalidRequest, 'invalid request: want a string, a number or null as id')
  }
  return { name, params: request['params'] }
}

function isNotification(request: unknown): boolean {
  return (
    isRecord(request) && request['jsonrpc'] === '2.0' && typeof request['method'] === 'string' && !('id' in request)
  )
}

function idOf(request: unknown): RequestId {
  const id = isRecord(request) ? request['id'] : null
  return isRequestId(id) ? id : null
}

function isRequestId(id: unknown): id is RequestId {
  return id === null || typeof id === 'string' || typeof id === 'number'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function failure(id: RequestId, error: JsonRpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: errorObject(error) })
}

function methodNotFound(name: string): JsonRpcError {
  return new JsonRpcError(RPC_CODE.methodNotFound, `the method ${name.slice(0, 80)} does not exist/is not available`)
}

function responseTooLarge(limits: RpcLimits): JsonRpcError {
  return limitExceeded('responseMaxChars', `response exceeds ${limits.responseMaxChars} characters`)
}

/** The caller learns the component's code, the operator the rest. */
function internalError(error: unknown, method: string, log: Log): JsonRpcError {
  const reason = error instanceof CodedError ? error.code : 'INTERNAL'
  log.error('rpc method failed', { method, reason, error })
  return new JsonRpcError(RPC_CODE.internalError, 'internal error', { reason })
}
