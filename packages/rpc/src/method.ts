/** One JSON-RPC method: name, schema of its positional parameters, handler, one line of documentation. */
import type * as z from 'zod'
import type { RpcBackend } from './backend.ts'
import type { ChainContext } from './chain-context.ts'
import type { FilterRegistry } from './filters.ts'
import type { Gate } from './gate.ts'
import type { PriorityFeeOracle } from './priority-fee.ts'
import { invalidParams } from './json-rpc-error.ts'
import type { SubscriptionRegistry } from './subscriptions.ts'

/** What handlers work with. */
export interface RpcContext extends ChainContext {
  readonly backend: RpcBackend
  readonly filters: FilterRegistry
  readonly priorityFee: PriorityFeeOracle
  readonly callGate: Gate
  readonly proofGate: Gate
  readonly witnessGate: Gate
}

/** What belongs to the caller's connection. */
export interface RpcCaller {
  /** `undefined` over HTTP, where nothing can be pushed. */
  readonly subscriptions: SubscriptionRegistry | undefined
}

export interface RpcMethod {
  readonly name: string
  readonly doc: string
  /** The result is JSON-ready: strings, numbers, booleans, `null`, arrays and records of them. */
  readonly run: (params: unknown, context: RpcContext, caller: RpcCaller) => Promise<unknown>
}

/** Binds a schema to a handler whose parameters have the schema's output types. */
export function defineMethod<const Items extends readonly z.ZodType[]>(
  name: string,
  doc: string,
  params: Items,
  handler: (
    params: { -readonly [Index in keyof Items]: z.output<Items[Index]> },
    context: RpcContext,
    caller: RpcCaller,
  ) => unknown,
): RpcMethod {
  return {
    name,
    doc,
    run: async (given, context, caller) => handler(parseParams(params, given), context, caller),
  }
}

/** @throws JsonRpcError −32602 */
function parseParams<const Items extends readonly z.ZodType[]>(
  items: Items,
  given: unknown,
): { -readonly [Index in keyof Items]: z.output<Items[Index]> } {
  const list = given === undefined || given === null ? [] : given
  if (!Array.isArray(list)) throw invalidParams('params must be an array')
  if (list.length > items.length) {
    throw invalidParams(`too many arguments, want at most ${items.length}`)
  }
  return items.map((item, index) => parseParam(item, list[index], index, index < list.length)) as {
    -readonly [Index in keyof Items]: z.output<Items[Index]>
  }
}

function parseParam(item: z.ZodType, value: unknown, index: number, given: boolean): unknown {
  const parsed = item.safeParse(value)
  if (parsed.success) return parsed.data
  if (!given) throw invalidParams(`missing value for required argument ${index}`)
  throw invalidParams(`invalid argument ${index}: ${issueText(parsed.error.issues[0])}`)
}

function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'invalid'
  const path = issue.path.map(String).join('.').slice(0, 80)
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
