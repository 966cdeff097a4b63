/** Log filters: their JSON form, matching, and the bounded walk over finalized blocks. */
import { height as heightFrom } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import * as z from 'zod'
import { heightOf, requireBlock } from './block-reference.ts'
import { JsonRpcError, invalidParams, limitExceeded, RPC_CODE } from './json-rpc-error.ts'
import type { ChainContext } from './chain-context.ts'
import type { BlockReference } from './param-schema.ts'
import { addressParam, blockNumberParam, hashParam } from './param-schema.ts'
import type { LogJson } from './receipt-json.ts'
import type { LogCriteria } from './log-criteria.ts'
import { matchesLog } from './log-criteria.ts'

export interface LogFilter {
  readonly criteria: LogCriteria
  /** EIP-234; then there is no range. */
  readonly blockHash: Hash | undefined
  readonly from: Exclude<BlockReference, { readonly kind: 'hash' }>
  readonly to: Exclude<BlockReference, { readonly kind: 'hash' }>
}

const topicParam = z.union([hashParam.transform((hash) => [hash]), z.array(hashParam.nullable())], {
  error: 'want a topic (32 bytes), a list of topics or null',
})

/** The filter object of `eth_getLogs`, `eth_newFilter` and the `logs` subscription. */
export const logFilterParam = z
  .object({
    address: z
      .union([addressParam.transform((address) => [address]), z.array(addressParam)], {
        error: 'want an address (20 bytes) or a list of addresses',
      })
      .nullish(),
    topics: z.array(topicParam.nullish()).max(4, { error: 'exceed max topics (4)' }).nullish(),
    blockHash: hashParam.nullish(),
    fromBlock: blockNumberParam.nullish(),
    toBlock: blockNumberParam.nullish(),
  })
  .transform((filter, context): LogFilter => {
    if (filter.blockHash != null && (filter.fromBlock != null || filter.toBlock != null)) {
      context.addIssue({
        code: 'custom',
        message: 'cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other',
      })
      return z.NEVER
    }
    return {
      criteria: { addresses: filter.address ?? [], topics: (filter.topics ?? []).map(topicAlternatives) },
      blockHash: filter.blockHash ?? undefined,
      from: rangeEnd(filter.fromBlock),
      to: rangeEnd(filter.toBlock),
    }
  })

/** Logs in chain order. @throws JsonRpcError −32602 bad range, −32005 too wide or too many, −32000 unknown block */
export async function queryLogs(filter: LogFilter, context: ChainContext): Promise<readonly LogJson[]> {
  boundCriteria(filter.criteria, context)
  if (filter.blockHash !== undefined) {
    const view = await requireBlock({ kind: 'hash', hash: filter.blockHash }, context)
    return view.receipts().flatMap((receipt) => receipt.logs.filter((log) => matchesLog(log, filter.criteria)))
  }
  const first = heightOf(filter.from, context)
  const last = heightOf(filter.to, context)
  if (first === undefined || last === undefined) throw invalidParams('block range extends beyond current head block')
  if (first > last) throw invalidParams('invalid block range params')
  return logsInRange(filter.criteria, first, last, context)
}

/** As `queryLogs` for a range that lies under the head. */
export async function logsInRange(
  criteria: LogCriteria,
  first: Height,
  last: Height,
  context: ChainContext,
): Promise<readonly LogJson[]> {
  const { logBlocksMax, logResultsMax } = context.limits
  if (last - first >= logBlocksMax) {
    throw limitExceeded('logBlocksMax', `block range of ${last - first + 1} exceeds ${logBlocksMax} blocks`)
  }
  const heights = await context.backend.chain.logHeights({ first, last, ...criteria, heightsMax: logBlocksMax })
  const logs: LogJson[] = []
  for (const height of heights) {
    const view = await context.views.byHeight(heightFrom(height))
    if (view === undefined) throw new JsonRpcError(RPC_CODE.resourceNotFound, `block ${height} is pruned`)
    for (const receipt of view.receipts()) {
      for (const log of receipt.logs) if (matchesLog(log, criteria)) logs.push(log)
    }
    if (logs.length > logResultsMax) {
      throw limitExceeded('logResultsMax', `query returns more than ${logResultsMax} results`)
    }
  }
  return logs
}

/** @throws JsonRpcError −32005 */
export function boundCriteria(criteria: LogCriteria, context: Pick<ChainContext, 'limits'>): void {
  const { logFilterValuesMax } = context.limits
  if ([criteria.addresses, ...criteria.topics].some((values) => values.length > logFilterValuesMax)) {
    throw limitExceeded('logFilterValuesMax', `more than ${logFilterValuesMax} addresses or topics in a filter`)
  }
}

/** A `null` among the alternatives makes the position a wildcard. */
function topicAlternatives(alternatives: readonly (Hash | null)[] | null | undefined): readonly Hash[] {
  if (alternatives == null || alternatives.includes(null)) return []
  return alternatives.filter((topic) => topic !== null)
}

function rangeEnd(reference: BlockReference | null | undefined): Exclude<BlockReference, { readonly kind: 'hash' }> {
  return reference == null || reference.kind === 'hash' ? { kind: 'head' } : reference
}
