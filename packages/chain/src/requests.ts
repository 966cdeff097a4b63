/**
 * Request and response messages between nodes. A request carries only what it asks; a response proves itself where it can.
 * Decoders check shape and bounds; linkage of a finalized range is checked here too, since a response without it is no range.
 */
import { bytesFromHex, decodeRlpList, encodeRlp, epoch, failDecode, height, rlpUint, view } from '@cairn/primitives'
import type { Decoded, Epoch, Hash, Height, RlpInput, View } from '@cairn/primitives'
import type { Block, ConsensusHeader } from './block.ts'
import { readBlock, rlpFromBlock } from './block-codec.ts'
import type { Certificate } from './certificate.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import {
  BLOCKS_BY_HASH_MAX,
  CERTIFICATES_MAX,
  FINALIZED_RANGE_MAX,
  LINK_HEADERS_MAX,
  REQUEST_MAX_BYTES,
  RESPONSE_MAX_BYTES,
} from './limits.ts'
import { readCertificate, rlpFromCertificate } from './vote-codec.ts'

/** Asks for blocks, finalized or not; 1 to 16 hashes. */
export interface BlocksByHashRequest {
  readonly hashes: readonly Hash[]
}

/** Those of the asked blocks that the responder has and that fit, in the order of the request. */
export interface BlocksByHashResponse {
  readonly blocks: readonly Block[]
}

/** Asks for certificates of views ≥ `fromView`. */
export interface CertificatesRequest {
  readonly epoch: Epoch
  readonly fromView: View
}

export interface CertificatesResponse {
  readonly certificates: readonly Certificate[]
}

/** Asks for finalized blocks from a height on. `countMax` is 1 to 128. */
export interface FinalizedRangeRequest {
  readonly fromHeight: Height
  readonly countMax: number
}

/**
 * Consecutive blocks of one epoch, linked by parent hashes, and the finalization of the last of them or of a descendant:
 * then the headers between the two come along. All empty when the responder has nothing from that height on.
 */
export interface FinalizedRangeResponse {
  readonly blocks: readonly Block[]
  /** From the child of the last block to the block that the certificate names; empty when it names the last block. */
  readonly links: readonly ConsensusHeader[]
  readonly certificate: Certificate | undefined
}

/** The responder's finalized head. The height is a claim until the certificate is verified. */
export interface ChainStatus {
  readonly genesisHash: Hash
  readonly epoch: Epoch
  readonly height: Height
  /** `undefined` at genesis. */
  readonly finalization: Certificate | undefined
  /** Oldest height whose block is kept. */
  readonly oldestHeight: Height
}

export function encodeBlocksByHashRequest(request: BlocksByHashRequest): Uint8Array {
  return encodeRlp([request.hashes.map(bytesFromHex)])
}

export function decodeBlocksByHashRequest(bytes: Uint8Array): Decoded<BlocksByHashRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => {
    const hashes = fields.listOf(BLOCKS_BY_HASH_MAX, (item) => item.hash())
    if (hashes.length === 0) failDecode('DECODE_EMPTY')
    return { hashes }
  })
}

export function encodeBlocksByHashResponse(response: BlocksByHashResponse): Uint8Array {
  return encodeRlp([response.blocks.map(rlpFromBlock)])
}

export function decodeBlocksByHashResponse(bytes: Uint8Array): Decoded<BlocksByHashResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => ({
    blocks: fields.listOf(BLOCKS_BY_HASH_MAX, readBlock),
  }))
}

export function encodeCertificatesRequest(request: CertificatesRequest): Uint8Array {
  return encodeRlp([rlpUint(request.epoch), rlpUint(request.fromView)])
}

export function decodeCertificatesRequest(bytes: Uint8Array): Decoded<CertificatesRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({
    epoch: epoch(fields.uint()),
    fromView: view(fields.uint()),
  }))
}

export function encodeCertificatesResponse(response: CertificatesResponse): Uint8Array {
  return encodeRlp([response.certificates.map(rlpFromCertificate)])
}

export function decodeCertificatesResponse(bytes: Uint8Array): Decoded<CertificatesResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => ({
    certificates: fields.listOf(CERTIFICATES_MAX, readCertificate),
  }))
}

export function encodeFinalizedRangeRequest(request: FinalizedRangeRequest): Uint8Array {
  return encodeRlp([rlpUint(request.fromHeight), rlpUint(request.countMax)])
}

export function decodeFinalizedRangeRequest(bytes: Uint8Array): Decoded<FinalizedRangeRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => {
    const request = { fromHeight: height(fields.uint()), countMax: fields.uint() }
    if (request.countMax === 0 || request.countMax > FINALIZED_RANGE_MAX) failDecode('DECODE_TOO_MANY_ITEMS')
    return request
  })
}

export function encodeFinalizedRangeResponse(response: FinalizedRangeResponse): Uint8Array {
  return encodeRlp([
    response.blocks.map(rlpFromBlock),
    response.links.map(rlpFromHeader),
    rlpFromOptional(response.certificate),
  ])
}

/** Also checks heights, parent hashes and epochs, and that the certificate is a finalization of the last header. */
export function decodeFinalizedRangeResponse(bytes: Uint8Array): Decoded<FinalizedRangeResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => {
    const blocks = fields.listOf(FINALIZED_RANGE_MAX, readBlock)
    const links = fields.listOf(LINK_HEADERS_MAX, readHeader)
    const certificate = fields.optional(readCertificate)
    const linkPoints = links.map((header) => ({ header, hash: hashHeader(header) }))
    const last = lastLinked([...blocks, ...linkPoints])
    if (blocks.length === 0 && links.length > 0) failDecode('DECODE_NOT_LINKED')
    if (certificate?.hash !== last?.hash) failDecode('DECODE_NOT_LINKED')
    if (certificate !== undefined) {
      if (certificate.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
      if (certificate.epoch !== last?.header.epoch) failDecode('DECODE_NOT_LINKED')
    }
    return { blocks, links, certificate }
  })
}

/** The request has no fields: the empty list. */
export function encodeChainStatusRequest(): Uint8Array {
  return encodeRlp([])
}

export function decodeChainStatusRequest(bytes: Uint8Array): Decoded<Record<string, never>> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, () => ({}))
}

export function encodeChainStatus(status: ChainStatus): Uint8Array {
  return encodeRlp([
    bytesFromHex(status.genesisHash),
    rlpUint(status.epoch),
    rlpUint(status.height),
    rlpFromOptional(status.finalization),
    rlpUint(status.oldestHeight),
  ])
}

export function decodeChainStatus(bytes: Uint8Array): Decoded<ChainStatus> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => {
    const status = {
      genesisHash: fields.hash(),
      epoch: epoch(fields.uint()),
      height: height(fields.uint()),
      finalization: fields.optional(readCertificate),
      oldestHeight: height(fields.uint()),
    }
    if (status.finalization !== undefined && status.finalization.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
    if (status.oldestHeight > status.height) failDecode('DECODE_WRONG_HEIGHT')
    return status
  })
}

type ChainPoint = Pick<Block, 'header' | 'hash'>

/** The last of headers of one epoch that follow each other. */
function lastLinked(points: readonly ChainPoint[]): ChainPoint | undefined {
  let parent: ChainPoint | undefined
  for (const point of points) {
    const { header } = point
    if (parent !== undefined) {
      if (header.parentHash !== parent.hash || header.height !== parent.header.height + 1)
        failDecode('DECODE_NOT_LINKED')
      if (header.epoch !== parent.header.epoch) failDecode('DECODE_NOT_LINKED')
    }
    parent = point
  }
  return parent
}

function rlpFromOptional(certificate: Certificate | undefined): RlpInput {
  return certificate === undefined ? [] : [rlpFromCertificate(certificate)]
}
