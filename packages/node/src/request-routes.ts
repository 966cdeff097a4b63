/** What this node answers to peers: blocks, certificates, finalized ranges, its head, proved accounts. */
import {
  decodeAccountProofRequest,
  decodeBlocksByHashRequest,
  decodeCertificatesRequest,
  decodeChainStatusRequest,
  decodeEpochEndsRequest,
  decodeFinalizedRangeRequest,
  decodeHeaderTrailRequest,
  decodeLightBlockRequest,
  decodeSnapshotChunkRequest,
  decodeSnapshotCodesRequest,
  encodeAccountProofResponse,
  encodeBlocksByHashResponse,
  encodeCertificatesResponse,
  encodeChainStatus,
  encodeEpochEndsResponse,
  boundaryHeight,
  encodeFinalizedRangeResponse,
  encodeLightBlockResponse,
} from '@cairn/chain'
import type { Block, Certificate, ChainSpec, ConsensusHeader } from '@cairn/chain'
import type { Consensus } from '@cairn/consensus'
import type { Executor, Network, RequestProtocol } from '@cairn/ports'
import { type Decoded, type Epoch, type Hash, epoch, height } from '@cairn/primitives'
import type { ChainReader, EpochStore } from '@cairn/storage'
import { serveFinalizedRange } from '@cairn/sync'
import { serveEpochEnds, serveLightBlock } from './epoch-ends.ts'
import { BLOCKS_ANSWER_MAX_BYTES } from './limits.ts'
import { serveHeaderTrail, serveSnapshotChunk, serveSnapshotCodes } from './snapshot-server.ts'

export interface RequestRoutesDeps {
  readonly network: Network
  readonly chain: ChainReader
  readonly epochs: Pick<EpochStore, 'current' | 'validators'>
  readonly spec: ChainSpec
  readonly executor: Executor
  /** Absent on a node that only follows: it knows no certificates of open views. */
  readonly consensus: Pick<Consensus, 'block' | 'certificatesFrom'> | undefined
}

/** Answers one encoded request; whoever asks. */
export type RequestAnswer = (data: Uint8Array) => Promise<Uint8Array | { readonly refused: string }>

/** Registers every request protocol; call before the network starts. Returns what it registered. */
export function routeRequests(deps: RequestRoutesDeps): ReadonlyMap<RequestProtocol, RequestAnswer> {
  const { network, chain, epochs, spec, consensus } = deps
  const answers = new Map<RequestProtocol, RequestAnswer>()
  const route = <Request>(
    protocol: RequestProtocol,
    decode: (data: Uint8Array) => Decoded<Request>,
    answer: (request: Request) => Promise<Uint8Array | { readonly refused: string }>,
  ): void => {
    const handler: RequestAnswer = async (data) => {
      const decoded = decode(data)
      return decoded.ok ? answer(decoded.value) : { refused: decoded.code }
    }
    answers.set(protocol, handler)
    network.onRequest(protocol, handler)
  }
  route('blocks-by-hash', decodeBlocksByHashRequest, async ({ hashes }) =>
    encodeBlocksByHashResponse({ blocks: await findBlocks(hashes, chain, consensus) }),
  )
  route('certificates', decodeCertificatesRequest, async ({ epoch: of, fromView }) => {
    const isOver = of < epochs.current().validators.epoch
    const certificates = isOver ? await endOf(of, chain, spec) : consensus?.certificatesFrom(of, fromView)
    return encodeCertificatesResponse({ certificates: certificates ?? [] })
  })
  route('epoch-ends', decodeEpochEndsRequest, async ({ fromEpoch }) =>
    encodeEpochEndsResponse({ ends: await serveEpochEnds(fromEpoch, { chain, epochs, spec }) }),
  )
  route('light-block', decodeLightBlockRequest, async ({ epoch: of }) =>
    encodeLightBlockResponse({ block: await serveLightBlock(of, { chain, epochs, spec }) }),
  )
  route('finalized-range', decodeFinalizedRangeRequest, async (request) =>
    encodeFinalizedRangeResponse(await serveFinalizedRange(chain, request)),
  )
  route('chain-status', decodeChainStatusRequest, async () => {
    const certified = await certifiedHead(chain)
    return encodeChainStatus({
      genesisHash: chain.genesisHash,
      epoch: certified?.block.header.epoch ?? epoch(0),
      height: certified?.block.header.height ?? height(0),
      finalization: certified?.certificate,
      oldestHeight: chain.head().baseHeight,
    })
  })
  route('header-trail', decodeHeaderTrailRequest, (request) => serveHeaderTrail(chain, request))
  route('snapshot-chunk', decodeSnapshotChunkRequest, (request) => serveSnapshotChunk(deps.executor, request))
  route('snapshot-codes', decodeSnapshotCodesRequest, (request) => serveSnapshotCodes(deps.executor, request))
  route('account-proof', decodeAccountProofRequest, async (request) => proveAccount(deps, request))
  return answers
}

/** The finalization that ended an epoch: all that a peer which lags in it has to know. */
async function endOf(of: Epoch, chain: ChainReader, { epochLengthBlocks }: ChainSpec): Promise<readonly Certificate[]> {
  const at = boundaryHeight(of, epochLengthBlocks)
  const found = await chain.certificateAtOrAbove(at)
  return found?.height === at ? [found.certificate] : []
}

async function findBlocks(
  hashes: readonly Hash[],
  chain: ChainReader,
  consensus: RequestRoutesDeps['consensus'],
): Promise<readonly Block[]> {
  const blocks: Block[] = []
  let sizeBytes = 0
  for (const hash of hashes) {
    const block = consensus?.block(hash) ?? (await chain.blockByHash(hash))
    if (block === undefined) continue
    sizeBytes += block.payload.length + block.accessList.length
    if (blocks.length > 0 && sizeBytes > BLOCKS_ANSWER_MAX_BYTES) break
    blocks.push(block)
  }
  return blocks
}

interface CertifiedBlock {
  readonly block: Block
  readonly certificate: Certificate
}

/** The newest block with a finalization of its own; `undefined` at genesis. */
async function certifiedHead(chain: ChainReader): Promise<CertifiedBlock | undefined> {
  const { certifiedHeight } = chain.head()
  if (certifiedHeight === 0) return undefined
  const found = await chain.certificateAtOrAbove(certifiedHeight)
  const block = await chain.blockByHeight(certifiedHeight)
  return found === undefined || block === undefined ? undefined : { block, certificate: found.certificate }
}

type ProofRequest = Extract<ReturnType<typeof decodeAccountProofRequest>, { ok: true }>['value']

/**
 * Proofs are of the executor's head state. Its block may be certified only by a descendant that this node has
 * stored a moment later: then the headers in between come along.
 */
async function proveAccount(
  { executor, chain }: RequestRoutesDeps,
  request: ProofRequest,
): Promise<Uint8Array | { readonly refused: string }> {
  const head = executor.head()
  const proof = await executor.proof(request.address, request.slots)
  // A commit in between: the proof may be of the next state. Rare, and the asker tries again.
  if (executor.head().blockHash !== head.blockHash) return { refused: 'STATE_MOVED_ON' }
  if (request.height !== undefined && request.height !== head.height) return { refused: 'STATE_NOT_AVAILABLE' }
  const headers = await headersToCertificate(chain, head.height)
  if (headers === undefined) return { refused: 'NOT_CERTIFIED_YET' }
  return encodeAccountProofResponse({ ...headers, ...proof })
}

async function headersToCertificate(
  chain: ChainReader,
  from: number,
): Promise<
  { readonly headers: readonly ConsensusHeader[]; readonly finalization: Certificate | undefined } | undefined
> {
  const found = from === 0 ? undefined : await chain.certificateAtOrAbove(height(from))
  if (from !== 0 && found === undefined) return undefined
  const headers: ConsensusHeader[] = []
  for (let at = from; at <= (found?.height ?? from); at++) {
    const block = await chain.blockByHeight(height(at))
    if (block === undefined) return undefined
    headers.push(block.header)
  }
  return { headers, finalization: found?.certificate }
}
