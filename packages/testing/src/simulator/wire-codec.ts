/** Wire messages as bytes, by the codecs that real peers use. */
import {
  decodeBlock,
  decodeCertificate,
  decodeChainStatus,
  decodeEvidence,
  decodeLeaving,
  decodeProposal,
  decodeStatus,
  decodeVote,
  encodeBlock,
  encodeCertificate,
  encodeChainStatus,
  encodeEvidence,
  encodeLeaving,
  encodeProposal,
  encodeStatus,
  encodeVote,
} from '@cairn/chain'
import type { Decoded } from '@cairn/primitives'
import type { WireMessage } from './wire.ts'

/** `undefined` for requests and for what already is bytes. */
export function encodeMessage(message: WireMessage): Uint8Array | undefined {
  switch (message.type) {
    case 'proposal':
      return encodeProposal(message.proposal)
    case 'vote':
      return encodeVote(message.vote)
    case 'certificate':
      return encodeCertificate(message.certificate)
    case 'status':
      return encodeStatus(message.status)
    case 'evidence':
      return encodeEvidence(message.evidence)
    case 'leaving':
      return encodeLeaving(message.leaving)
    case 'block':
      return encodeBlock(message.block)
    case 'chain-status':
      return encodeChainStatus(message.status)
    default:
      return undefined
  }
}

/** `undefined`: refused by the decoder, which never throws. */
export function decodeMessage(type: WireMessage['type'], bytes: Uint8Array): WireMessage | undefined {
  switch (type) {
    case 'proposal':
      return valueOf(decodeProposal(bytes), (proposal) => ({ type, proposal }))
    case 'vote':
      return valueOf(decodeVote(bytes), (vote) => ({ type, vote }))
    case 'certificate':
      return valueOf(decodeCertificate(bytes), (certificate) => ({ type, certificate }))
    case 'status':
      return valueOf(decodeStatus(bytes), (status) => ({ type, status }))
    case 'evidence':
      return valueOf(decodeEvidence(bytes), (evidence) => ({ type, evidence }))
    case 'leaving':
      return valueOf(decodeLeaving(bytes), (leaving) => ({ type, leaving }))
    case 'block':
      return valueOf(decodeBlock(bytes), (block) => ({ type, block }))
    case 'chain-status':
      return valueOf(decodeChainStatus(bytes), (status) => ({ type, status }))
    default:
      return undefined
  }
}

/** The same message, encoded and decoded; `undefined`: the decoders refuse it. */
export function roundTrip(message: WireMessage): WireMessage | undefined {
  const bytes = encodeMessage(message)
  return bytes === undefined ? message : decodeMessage(message.type, bytes)
}

function valueOf<Value>(decoded: Decoded<Value>, wrap: (value: Value) => WireMessage): WireMessage | undefined {
  return decoded.ok ? wrap(decoded.value) : undefined
}
