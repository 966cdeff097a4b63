/** The state of an empty node from its peers, before it starts: `cairn start --sync snapshot`. */
import { type ChainSpec, type OpenedRestore, genesisBlock } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { type Checkpoint, runSnapshotSync } from '@cairn/node'
import { systemClock, systemTimers } from '@cairn/platform-node'
import type { Executor, KeyValueStore, Log, Network, RestorableState } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { foundChainStore } from '@cairn/storage'

export interface JoinBySnapshotDeps {
  readonly chainSpec: ChainSpec
  readonly checkpoint: Checkpoint | undefined
  /** Not started. */
  readonly executor: RestorableState & Pick<Executor, 'verifyTrieRange'>
  readonly chainDatabase: KeyValueStore
  readonly bls: Bls
  readonly log: Log
  /** A network of the chain, for the time of the snapshot only: the node's own starts afterwards. */
  readonly createNetwork: (genesis: ReturnType<typeof genesisBlock>) => Promise<Network>
  readonly signal: AbortSignal
}

/** A line in the log this often. */
const PROGRESS_INTERVAL_MS = 1_000

/** Leaves a node alone that has a state. @throws CodedError what `runSnapshotSync` throws */
export async function joinBySnapshot(deps: JoinBySnapshotDeps): Promise<void> {
  const { chainSpec, chainDatabase, checkpoint, log } = deps
  const restored = await openRestore(deps.executor)
  if (restored === undefined) return log.info('the state is there: no snapshot is needed')
  const genesis = genesisBlock(chainSpec, restored.genesis)
  const network = await deps.createNetwork(genesis)
  const startedMs = systemClock.monotonicMs()
  let toldMs = startedMs
  await network.start()
  try {
    const block = await runSnapshotSync(
      { chainSpec, genesisHash: genesis.hash, checkpoint, restored, signal: deps.signal },
      {
        ...deps,
        network,
        clock: systemClock,
        timers: systemTimers,
        foundChain: (base) => foundChainStore(chainDatabase, { genesis, ...base }),
        onProgress: ({ height, bytesReceived, accountCount, share, leftMs }) => {
          if (systemClock.monotonicMs() - toldMs < PROGRESS_INTERVAL_MS) return
          toldMs = systemClock.monotonicMs()
          const percent = Math.round(1000 * share) / 10
          const secondsLeft = leftMs === undefined ? undefined : Math.round(leftMs / 1000)
          log.info('snapshot', { height, percent, bytesReceived, accountCount, secondsLeft })
        },
      },
    )
    const { height, stateRoot } = block.header
    log.info('snapshot restored', { height, stateRoot, elapsedMs: Math.round(systemClock.monotonicMs() - startedMs) })
  } finally {
    await network.stop()
  }
}

async function openRestore(executor: RestorableState): Promise<OpenedRestore | undefined> {
  try {
    return await executor.openRestore()
  } catch (error) {
    if (error instanceof CodedError && error.code === 'STATE_NOT_EMPTY') return undefined
    throw error
  }
}
