/** Serves an executor on a message port: the worker's end. */
import { CodedError } from '@cairn/primitives'
import type { GenesisExecutor } from '../local-executor.ts'
import { wireErrorFromCause } from './executor-protocol.ts'
import type {
  ExecutorMethod,
  ExecutorPort,
  ExecutorRequestMessage,
  ExecutorResponseMessage,
  ExecutorView,
} from './executor-protocol.ts'

/** Until the port closes. Each request is answered once. */
export function serveExecutor(port: ExecutorPort, executor: GenesisExecutor): void {
  port.listen((message) => {
    const request = message as ExecutorRequestMessage
    void answer(executor, request).then((response) => port.post(response))
  })
}

const methods: Readonly<Record<ExecutorMethod, true>> = {
  start: true,
  stop: true,
  build: true,
  adopt: true,
  execute: true,
  outcome: true,
  commit: true,
  account: true,
  accounts: true,
  code: true,
  storage: true,
  call: true,
  estimateGas: true,
  proof: true,
  witness: true,
  executeStateless: true,
  trieRange: true,
  verifyTrieRange: true,
  codes: true,
  openRestore: true,
  restoreStorages: true,
  missingCodes: true,
  restoreCodes: true,
  restoreAccounts: true,
  restoreAccessList: true,
  finishRestore: true,
  discardRestore: true,
  memory: true,
  verifyProof: true,
  decodeTransactions: true,
}

/** Methods after which head or executed blocks may differ. */
const viewMethods: ReadonlySet<ExecutorMethod> = new Set<ExecutorMethod>(['start', 'adopt', 'execute', 'commit'])

async function answer(executor: GenesisExecutor, request: ExecutorRequestMessage): Promise<ExecutorResponseMessage> {
  const { id, method, parameters } = request
  try {
    if (!Object.hasOwn(methods, method)) throw new CodedError('EXECUTOR_FAILED', `no method ${method}`)
    const run = executor[method] as (...parameters: readonly unknown[]) => Promise<unknown>
    const value = await run(...parameters)
    if (!viewMethods.has(method)) return { id, ok: true, value }
    return { id, ok: true, value, view: viewOf(executor, method) }
  } catch (error) {
    return { id, ok: false, error: wireErrorFromCause(error) }
  }
}

function viewOf(executor: GenesisExecutor, method: ExecutorMethod): ExecutorView {
  const view = { head: executor.head(), executed: executor.executed() }
  return method === 'start' ? { ...view, genesis: executor.genesis() } : view
}
