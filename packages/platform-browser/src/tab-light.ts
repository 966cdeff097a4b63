/**
 * The light role: certificates and proofs only. Nothing is executed, no block is stored; a head counts when its header, or that of
 * a descendant linked by hashes, is named by a finalization of more than two thirds of the weight. That the validators'
 * state follows from the transactions such a tab does not check: it takes two thirds of them at their word for it.
 */
import {
  type AccountProofResponse,
  type ConsensusHeader,
  decodeAccountProofResponse,
  encodeAccountProofRequest,
  hashHeader,
} from '@cairn/chain'
import { isTrustLost } from '@cairn/node'
import type { Network, PeerId } from '@cairn/ports'
import { CodedError, type Hash, ZERO_ADDRESS } from '@cairn/primitives'
import { browserClock, browserTimers } from './browser-ports.ts'
import { certifiedHeader } from './certified-reader.ts'
import { createHeadPace } from './head-pace.ts'
import type { Answerers } from './http-peers.ts'
import type { LightTrust } from './light-trust.ts'
import { PROGRESS_INTERVAL_MS, PROOF_PEERS_MAX, PROOF_TIMEOUT_MS } from './limits.ts'
import { type LookUp, findProvenBalance, isLie } from './proven-balance.ts'
import { serversFirst } from './servers-first.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import { markStart } from './start-marks.ts'
import { judgeFinalization } from './tab-gossip.ts'
import { createProgressView, showFailure, showHeader } from './tab-view.ts'

/** A finalized header, and what came with it. */
export interface ProvedHead {
  readonly header: ConsensusHeader
  readonly response: AccountProofResponse
}

export interface LightDeps {
  readonly trust: LightTrust
  readonly answerers: Answerers
  /** To begin with; never rejects. */
  readonly firstHead: Promise<ProvedHead | undefined>
  readonly snapshots: SnapshotPublisher
  /** From now on its peers answer. */
  readonly onConnected: (network: Network) => void
}

export interface HeadFollower {
  readonly lookUp: LookUp
  /** Starts it, and hears of heads from its peers from now on. */
  attach(network: Network): Promise<void>
}

/** Follows finalized heads for as long as the tab lives. */
export function followHeads({ trust, answerers, firstHead, snapshots, onConnected }: LightDeps): HeadFollower {
  let head: ConsensusHeader | undefined
  let headHash: Hash | undefined

  const onHeader = (proved: ProvedHead): void => {
    if (head !== undefined && proved.header.height <= head.height) return
    head = proved.header
    headHash = hashHeader(head)
    showHeader(snapshots, trust, proved)
  }

  const ask = async (): Promise<void> => {
    for (const peer of serversFirst(answerers.peers()).slice(0, PROOF_PEERS_MAX)) {
      try {
        onHeader(await askHead(peer, answerers, () => Promise.resolve(trust)))
        break
      } catch (error) {
        // Away, busy or of another role: the next one is asked.
        if (error instanceof CodedError && isTrustLost(error.code)) showFailure(snapshots, error)
        if (error instanceof CodedError && isLie(error.code)) answerers.penalize(peer, error.code)
      }
    }
  }
  const pace = createHeadPace(ask, { clock: browserClock, timers: browserTimers })
  void firstHead.then((found) => {
    if (found !== undefined) onHeader(found)
    pace.start()
  })

  return {
    attach: async (connected) => {
      connected.onTopic('certificates', (data) => judgeFinalization(data, trust, headHash, pace.soon))
      const showProgress = createProgressView(snapshots, connected)
      const showAgain = (): void => {
        showProgress(head?.height ?? 0)
        browserTimers.after(PROGRESS_INTERVAL_MS, showAgain)
      }
      connected.onPeersChanged(() => {
        showProgress(head?.height ?? 0)
        if (head === undefined) pace.now()
      })
      await connected.start()
      onConnected(connected)
      showAgain()
    },
    lookUp: (address) =>
      findProvenBalance(address, {
        answerers,
        verifiedHeader: async (response, peer) => {
          const header = await certifiedHeader(response, { peer, answerers, trust })
          onHeader({ header, response })
          return { header, isExecuted: false }
        },
      }),
  }
}

/** The newest finalized header of one peer: it comes with any proof, so the zero account's is asked for. */
export async function askHead(
  peer: PeerId,
  answerers: Answerers,
  trusting: () => Promise<LightTrust>,
): Promise<ProvedHead> {
  const request = encodeAccountProofRequest({ height: undefined, address: ZERO_ADDRESS, slots: [] })
  const data = await answerers.request(peer, 'account-proof', request, { timeoutMs: PROOF_TIMEOUT_MS })
  markStart('answered')
  const decoded = decodeAccountProofResponse(data)
  if (!decoded.ok) throw new CodedError('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  const trust = await trusting()
  return { header: await certifiedHeader(decoded.value, { peer, answerers, trust }), response: decoded.value }
}
