/**
 * Messages and bytes of consensus per view and node, counted, not measured: n real instances, everything delivered to
 * everybody after one hop, fake signatures of real size, empty blocks. What gossip adds (copies over several mesh peers,
 * framing) is not in it.
 */
import {
  bitmapFromIndices,
  blockFromParts,
  chainSpecHash,
  encodeCertificate,
  encodeProposal,
  encodeVote,
  genesisEpochState,
} from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import { createConsensus } from '@cairn/consensus'
import type { Consensus, Effect, FinalizedHead, Input } from '@cairn/consensus'
import { ACCEPT, ZERO_ADDRESS, ZERO_HASH, bytesFromUint64, epoch, height, view } from '@cairn/primitives'

export interface TrafficRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const HOP_MS = 5
const VIEWS = 10
const START_MS = 1_700_000_000_000

/** One row for each figure and size. */
export async function runTrafficBench(sizes: readonly number[] = [4, 16, 64, 200]): Promise<readonly TrafficRow[]> {
  return sizes.flatMap((nodes) => {
    const { views, messages, bytes, heard, largestCertificate } = countTraffic(nodes)
    const perView = (count: number): number => count / views / nodes
    const row = (name: string, value: number, unit: string, reference: string): TrafficRow => ({
      name: `consensus/${name}/nodes=${nodes}`,
      value,
      unit,
      reference,
    })
    return [
      row(
        'messages-made',
        perView(messages),
        'per view',
        'Simplex: 2 votes and 2 certificates a node, 1 proposal a view',
      ),
      row('bytes-made', perView(bytes), 'B/view', 'each message once'),
      row('bytes-heard', perView(heard), 'B/view', 'each message once, from everybody who sends it here'),
      row('certificate', largestCertificate, 'B', 'Tendermint: about 110 B a signer'),
    ]
  })
}

interface Traffic {
  readonly views: number
  readonly messages: number
  readonly bytes: number
  /** By all nodes together. */
  readonly heard: number
  readonly largestCertificate: number
}

function countTraffic(nodes: number): Traffic {
  const spec = specOf(nodes)
  const genesis = genesisOf(spec)
  const queue: { readonly atMs: number; readonly to: number; readonly input: Input }[] = []
  const traffic = { messages: 0, bytes: 0, heard: 0, largestCertificate: 0 }
  let nowMs = 0
  const instances: Consensus[] = spec.validators.map(({ publicKey }, index) =>
    createConsensus({
      spec,
      publicKey,
      jitterSeed: index + 1,
      blockChecks: { checkBlockData: () => ACCEPT, checkBlock: () => ACCEPT },
    }),
  )
  const feed = (to: number, input: Input): void => {
    const instance = instances[to] as Consensus
    for (const effect of instance.step(input, { monotonicMs: nowMs, wallMs: START_MS + nowMs })) perform(to, effect)
  }
  const everybody = [...instances.keys()]
  const send = (from: number, message: Input, encoded: Uint8Array, recipients: readonly number[] = everybody): void => {
    traffic.messages += 1
    traffic.bytes += encoded.length
    for (const to of recipients) {
      if (to === from) continue
      traffic.heard += encoded.length
      queue.push({ atMs: nowMs + HOP_MS, to, input: message })
    }
  }
  const perform = (self: number, effect: Effect): void => {
    const from = String(self)
    switch (effect.type) {
      case 'broadcast-vote':
        return send(self, { type: 'vote', vote: effect.vote, from }, encodeVote(effect.vote), effect.to)
      case 'broadcast-proposal':
        return send(self, { type: 'proposal', proposal: effect.proposal, from }, encodeProposal(effect.proposal))
      case 'broadcast-certificate': {
        const { certificate } = effect
        const encoded = encodeCertificate(certificate)
        traffic.largestCertificate = Math.max(traffic.largestCertificate, encoded.length)
        if (effect.gossiped) return undefined
        return send(self, { type: 'certificate', certificate, from, gossiped: true }, encoded)
      }
      default: {
        const answer = answerTo(effect, nodes)
        return answer && feed(self, answer)
      }
    }
  }
  for (let self = 0; self < nodes; self++) {
    feed(self, { type: 'start', head: genesis, ownVotes: [], floor: undefined, certificates: [], blocks: [] })
    feed(self, { type: 'transactions-pending', pending: true })
  }
  for (let at = 0; at < queue.length && (instances[0]?.finalizedView ?? 0) < VIEWS; at++) {
    const next = queue[at] as (typeof queue)[number]
    nowMs = next.atMs
    feed(next.to, next.input)
  }
  return { ...traffic, views: instances[0]?.finalizedView ?? 0 }
}

/** The node around the rules: signer, executor and verifier that never fail. */
function answerTo(effect: Effect, nodes: number): Input | undefined {
  switch (effect.type) {
    case 'sign': {
      const signature = new Uint8Array(96).fill(effect.validator + 1)
      return { type: 'signed', vote: { ...effect.subject, validator: effect.validator, signature } }
    }
    case 'build':
      return {
        type: 'built',
        view: effect.view,
        parentHash: effect.parentHash,
        timeMs: effect.timeMs,
        buildId: effect.view,
        payload: bytesFromUint64(effect.view),
        accessList: new Uint8Array(1),
        executionBlockHash: ZERO_HASH,
        stateRoot: ZERO_HASH,
        accessListHash: ZERO_HASH,
        randaoReveal: new Uint8Array(96),
      }
    case 'adopt':
    case 'execute':
      return { type: 'executed', hash: effect.block.hash, verdict: ACCEPT }
    case 'verify':
      return { type: 'verified', id: effect.id, result: approve(effect.request, nodes) }
    default:
      return undefined
  }
}

function approve(
  request: Extract<Effect, { type: 'verify' }>['request'],
  nodes: number,
): Extract<Input, { type: 'verified' }>['result'] {
  switch (request.kind) {
    case 'proposal':
      return { kind: 'proposal', isVoteValid: true, isRandaoValid: true, evidence: 'accept' }
    case 'evidence':
      return { kind: 'evidence', verdict: 'accept' }
    case 'aggregate': {
      const [{ kind, epoch: of, view: at, hash } = request.votes[0] as never] = request.votes
      const signers = bitmapFromIndices(
        request.votes.map(({ validator }) => validator),
        nodes,
      )
      const certificate = { kind, epoch: of, view: at, hash, signers, signature: new Uint8Array(96).fill(1) }
      return { kind: 'aggregate', certificate, invalid: [] }
    }
    default:
      return { kind: request.kind, isValid: true }
  }
}

function specOf(nodes: number): ChainSpec {
  return {
    name: 'traffic',
    chainId: 1,
    genesisTimeMs: START_MS,
    epochLengthBlocks: 1_000_000,
    unbondingEpochs: 1,
    timing: { leaderTimeoutMs: 60_000, leaderTimeoutMaxMs: 60_000, heartbeatMs: 1_000 },
    gasLimit: 1n,
    baseFeePerGas: 1n,
    blockSizeMaxBytes: 4_096,
    coreWasmSha256: ZERO_HASH,
    depositContractAddress: ZERO_ADDRESS,
    validators: Array.from({ length: nodes }, (_, index) => ({
      publicKey: Uint8Array.from({ length: 48 }, (_, byte) => (byte < 2 ? (index + 1) >> (8 * byte) : 7)),
      weight: 1n,
      feeRecipient: ZERO_ADDRESS,
      peerId: '',
      proofOfPossession: new Uint8Array(96),
    })),
    alloc: [],
  }
}

function genesisOf(spec: ChainSpec): FinalizedHead {
  const epochState = genesisEpochState(spec)
  const header = {
    chainId: spec.chainId,
    epoch: epoch(0),
    view: view(0),
    parentView: view(0),
    height: height(0),
    parentHash: chainSpecHash(spec),
    timeMs: START_MS - 1,
    proposer: 0,
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
    randaoReveal: new Uint8Array(0),
    validatorSetHash: epochState.validators.hash,
    nextValidatorSetHash: ZERO_HASH,
  }
  const { hash } = blockFromParts(header, new Uint8Array(1), new Uint8Array(1))
  return { header, hash, finalization: undefined, epochState }
}
