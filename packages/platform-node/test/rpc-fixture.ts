/** The real JSON-RPC service over the little of a node that transport tests ask for. */
import type { Hash } from '@cairn/primitives'
import { createRpc } from '@cairn/rpc'
import type { Rpc, RpcBackend } from '@cairn/rpc'
import { silentLog } from './silent-log.ts'

export interface RpcFixture {
  readonly rpc: Rpc
  /** Tells `newPendingTransactions` subscribers. */
  announce(hash: Hash): void
  listenerCount(): number
}

/** Chain id 4242; requests up to 2 000 bytes. */
export function createRpcFixture(): RpcFixture {
  const listeners = new Set<(hash: Hash) => void>()
  let count = 0
  const backend: Pick<RpcBackend, 'chainId' | 'events'> = {
    chainId: 4242,
    events: {
      onBlock: () => () => {},
      onPendingTransaction: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  }
  const rpc = createRpc(
    { limits: { requestMaxBytes: 2_000 } },
    {
      backend: backend as RpcBackend,
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(++count) },
      log: silentLog,
      metrics: { count: () => {}, gauge: () => {}, observe: () => {} },
    },
  )
  return {
    rpc,
    announce: (hash) => {
      for (const listener of listeners) listener(hash)
    },
    listenerCount: () => listeners.size,
  }
}

export const TRANSACTION_HASH = `0x${'ab'.repeat(32)}` as Hash
