/**
 * What Ethereum has no method for: consensus. Heights, views, epochs and milliseconds are JSON numbers
 * (always safe integers), weights are decimal strings, hashes and bytes hex.
 */
import { offenceOf } from '@cairn/chain'
import type { Certificate, ConsensusHeader, Vote } from '@cairn/chain'
import { bytesFromHex, hexFromBytes } from '@cairn/primitives'
import * as z from 'zod'
import { findBlock, heightOf } from '../block-reference.ts'
import type { RpcBackend, RpcEvidence } from '../backend.ts'
import { JsonRpcError, RPC_CODE } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import type { BlockReference } from '../param-schema.ts'
import { dataParam, optionalBlockNumberParam } from '../param-schema.ts'

/** A height as a quantity, a tag, or a plain JSON number. */
const heightOrTagParam = z.union([
  z
    .int()
    .nonnegative()
    .transform((height): BlockReference => ({ kind: 'height', height: BigInt(height) })),
  optionalBlockNumberParam,
])

export const cairnMethods: readonly RpcMethod[] = [
  defineMethod(
    'cairn_status',
    'Height, view, epoch, roots, finality latency, mempool and peers of this node.',
    [],
    (_params, { backend }) => statusJson(backend),
  ),
  defineMethod('cairn_validators', 'The active validator set in its order.', [], (_params, { backend }) =>
    backend.validators().map((validator) => ({
      index: validator.index,
      publicKey: hexFromBytes(validator.publicKey),
      weight: validator.weight.toString(),
      feeRecipient: validator.feeRecipient,
      peerId: validator.peerId,
    })),
  ),
  defineMethod(
    'cairn_certificate',
    'The certificate that finalizes the block of a height; null when there is none.',
    [heightOrTagParam],
    async ([reference], context) => {
      const height = reference.kind === 'hash' ? undefined : heightOf(reference, context)
      const certificate = height === undefined ? undefined : await context.backend.chain.certificateByHeight(height)
      return certificate === undefined ? null : { height, ...certificateJson(certificate) }
    },
  ),
  defineMethod(
    'cairn_evidence',
    'Offences that finalized blocks prove, from a height on (default 0); about a hundred at a time.',
    [heightOrTagParam.default({ kind: 'height', height: 0n })],
    async ([reference], context) => {
      const from = reference.kind === 'hash' ? undefined : heightOf(reference, context)
      if (from === undefined) return []
      const items = await context.backend.chain.evidence(from, context.limits.evidenceMax)
      return items.map(evidenceJson)
    },
  ),
  defineMethod(
    'cairn_getBlock',
    'The consensus header of a height; null above the head.',
    [heightOrTagParam],
    async ([reference], context) => {
      const view = await findBlock(reference, context)
      return view === undefined ? null : { hash: view.block.hash, ...consensusHeaderJson(view.block.header) }
    },
  ),
  defineMethod(
    'cairn_request',
    'What a light client asks a peer, over HTTP: the bytes of `account-proof`, `chain-status` or `light-block`, and its answer’s.',
    [z.enum(['account-proof', 'chain-status', 'light-block']), dataParam],
    async ([protocol, data], { backend, proofGate }) => {
      const answer = await proofGate.run(() => backend.answer(protocol, bytesFromHex(data)))
      if (answer instanceof Uint8Array) return hexFromBytes(answer)
      throw new JsonRpcError(RPC_CODE.resourceUnavailable, `refused: ${answer.refused}`, { reason: answer.refused })
    },
  ),
]

function statusJson(backend: RpcBackend): Readonly<Record<string, unknown>> {
  const status = backend.status()
  return {
    chainId: backend.chainId,
    clientVersion: backend.clientVersion,
    genesisHash: status.genesisHash,
    peerId: status.peerId,
    validatorIndex: status.validatorIndex ?? null,
    isAmnesiac: status.isAmnesiac,
    epoch: status.epoch,
    view: status.view,
    height: status.height,
    blockHash: status.blockHash,
    stateRoot: status.stateRoot,
    finalityMs: status.finalityMs,
    transactionFinalityMs: status.transactionFinalityMs,
    transactionCount: status.transactionCount,
    mempool: backend.mempool.counts(),
    syncing: status.syncing,
    syncTargetHeight: status.syncTargetHeight ?? null,
    peers: status.peers,
  }
}

function consensusHeaderJson(header: ConsensusHeader): Readonly<Record<string, unknown>> {
  return { ...header, randaoReveal: hexFromBytes(header.randaoReveal) }
}

function evidenceJson({ height, hash, evidence, offenders }: RpcEvidence): Readonly<Record<string, unknown>> {
  const { first, second, type } = evidence
  return {
    height,
    hash,
    type,
    ...offenceOf(evidence),
    offenders: offenders.map(({ index, publicKey }) => ({
      index,
      publicKey: publicKey === undefined ? null : hexFromBytes(publicKey),
    })),
    proof: [first, second].map((half) => ('signers' in half ? certificateJson(half) : voteJson(half))),
  }
}

function voteJson({ kind, epoch, view, hash, validator, signature }: Vote): Readonly<Record<string, unknown>> {
  return { kind, epoch, view, hash, validator, signature: hexFromBytes(signature) }
}

function certificateJson(certificate: Certificate): Readonly<Record<string, unknown>> {
  return {
    kind: certificate.kind,
    epoch: certificate.epoch,
    view: certificate.view,
    hash: certificate.hash,
    signers: hexFromBytes(certificate.signers),
    signerIndices: signerIndices(certificate.signers),
    signature: hexFromBytes(certificate.signature),
  }
}

/** Bit i, little-endian within each byte. */
function signerIndices(bitmap: Uint8Array): readonly number[] {
  return Array.from({ length: bitmap.length * 8 }, (_, index) => index).filter(
    (index) => (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1,
  )
}
