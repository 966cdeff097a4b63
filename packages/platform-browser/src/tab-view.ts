/** Writes what happens in the node into the page's snapshots. */
import { type CommittedBlock } from '@cairn/node'
import {
  type AccountProofResponse,
  type Certificate,
  type ConsensusHeader,
  type ValidatorSet,
  genesisValidatorSet,
} from '@cairn/chain'
import type { WakeableNetwork } from '@cairn/network'
import type { Network } from '@cairn/ports'
import { CodedError, type Hash, assert } from '@cairn/primitives'
import type { ChainStore } from '@cairn/storage'
import { browserClock, browserTimers } from './browser-ports.ts'
import {
  BLOCKS_SHOWN_MAX,
  CHAIN_BUDGET_BYTES,
  RATE_WINDOW_MS,
  STORAGE_INTERVAL_MS,
  SYNC_SHOWN_MIN_BLOCKS,
} from './limits.ts'
import type { NetworkDescription } from './network-description.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { ChainTrust } from './light-trust.ts'
import type { TabChain } from './tab-chain.ts'
import type { SyncProgress, TabFailure, TabStorage } from './tab-snapshot.ts'
import { verifiedBlockFromParts, verifiedHeader } from './verified-blocks.ts'

interface GenesisFacts {
  readonly genesisHash: Hash
  readonly isPinned: boolean
}

export function showTrust(snapshots: SnapshotPublisher, { chainSpec }: NetworkDescription, facts: GenesisFacts): void {
  const validators = genesisValidatorSet(chainSpec)
  snapshots.update({
    trust: {
      ...facts,
      networkName: chainSpec.name,
      chainId: chainSpec.chainId,
      validators: validators.validators.length,
      totalWeight: validators.totalWeight,
      quorumWeight: validators.quorum,
      coreSha256: chainSpec.coreWasmSha256,
      fundedAddress: chainSpec.alloc.find(({ balance }) => balance > 0n)?.address,
    },
  })
}

/** After the commit: everything about the block has been verified and is durable. */
export function showBlock(
  snapshots: SnapshotPublisher,
  { recentSets, timings, executions }: TabChain,
  { block, execution, finalization }: CommittedBlock,
  certificateHeight: number,
): void {
  const { transactions, stateRoot } = execution
  const shown = verifiedBlockFromParts(
    { block, transactions, ownStateRoot: stateRoot, certificate: finalization, certificateHeight },
    setOf(finalization, recentSets()),
    { executeMs: executions.takeExecuteMs(block.hash), verifyMs: timings.verifyMs() },
  )
  const { blocks, blocksVerified, networkHeight = 0 } = snapshots.current()
  snapshots.update({
    verifiedHeight: block.header.height,
    networkHeight: Math.max(networkHeight, block.header.height),
    blocks: [shown, ...blocks].slice(0, BLOCKS_SHOWN_MAX),
    blocksVerified: blocksVerified + 1,
  })
}

/** A light tab's new head: certified, not executed. */
export function showHeader(
  snapshots: SnapshotPublisher,
  { recentSets, timings }: ChainTrust,
  { header, response }: { readonly header: ConsensusHeader; readonly response: AccountProofResponse },
): void {
  const { headers, finalization } = response
  if (finalization === undefined) return snapshots.update({ verifiedHeight: header.height })
  const certified = {
    certificate: finalization,
    height: headers.at(-1)?.height ?? header.height,
    verifyMs: timings.verifyMs(),
  }
  const { blocks, blocksVerified } = snapshots.current()
  snapshots.update({
    verifiedHeight: header.height,
    blocks: [verifiedHeader(header, certified, setOf(finalization, recentSets())), ...blocks].slice(
      0,
      BLOCKS_SHOWN_MAX,
    ),
    blocksVerified: blocksVerified + 1,
  })
}

/** It has verified, so its epoch is among them. */
function setOf(certificate: Certificate, sets: readonly ValidatorSet[]): ValidatorSet {
  const set = sets.find(({ epoch }) => epoch === certificate.epoch) ?? sets.at(-1)
  assert(set !== undefined, 'there is always a set')
  return set
}

/** Called often: derives the phase, the network's height and the progress. */
export function createProgressView(snapshots: SnapshotPublisher, network: Network): (claimedHeight: number) => void {
  let fromHeight: number | undefined
  let samples: readonly { readonly atMs: number; readonly height: number }[] = []
  return (claimedHeight) => {
    const { failure, verifiedHeight = 0 } = snapshots.current()
    if (failure !== undefined) return
    const networkHeight = Math.max(claimedHeight, verifiedHeight)
    const atMs = browserClock.monotonicMs()
    samples = [...samples.filter((sample) => sample.atMs > atMs - RATE_WINDOW_MS), { atMs, height: verifiedHeight }]
    const isBehind = networkHeight - verifiedHeight >= SYNC_SHOWN_MIN_BLOCKS
    fromHeight = isBehind ? (fromHeight ?? verifiedHeight) : undefined
    const sync: SyncProgress | undefined =
      fromHeight === undefined
        ? undefined
        : { fromHeight, targetHeight: networkHeight, blocksPerSecond: rateOf(samples) }
    showPeers(snapshots, network)
    const isConnected = network.peers().length > 0 || verifiedHeight > 0
    const phase = !isConnected ? 'connecting' : isBehind ? 'syncing' : claimedHeight > 0 ? 'live' : 'connecting'
    snapshots.update({ phase, networkHeight: claimedHeight > 0 ? networkHeight : undefined, sync })
  }
}

export function showPeers(snapshots: SnapshotPublisher, network: Network): void {
  const peers = network.peers().map(({ peerId, transport, direction }) => ({ peerId, transport, direction }))
  snapshots.update({ peers })
}

/** How it stands with the servers that the network names, from now on. */
export function showServers(
  snapshots: SnapshotPublisher,
  network: Pick<WakeableNetwork, 'links' | 'onLinksChanged' | 'onPeersChanged'>,
): void {
  const show = (): void => snapshots.update({ servers: network.links() })
  network.onLinksChanged(show)
  network.onPeersChanged(show)
}

function rateOf(samples: readonly { readonly atMs: number; readonly height: number }[]): number {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
  return ((last.height - first.height) * 1000) / (last.atMs - first.atMs)
}

/** Height up to which the stores are from an earlier visit. */
export function showRestored(snapshots: SnapshotPublisher, restoredHeight: number): void {
  const { storage } = snapshots.current()
  snapshots.update({
    storage: { usedBytes: 0, quotaBytes: undefined, isPersistent: false, chain: undefined, ...storage, restoredHeight },
  })
}

/** Looks up now and then what the stores take; `chain`: `undefined` until it is open. */
export function watchStorage(snapshots: SnapshotPublisher, chain: () => ChainStore | undefined): void {
  const look = async (): Promise<void> => {
    const { usage = 0, quota } = await navigator.storage.estimate()
    const isPersistent = await navigator.storage.persisted()
    const restoredHeight = snapshots.current().storage?.restoredHeight ?? 0
    const use = { usedBytes: usage, quotaBytes: quota, isPersistent, restoredHeight }
    snapshots.update({ storage: { ...use, chain: describeChain(chain()) } })
  }
  const again = (): void => {
    look()
      .catch(() => undefined)
      .finally(() => browserTimers.after(STORAGE_INTERVAL_MS, again))
  }
  again()
}

function describeChain(chain: ChainStore | undefined): TabStorage['chain'] {
  const sizeBytes = chain?.sizeBytes()
  if (chain === undefined || sizeBytes === undefined) return undefined
  return { sizeBytes, budgetBytes: CHAIN_BUDGET_BYTES, oldestHeight: chain.head().baseHeight }
}

export function countRefusal(snapshots: SnapshotPublisher, code: string): void {
  const { refused } = snapshots.current()
  snapshots.update({ refused: { ...refused, [code]: (refused[code] ?? 0) + 1 } })
}

/** The first failure is the one that stopped the node; those that follow from it say less. */
export function showFailure(snapshots: SnapshotPublisher, error: unknown): void {
  if (snapshots.current().failure !== undefined) return
  snapshots.update({ phase: 'failed', sync: undefined, restore: undefined, failure: failureFrom(error) })
}

function failureFrom(error: unknown): TabFailure {
  if (!(error instanceof CodedError))
    return { code: 'BUG', message: `The node stopped: ${String(error)}`, height: undefined }
  const height = typeof error.data['height'] === 'number' ? error.data['height'] : undefined
  if (error.code === 'FINALIZED_BLOCK_INVALID') {
    const { code } = error.data
    const why = typeof code === 'string' ? code : error.message
    const message = `This network’s block ${height ?? ''} does not re-execute to its claimed root (${why}). More than two thirds of its validators signed a state that does not follow from its transactions: nothing above block ${(height ?? 1) - 1} is accepted.`
    return { code: error.code, message, height }
  }
  return { code: error.code, message: TEXTS[error.code] ?? error.message, height }
}

/** What happened, and what can be done about it. */
const TEXTS: Readonly<Record<string, string>> = {
  STORE_FULL:
    'The browser gives this page no more space, so that the last block was not kept. What was kept is whole: free some space and reload, or choose the light role, which stores nothing of the chain.',
  SNAPSHOT_STALLED:
    'The peers that should have the state are silent. What was proved so far is kept: reload to go on with it, or choose to execute every block.',
  SNAPSHOT_INCONSISTENT:
    'Every piece of the state was proved, and yet the whole is not the finalized one: this browser’s storage changes what is written. Nothing of it was accepted.',
  SNAPSHOT_FORKED:
    'Two valid certificates finalize different chains: more than a third of the validators have broken the rules. Nothing of it was accepted.',
  LIGHT_TRUST_EXPIRED:
    'What this tab has verified last is too old to go on from: validators that have left could sign another past by now. Reload the page to begin anew, or open it with ?checkpoint=epoch:hash from somebody you trust.',
  CHECKPOINT_TOO_OLD:
    'The checkpoint in this page’s address is too old: validators that have left could sign another chain through it by now. Open the page with a newer one (?checkpoint=epoch:hash), from somebody you trust.',
  LIGHT_FORKED:
    'More than a third of the validators have signed two chains that contradict each other. Nothing of either is accepted any more: open the page with ?checkpoint=epoch:hash of the right one, from somebody you trust.',
  STORE_CLOSED:
    'The browser took the page’s storage away, or another version of the page needs it. The node starts anew.',
}
