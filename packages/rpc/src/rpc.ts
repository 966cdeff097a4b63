/** The JSON-RPC service: all methods over one backend. It owns no socket; a server hands it text. */
import type { Clock, Log, Metrics, Random } from '@cairn/ports'
import { hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import type { RpcBackend } from './backend.ts'
import { createBlockViews } from './block-view.ts'
import { createDispatcher, requestTooLarge } from './dispatcher.ts'
import { createFilterRegistry } from './filters.ts'
import { createGate } from './gate.ts'
import { JsonRpcError, RPC_CODE, errorObject } from './json-rpc-error.ts'
import { DEFAULT_RPC_LIMITS } from './limits.ts'
import type { RpcLimits } from './limits.ts'
import type { RpcContext, RpcMethod } from './method.ts'
import { rpcMethods } from './methods/method-table.ts'
import { createPriorityFeeOracle } from './priority-fee.ts'
import { createSubscriptionRegistry } from './subscriptions.ts'

/** Filter and subscription ids: unguessable, and short enough to read in a log. */
const ID_BYTES = 16

export interface RpcDeps {
  readonly backend: RpcBackend
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
}

export interface Rpc {
  readonly limits: RpcLimits
  /** Name and documentation of each method. */
  readonly methods: readonly Pick<RpcMethod, 'name' | 'doc'>[]
  /** Answers one HTTP body; `undefined` where nothing is to be said. Never rejects. */
  handle(body: string): Promise<string | undefined>
  /** A WebSocket connection; `send` gets responses and notifications, each one message. */
  openSession(send: (text: string) => void): RpcSession
  /** The answer to a body over `limits.requestMaxBytes`, for servers that stop reading there. */
  requestTooLarge(): string
  /** Ends filters and sessions. */
  stop(): void
}

export interface RpcSession {
  /** Answers through `send`. Never rejects. */
  receive(text: string): Promise<void>
  close(): void
}

/**
 * @example
 * const rpc = createRpc({}, { backend, clock, random, log, metrics })
 * await rpc.handle('{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}') // {"jsonrpc":"2.0","id":1,"result":"0x1"}
 */
export function createRpc(options: { readonly limits?: Partial<RpcLimits> }, deps: RpcDeps): Rpc {
  const limits = { ...DEFAULT_RPC_LIMITS, ...options.limits }
  const { backend, clock, log, metrics } = deps
  const newId = (): Hex => hexFromBytes(deps.random.bytes(ID_BYTES))
  const views = createBlockViews(backend.chain, limits.blockCacheMax)
  const filters = createFilterRegistry(limits, { backend, clock, newId })
  const context: RpcContext = {
    backend,
    limits,
    views,
    filters,
    priorityFee: createPriorityFeeOracle(backend.chain, views),
    callGate: createGate(limits.callsInFlightMax, 'callsInFlightMax'),
    proofGate: createGate(limits.proofsInFlightMax, 'proofsInFlightMax'),
    witnessGate: createGate(limits.witnessesInFlightMax, 'witnessesInFlightMax'),
  }
  const methods = new Map(rpcMethods.map((method) => [method.name, method]))
  const dispatcher = createDispatcher(limits, { methods, context, clock, log, metrics })
  const sessions = new Set<RpcSession>()
  const openSession = (send: (text: string) => void): RpcSession => {
    const subscriptions = createSubscriptionRegistry(limits, { backend, views, newId, send })
    let answering = 0
    const session: RpcSession = {
      receive: async (text) => {
        if (answering >= limits.sessionRequestsMax) return send(busy)
        answering++
        const response = await dispatcher.dispatch(text, { subscriptions })
        answering--
        // A connection that went away in the meantime must not leave listeners behind.
        if (!sessions.has(session)) return subscriptions.clear()
        if (response !== undefined) send(response)
        subscriptions.release()
      },
      close: () => {
        sessions.delete(session)
        subscriptions.clear()
      },
    }
    sessions.add(session)
    return session
  }
  return {
    limits,
    methods: rpcMethods.map(({ name, doc }) => ({ name, doc })),
    handle: (body) => dispatcher.dispatch(body, { subscriptions: undefined }),
    openSession,
    requestTooLarge: () => requestTooLarge(limits),
    stop: () => {
      filters.clear()
      for (const session of sessions) session.close()
    },
  }
}

const busy = JSON.stringify({
  jsonrpc: '2.0',
  id: null,
  error: errorObject(
    new JsonRpcError(RPC_CODE.limitExceeded, 'too many requests of this connection in flight', {
      limit: 'sessionRequestsMax',
    }),
  ),
})
