/**
 * The light role: certificates and proofs only. Nothing is executed or stored; a head counts when its header, or that of
 * a descendant linked by hashes, is named by a finalization of more than two thirds of the weight. That the validators'
 * state follows from the transactions such a tab does not check: it takes two thirds of them at their word for it.
 */
import { type ConsensusHeader, decodeAccountProofResponse, encodeAccountProofRequest, hashHeader } from '@cairn/chain'
import { isTrustLost } from '@cairn/node'
import type { Network, PeerId } from '@cairn/ports'
import { CodedError, type Verdict, ZERO_ADDRESS, ignore } from '@cairn/primitives'
import { browserClock, browserTimers } from './browser-ports.ts'
import { HEAD_INTERVAL_MS, HEAD_SOON_MS, PROGRESS_INTERVAL_MS, PROOF_PEERS_MAX, PROOF_TIMEOUT_MS } from './limits.ts'
import { type LookUp, certifiedHeader, findProvenBalance, isLie } from './proven-balance.ts'
import { serversFirst } from './servers-first.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { TabTrust, openTabTrust } from './tab-chain.ts'
import { countRefusals, judgeFinalization } from './tab-gossip.ts'
import { createProgressView, showFailure, showHeader } from './tab-view.ts'

/** What a light tab stands on. */
type LightTrust = Awaited<ReturnType<typeof openTabTrust>>

/**
 * Follows finalized heads for as long as the tab lives. Peers are dialled while trust is being established, since both take
 * their time; what they say before that is not listened to. @throws what `establishing` rejects with
 */
export async function followHeads(
  establishing: Promise<LightTrust>,
  connected: Network,
  snapshots: SnapshotPublisher,
): Promise<LookUp> {
  const network = countRefusals(connected, snapshots)
  let judge: (data: Uint8Array) => Verdict = () => ignore('NOT_READY')
  network.onTopic('certificates', (data) => judge(data))
  const trust = await startTrusted(network, establishing)
  snapshots.update({ phase: 'connecting' })
  let head: ConsensusHeader | undefined
  let askedAtMs = -HEAD_INTERVAL_MS
  let isAsking = false

  const onHeader = (proved: Awaited<ReturnType<typeof askHead>>): void => {
    if (head !== undefined && proved.header.height <= head.height) return
    head = proved.header
    showHeader(snapshots, trust, proved)
  }

  const ask = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    askedAtMs = browserClock.monotonicMs()
    for (const peer of serversFirst(network.peers()).slice(0, PROOF_PEERS_MAX)) {
      try {
        onHeader(await askHead(peer, network, trust))
        break
      } catch (error) {
        // Away, busy or of another role: the next one is asked.
        if (error instanceof CodedError && error.code === 'EPOCH_UNKNOWN') {
          await advanceEpochs(peer, network, trust, snapshots)
        }
        if (error instanceof CodedError && isLie(error.code)) network.penalize(peer, error.code)
      }
    }
    isAsking = false
  }
  const again = (): void => {
    browserTimers.after(HEAD_INTERVAL_MS, again)
    if (browserClock.monotonicMs() - askedAtMs >= HEAD_INTERVAL_MS) void ask()
  }

  judge = (data) =>
    judgeFinalization(data, trust, head && hashHeader(head), () => {
      // What was finalized is committed at the peers a little later; a burst of certificates is one question.
      if (browserClock.monotonicMs() - askedAtMs >= HEAD_SOON_MS) browserTimers.after(HEAD_SOON_MS, () => void ask())
    })
  const showProgress = createProgressView(snapshots, network)
  const showAgain = (): void => {
    showProgress(head?.height ?? 0)
    browserTimers.after(PROGRESS_INTERVAL_MS, showAgain)
  }
  network.onPeersChanged(() => {
    showProgress(head?.height ?? 0)
    if (head === undefined) void ask()
  })
  showAgain()
  again()
  return (address) =>
    findProvenBalance(address, {
      network,
      executor: trust.executor,
      hasOwnState: false,
      verifiedHeader: async (response) => {
        const header = certifiedHeader(response, trust)
        onHeader({ header, response })
        return header
      },
    })
}

async function startTrusted(network: Network, establishing: Promise<LightTrust>): Promise<LightTrust> {
  try {
    const [trust] = await Promise.all([establishing, network.start()])
    return trust
  } catch (error) {
    await network.stop()
    throw error
  }
}

/** Then the head of the new epoch is found by the next question. Whoever lies about epochs is penalized on the way. */
async function advanceEpochs(
  peer: PeerId,
  network: Network,
  { lightEpochs, keys }: LightTrust,
  snapshots: SnapshotPublisher,
): Promise<void> {
  try {
    await lightEpochs.advance(peer, network, keys)
  } catch (error) {
    if (error instanceof CodedError && isTrustLost(error.code)) showFailure(snapshots, error)
  }
}

/** The newest finalized header of one peer: it comes with any proof, so the zero account's is asked for. */
async function askHead(peer: PeerId, network: Network, trust: TabTrust) {
  const request = encodeAccountProofRequest({ height: undefined, address: ZERO_ADDRESS, slots: [] })
  const data = await network.request(peer, 'account-proof', request, { timeoutMs: PROOF_TIMEOUT_MS })
  const decoded = decodeAccountProofResponse(data)
  if (!decoded.ok) throw new CodedError('PROOF_MALFORMED', 'The peer’s answer is malformed.')
  return { header: certifiedHeader(decoded.value, trust), response: decoded.value }
}
