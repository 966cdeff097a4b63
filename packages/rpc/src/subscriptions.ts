/**
 * `eth_subscribe` over one connection. A subscription made while a request is answered starts to speak
 * after the response with its id has been sent: until then its notifications wait in a list.
 */
import type { Hash, Hex } from '@cairn/primitives'
import type { RpcBackend } from './backend.ts'
import type { BlockViews } from './block-view.ts'
import type { LogCriteria } from './log-criteria.ts'
import { matchesLog } from './log-criteria.ts'
import { limitExceeded } from './json-rpc-error.ts'
import type { RpcLimits } from './limits.ts'
import { pendingTransactionJson } from './pending-transaction.ts'

type SubscriptionKind =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly criteria: LogCriteria }
  | { readonly kind: 'newPendingTransactions'; readonly full: boolean }

export interface SubscriptionRegistry {
  /** The subscription's id. @throws JsonRpcError −32005 when the connection has `subscriptionsMax` */
  add(kind: SubscriptionKind): Hex
  /** Whether there was such a subscription. */
  remove(id: Hex): boolean
  /** Lets the subscriptions made so far speak. */
  release(): void
  clear(): void
}

export interface SubscriptionDeps {
  readonly backend: Pick<RpcBackend, 'events' | 'mempool'>
  readonly views: BlockViews
  readonly newId: () => Hex
  /** Hands one serialized notification to the connection. */
  readonly send: (text: string) => void
}

interface Subscription {
  readonly unsubscribe: () => void
  /** `undefined` once it may speak. */
  held: string[] | undefined
}

export function createSubscriptionRegistry(limits: RpcLimits, deps: SubscriptionDeps): SubscriptionRegistry {
  const subscriptions = new Map<Hex, Subscription>()
  const notify = (id: Hex, result: unknown): void => {
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: id, result } })
    const held = subscriptions.get(id)?.held
    if (held === undefined) deps.send(text)
    else held.push(text)
  }
  const remove = (id: Hex): boolean => {
    subscriptions.get(id)?.unsubscribe()
    return subscriptions.delete(id)
  }
  return {
    add: (kind) => {
      if (subscriptions.size >= limits.subscriptionsMax) {
        throw limitExceeded('subscriptionsMax', `more than ${limits.subscriptionsMax} subscriptions on a connection`)
      }
      const id = deps.newId()
      subscriptions.set(id, { unsubscribe: listen(kind, deps, (result) => notify(id, result)), held: [] })
      return id
    },
    remove,
    release: () => {
      for (const subscription of subscriptions.values()) {
        const held = subscription.held ?? []
        subscription.held = undefined
        for (const text of held) deps.send(text)
      }
    },
    clear: () => {
      for (const id of subscriptions.keys()) remove(id)
    },
  }
}

/** Starts to listen; returns the function that stops it. */
function listen(kind: SubscriptionKind, deps: SubscriptionDeps, notify: (result: unknown) => void): () => void {
  const { events, mempool } = deps.backend
  if (kind.kind === 'newHeads') return events.onBlock((block) => notify(deps.views.of(block).header))
  if (kind.kind === 'logs') {
    return events.onBlock((block) => {
      for (const receipt of deps.views.of(block).receipts()) {
        for (const log of receipt.logs) if (matchesLog(log, kind.criteria)) notify(log)
      }
    })
  }
  return events.onPendingTransaction((hash: Hash) => {
    const notice = kind.full ? pendingTransactionJson(hash, mempool) : hash
    if (notice !== undefined) notify(notice)
  })
}
