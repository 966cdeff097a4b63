/** Logs, polled filters and subscriptions. */
import * as z from 'zod'
import { JsonRpcError, RPC_CODE } from '../json-rpc-error.ts'
import { boundCriteria, logFilterParam, queryLogs } from '../log-filter.ts'
import { defineMethod } from '../method.ts'
import type { RpcCaller, RpcMethod } from '../method.ts'
import type { SubscriptionRegistry } from '../subscriptions.ts'

/** Ids that this node gave out: up to 32 bytes of hex. */
const idParam = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/, { error: 'want a filter or subscription id' })
  .transform((text) => text as `0x${string}`)

export const logMethods: readonly RpcMethod[] = [
  defineMethod('eth_getLogs', 'Logs of finalized blocks that match a filter.', [logFilterParam], ([filter], context) =>
    queryLogs(filter, context),
  ),
  defineMethod('eth_newFilter', 'Filter for new logs; its id.', [logFilterParam], ([filter], context) => {
    boundCriteria(filter.criteria, context)
    return context.filters.addLogs(filter)
  }),
  defineMethod('eth_newBlockFilter', 'Filter for new block hashes; its id.', [], (_params, { filters }) =>
    filters.addBlocks(),
  ),
  defineMethod(
    'eth_newPendingTransactionFilter',
    'Filter for hashes of newly waiting transactions; its id.',
    [],
    (_params, { filters }) => filters.addPending(),
  ),
  defineMethod('eth_getFilterChanges', 'What is new since the last poll of a filter.', [idParam], ([id], context) =>
    context.filters.changes(id, context),
  ),
  defineMethod('eth_getFilterLogs', 'All logs that match a log filter.', [idParam], ([id], context) =>
    queryLogs(context.filters.logFilter(id), context),
  ),
  defineMethod('eth_uninstallFilter', 'Drops a filter; whether there was one.', [idParam], ([id], { filters }) =>
    filters.remove(id),
  ),
  defineMethod(
    'eth_subscribe',
    'Pushes newHeads, logs or newPendingTransactions over this WebSocket connection; the subscription id.',
    [z.string(), z.unknown().optional()],
    ([kind, argument], context, caller) => {
      const subscriptions = requireSubscriptions(caller)
      switch (kind) {
        case 'newHeads':
          return subscriptions.add({ kind })
        case 'logs': {
          const { criteria } = parseArgument(logFilterParam, argument ?? {})
          boundCriteria(criteria, context)
          return subscriptions.add({ kind, criteria })
        }
        case 'newPendingTransactions':
          return subscriptions.add({ kind, full: parseArgument(z.boolean(), argument ?? false) })
        default:
          throw new JsonRpcError(
            RPC_CODE.invalidParams,
            `no ${JSON.stringify(kind.slice(0, 40))} subscription in eth namespace`,
          )
      }
    },
  ),
  defineMethod('eth_unsubscribe', 'Ends a subscription; whether there was one.', [idParam], ([id], _context, caller) =>
    requireSubscriptions(caller).remove(id),
  ),
]

function requireSubscriptions(caller: RpcCaller): SubscriptionRegistry {
  if (caller.subscriptions === undefined) {
    throw new JsonRpcError(
      RPC_CODE.methodNotFound,
      'notifications not supported: subscriptions need a WebSocket connection',
    )
  }
  return caller.subscriptions
}

function parseArgument<Schema extends z.ZodType>(schema: Schema, argument: unknown): z.output<Schema> {
  const parsed = schema.safeParse(argument)
  if (parsed.success) return parsed.data
  throw new JsonRpcError(RPC_CODE.invalidParams, `invalid argument 1: ${parsed.error.issues[0]?.message ?? 'invalid'}`)
}
