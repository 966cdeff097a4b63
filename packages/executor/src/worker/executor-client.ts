/** The `Executor` port over a message port: the node's end. */
import type { DecodedTransaction } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { DECODE_BATCH_MAX, WORKER_REQUESTS_MAX } from '../limits.ts'
import type { GenesisExecutor } from '../local-executor.ts'
import { errorFromWire } from './executor-protocol.ts'
import type { ExecutorMethod, ExecutorPort, ExecutorResponseMessage, ExecutorView } from './executor-protocol.ts'

export interface ExecutorClient extends GenesisExecutor {
  /** The worker is gone: every open and later request fails with `error`. */
  fail(error: CodedError): void
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: CodedError) => void
}

/**
 * `stop` stops the remote executor and closes the port. Errors keep their codes; of its own:
 * `EXECUTOR_BUSY`, `EXECUTOR_STOPPED`, `EXECUTOR_FAILED`.
 */
export function createExecutorClient(port: ExecutorPort): ExecutorClient {
  const waiting = new Map<number, Waiting>()
  let requestCount = 0
  let view: ExecutorView | undefined
  let executed: ReadonlySet<Hash> = new Set()
  let failure: CodedError | undefined

  port.listen((message) => {
    const response = message as ExecutorResponseMessage
    const request = waiting.get(response.id)
    waiting.delete(response.id)
    if (!response.ok) return request?.reject(errorFromWire(response.error))
    if (response.view !== undefined) {
      view = view?.genesis === undefined ? response.view : { ...response.view, genesis: view.genesis }
      executed = new Set(view.executed)
    }
    request?.resolve(response.value)
  })

  const ask = <T>(method: ExecutorMethod, ...parameters: readonly unknown[]): Promise<T> => {
    if (failure !== undefined) return Promise.reject(failure)
    if (waiting.size >= WORKER_REQUESTS_MAX) {
      return Promise.reject(new CodedError('EXECUTOR_BUSY', `${WORKER_REQUESTS_MAX} requests wait for the executor`))
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const id = ++requestCount
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
    port.post({ id, method, parameters })
    return promise
  }

  const fail = (error: CodedError): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }

  const current = (): ExecutorView => {
    if (view === undefined) throw new CodedError('EXECUTOR_STOPPED', 'the executor is not started')
    return view
  }

  return {
    fail,
    start: () => ask('start'),
    stop: async () => {
      await ask('stop')
      fail(new CodedError('EXECUTOR_STOPPED', 'the executor is stopped'))
      port.close()
    },
    genesis: () => {
      const { genesis } = current()
      if (genesis === undefined) throw new CodedError('EXECUTOR_STOPPED', 'the executor is not started')
      return genesis
    },
    head: () => current().head,
    executed: () => current().executed,
    has: (blockHash) => executed.has(blockHash),
    build: (request) => ask('build', request),
    adopt: (buildId, blockHash) => ask('adopt', buildId, blockHash),
    execute: (request) => ask('execute', request),
    outcome: (blockHash) => ask('outcome', blockHash),
    commit: (blockHash) => ask('commit', blockHash),
    account: (address, at) => ask('account', address, at),
    accounts: (addresses, at) => ask('accounts', addresses, at),
    code: (address, at) => ask('code', address, at),
    storage: (address, slot, at) => ask('storage', address, slot, at),
    call: (request, options) => ask('call', request, options),
    estimateGas: (request, options) => ask('estimateGas', request, options),
    proof: (address, slots, at) => ask('proof', address, slots, at),
    witness: (payload, at) => ask('witness', payload, at),
    executeStateless: (request) => ask('executeStateless', request),
    trieRange: (request, at) => ask('trieRange', request, at),
    verifyTrieRange: (root, start, range) => ask('verifyTrieRange', root, start, range),
    codes: (hashes) => ask('codes', hashes),
    openRestore: () => ask('openRestore'),
    restoreStorages: (ranges, progress) => ask('restoreStorages', ranges, progress),
    missingCodes: (hashes) => ask('missingCodes', hashes),
    restoreCodes: (codes) => ask('restoreCodes', codes),
    restoreAccounts: (accounts, progress) => ask('restoreAccounts', accounts, progress),
    restoreAccessList: (list, missing, progress) => ask('restoreAccessList', list, missing, progress),
    finishRestore: (block) => ask('finishRestore', block),
    discardRestore: () => ask('discardRestore'),
    memory: () => ask('memory'),
    verifyProof: (stateRoot, proof) => ask('verifyProof', stateRoot, proof),
    decodeTransactions: async (raw) => {
      // One batch at a time: what consensus asks meanwhile is not behind all of them.
      const decoded: DecodedTransaction[] = []
      for (let from = 0; from < raw.length; from += DECODE_BATCH_MAX) {
        const batch = raw.slice(from, from + DECODE_BATCH_MAX)
        decoded.push(...(await ask<readonly DecodedTransaction[]>('decodeTransactions', batch)))
      }
      return decoded
    },
  }
}
