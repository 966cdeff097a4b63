/** Gossip topics ↔ consensus inputs: decode, screen, step. No exception crosses a peer boundary. */
import {
  decodeCertificate,
  decodeEvidence,
  decodeLeaving,
  decodeProposal,
  decodeStatus,
  decodeVote,
  encodeCertificate,
  encodeEvidence,
  encodeLeaving,
  encodeProposal,
  encodeStatus,
  encodeVote,
  verifyLeaving,
} from '@cairn/chain'
import type { Vote } from '@cairn/chain'
import type { Consensus, EvidenceVerifier, Message } from '@cairn/consensus'
import type { Log, Metrics, Network, PeerId, Topic } from '@cairn/ports'
import { ACCEPT, type Decoded, type Verdict, reject } from '@cairn/primitives'
import type { BroadcastEffect, ConsensusRuntime } from './consensus-runtime.ts'
import type { EpochKeys } from './epoch-keys.ts'
import { VOTE_TIMEOUT_MS } from './limits.ts'

const WANTED_UNFORWARDED: ReadonlySet<string> = new Set(['EPOCH_OVER', 'EPOCH_AHEAD', 'LATE_VOTE'])

/** Registers the consensus topics; call before the network starts. */
export function routeGossip(
  network: Network,
  consensus: Consensus,
  runtime: ConsensusRuntime,
  { verifyEvidence, keys }: { readonly verifyEvidence: EvidenceVerifier; readonly keys: EpochKeys },
): void {
  const route = <Value>(
    topic: Topic,
    decode: (data: Uint8Array) => Decoded<Value>,
    inputFrom: (value: Value, from: PeerId) => Message,
  ): void =>
    network.onTopic(topic, (data, from): Verdict => {
      const decoded = decode(data)
      if (!decoded.ok) return reject(decoded.code)
      const message = inputFrom(decoded.value, from)
      const verdict = consensus.screen(message)
      if (isOfUse(verdict)) runtime.input(message)
      return verdict
    })
  route('proposals', decodeProposal, (proposal, from) => ({ type: 'proposal', proposal, from }))
  route('votes', decodeVote, (vote, from) => ({ type: 'vote', vote, from }))
  route('certificates', decodeCertificate, (certificate, from) => ({
    type: 'certificate',
    certificate,
    from,
    gossiped: true,
  }))
  network.onTopic('evidence', (data, from): Verdict => {
    const decoded = decodeEvidence(data)
    if (!decoded.ok) return reject(decoded.code)
    const message: Message = { type: 'evidence', evidence: decoded.value, from }
    const screened = consensus.screen(message)
    if (screened.verdict !== 'accept') return screened
    // It accuses somebody and is rare: nobody forwards what is not proven, so a forgery is its sender's own.
    const verdict = verifyEvidence(decoded.value)
    if (verdict.verdict !== 'accept') return verdict
    runtime.input(message)
    return ACCEPT
  })
  network.onTopic('leaving', (data, from): Verdict => {
    const decoded = decodeLeaving(data)
    if (!decoded.ok) return reject(decoded.code)
    const leaving = decoded.value
    const message: Message = { type: 'leaving', leaving, from }
    const screened = consensus.screen(message)
    if (screened.verdict !== 'accept') return screened
    // As rare as evidence, and as easy to forge.
    const { validators } = consensus
    const context = keys.contextOf(validators)
    const verdict = verifyLeaving(leaving, validators, context.keys, context.genesisHash)
    if (verdict.verdict === 'accept') runtime.input(message)
    return verdict
  })
  // A vote that was sent here to be collected. Its sender made it or had it from gossip: the verdict is the same.
  network.onRequest('votes', async (data, from) => {
    const decoded = decodeVote(data)
    if (!decoded.ok) return { refused: decoded.code }
    const message: Message = { type: 'vote', vote: decoded.value, from }
    const verdict = consensus.screen(message)
    if (isOfUse(verdict)) runtime.input(message)
    else if (verdict.verdict === 'reject') network.penalize(from, verdict.code)
    return new Uint8Array(0)
  })
  route('status', decodeStatus, (status, from) => ({ type: 'status', status, from }))
}

/** A message of another epoch, or of a view that is final, is not forwarded, but the rules want to see it. */
function isOfUse(verdict: Verdict): boolean {
  return verdict.verdict === 'accept' || WANTED_UNFORWARDED.has(verdict.code)
}

/** Sends what the rules broadcast. Gossip has no unicast, so a status for one peer goes to all. Never throws. */
export function broadcast(
  network: Network,
  effect: BroadcastEffect,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
  peerOf: (validator: number) => PeerId | undefined,
): void {
  const publish = (topic: Topic, data: Uint8Array): void => {
    // Lost messages are R9's business: no retry here. One that is too large for its topic must not end the process.
    network.publish(topic, data).catch((error: unknown) => {
      log.warn('message not published', { topic, sizeBytes: data.length, error })
    })
  }
  switch (effect.type) {
    case 'broadcast-proposal':
      return publish('proposals', encodeProposal(effect.proposal))
    case 'broadcast-vote': {
      const isCollected = effect.to !== undefined && sendToCollectors(network, effect.vote, effect.to.map(peerOf))
      metrics.count('consensus_votes_sent_total', { to: isCollected ? 'collectors' : 'everybody' })
      return isCollected ? undefined : publish('votes', encodeVote(effect.vote))
    }
    case 'broadcast-certificate':
      return effect.gossiped ? undefined : publish('certificates', encodeCertificate(effect.certificate))
    case 'broadcast-status':
    case 'send-status':
      return publish('status', encodeStatus(effect.status))
    case 'broadcast-evidence':
      return publish('evidence', encodeEvidence(effect.evidence))
    case 'broadcast-leaving':
      return publish('leaving', encodeLeaving(effect.leaving))
  }
}

/** `false`: fewer than half of them are connected here, which gossip must make up for. */
function sendToCollectors(network: Network, vote: Vote, peers: readonly (PeerId | undefined)[]): boolean {
  const connected = new Set(network.peers().map(({ peerId }) => peerId))
  const reached = new Set(peers.filter((peer) => peer !== undefined && connected.has(peer)))
  if (2 * reached.size < peers.length) return false
  const data = encodeVote(vote)
  for (const peer of reached) {
    // Who does not answer is why the rules show the vote to everybody after a while.
    if (peer !== undefined) network.request(peer, 'votes', data, { timeoutMs: VOTE_TIMEOUT_MS }).catch(() => undefined)
  }
  return true
}
