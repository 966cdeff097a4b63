/**
 * What a first answer needs, and nothing that only one tab of the origin may use: the chain spec, trust in its validators, and
 * servers that are asked over HTTP. So it begins before the lock is had, and tabs that wait for it answer as well.
 */
import type { Bls } from '@cairn/crypto'
import type { Log, Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { browserClock } from './browser-ports.ts'
import { type Answerers, createHttpPeers, lateNetwork, peersOrServers } from './http-peers.ts'
import { type LightTrust, openLightTrust } from './light-trust.ts'
import type { NetworkDescription } from './network-description.ts'
import { nextTask } from './next-task.ts'
import type { Questions } from './questions.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { countRefusals } from './tab-gossip.ts'
import { type ProvedHead, askHead } from './tab-light.ts'

/** Nothing here rejects unheard: who needs a part hears of its failure. */
export interface TabReading {
  readonly description: NetworkDescription
  /** The server is consistent, and the genesis is the pinned one. */
  readonly genesisHash: Promise<Hash>
  readonly trust: Promise<LightTrust>
  /** Asked over HTTP. */
  readonly servers: Answerers
  /** The network's peers once `onConnected` was called; while there are none, the servers. */
  readonly answerers: Answerers
  readonly firstHead: Promise<ProvedHead | undefined>
  readonly onConnected: (started: Network) => void
}

export interface TabReadingDeps {
  readonly options: TabNodeOptions
  readonly bls: Promise<Bls>
  readonly snapshots: SnapshotPublisher
  /** Asked through the page. */
  readonly questions: Questions
  readonly log: Log
  /** See `LightTrustOptions`. */
  readonly provenSpec: string | undefined
  readonly onProvenSpec: (record: string) => void
}

export function beginReading(description: NetworkDescription, deps: TabReadingDeps): TabReading {
  const { options, bls, snapshots, questions, log, provenSpec, onProvenSpec } = deps
  const servers = createHttpPeers(description.rpcUrls)
  let network: Network | undefined
  const late = lateNetwork(() => network)
  const answerers = countRefusals(peersOrServers(late, servers), snapshots)
  const genesis = Promise.withResolvers<Hash>()
  // Questions first, also one that the page has asked already: answers travel while the genesis is computed.
  const trusting = Promise.withResolvers<LightTrust>()
  // What somebody waits for is verified first; mostly it has the same certificate.
  const firstHead = askFirstHead(servers, () => questions.none().then(() => trusting.promise))
  const { pinnedGenesis, checkpoint } = options
  const trust = nextTask().then(() =>
    openLightTrust(
      description,
      { bls, pinnedGenesis, checkpoint, provenSpec },
      { clock: browserClock, log, onProvenSpec, onGenesis: genesis.resolve },
    ),
  )
  trusting.resolve(trust)
  trust.catch(genesis.reject)
  genesis.promise.catch(() => undefined)
  return {
    description,
    genesisHash: genesis.promise,
    trust,
    servers,
    answerers,
    firstHead,
    onConnected: (started) => void (network = started),
  }
}

/** What the servers prove to be finalized, before there is a peer. Never rejects. */
async function askFirstHead(servers: Answerers, trusting: () => Promise<LightTrust>): Promise<ProvedHead | undefined> {
  for (const { peerId } of servers.peers()) {
    const head = await askHead(peerId, servers, trusting).catch(() => undefined)
    if (head !== undefined) return head
  }
  return undefined
}
