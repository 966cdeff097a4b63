/**
 * The AccountProof request: one account and some slots at a finalized state, in EIP-1186 form, with the headers
 * and the finalization that make the state root believable.
 */
import { bytesFromHex, decodeRlpList, encodeRlp, failDecode, height, rlpUint } from '@cairn/primitives'
import type { Address, Decoded, Hash, Height, RlpInput, RlpReader } from '@cairn/primitives'
import type { AccountLeaf } from './account-leaf.ts'
import type { ConsensusHeader } from './block.ts'
import type { Certificate } from './certificate.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import {
  PROOF_HEADERS_MAX,
  PROOF_MAX_BYTES,
  PROOF_NODES_MAX,
  PROOF_NODE_MAX_BYTES,
  PROOF_SLOTS_MAX,
  REQUEST_MAX_BYTES,
  RESPONSE_MAX_BYTES,
} from './limits.ts'
import { readCertificate, rlpFromCertificate } from './vote-codec.ts'

export interface AccountProofRequest {
  /** `undefined`: the responder's finalized head. */
  readonly height: Height | undefined
  readonly address: Address
  /** At most 32. */
  readonly slots: readonly Hash[]
}

/** Value and proof of one slot; an absent slot is zero with its absence proof. */
export interface ProvedSlot {
  readonly slot: Hash
  readonly value: Hash
  readonly proof: readonly Uint8Array[]
}

export interface AccountProofResponse {
  /** First the header of the proved state's block, then its descendants by parent hash up to the certified one; 1 to 64. */
  readonly headers: readonly ConsensusHeader[]
  /** Finalization of the last header; `undefined` when that is genesis. */
  readonly finalization: Certificate | undefined
  readonly address: Address
  readonly account: AccountLeaf
  /** Trie nodes from the state root down. */
  readonly accountProof: readonly Uint8Array[]
  readonly storageProof: readonly ProvedSlot[]
}

export function encodeAccountProofRequest(request: AccountProofRequest): Uint8Array {
  return encodeRlp([
    request.height === undefined ? [] : [rlpUint(request.height)],
    bytesFromHex(request.address),
    request.slots.map(bytesFromHex),
  ])
}

export function decodeAccountProofRequest(bytes: Uint8Array): Decoded<AccountProofRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({
    height: fields.optional((items) => height(items.uint())),
    address: fields.address(),
    slots: fields.listOf(PROOF_SLOTS_MAX, (items) => items.hash()),
  }))
}

export function encodeAccountProofResponse(response: AccountProofResponse): Uint8Array {
  const { nonce, balance, codeHash, storageRoot } = response.account
  return encodeRlp([
    response.headers.map(rlpFromHeader),
    response.finalization === undefined ? [] : [rlpFromCertificate(response.finalization)],
    bytesFromHex(response.address),
    [rlpUint(nonce), rlpUint(balance), bytesFromHex(codeHash), bytesFromHex(storageRoot)],
    response.accountProof,
    response.storageProof.map(({ slot, value, proof }): RlpInput => [bytesFromHex(slot), bytesFromHex(value), proof]),
  ])
}

/** Headers are linked and the finalization names the last; certificate and trie nodes are for the caller to verify. */
export function decodeAccountProofResponse(bytes: Uint8Array): Decoded<AccountProofResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => {
    const headers = fields.listOf(PROOF_HEADERS_MAX, readHeader)
    const finalization = fields.optional(readCertificate)
    const address = fields.address()
    const account = readAccount(fields)
    const accountProof = readProof(fields)
    const storageProof = fields.listOf(PROOF_SLOTS_MAX, readProvedSlot)
    checkHeaders(headers, finalization)
    return { headers, finalization, address, account, accountProof, storageProof }
  })
}

/** In the order of EIP-1186, not of the leaf. */
function readAccount(item: RlpReader): AccountLeaf {
  const fields = item.list()
  const account = {
    nonce: fields.bigint(8),
    balance: fields.bigint(),
    codeHash: fields.hash(),
    storageRoot: fields.hash(),
  }
  fields.end()
  return account
}

function readProvedSlot(item: RlpReader): ProvedSlot {
  const fields = item.list()
  const proved = { slot: fields.hash(), value: fields.hash(), proof: readProof(fields) }
  fields.end()
  return proved
}

function readProof(fields: RlpReader): readonly Uint8Array[] {
  let sizeBytes = 0
  return fields.listOf(PROOF_NODES_MAX, (items) => {
    const node = items.bytes(PROOF_NODE_MAX_BYTES)
    sizeBytes += node.length
    if (sizeBytes > PROOF_MAX_BYTES) failDecode('DECODE_TOO_LARGE')
    return node
  })
}

function checkHeaders(headers: readonly ConsensusHeader[], finalization: Certificate | undefined): void {
  let parentHash: Hash | undefined
  let parentHeight = -1
  for (const header of headers) {
    const isChild = header.parentHash === parentHash && header.height === parentHeight + 1
    if (parentHash !== undefined && !isChild) failDecode('DECODE_NOT_LINKED')
    parentHash = hashHeader(header)
    parentHeight = header.height
  }
  if (parentHash === undefined) failDecode('DECODE_EMPTY')
  if (finalization === undefined) {
    if (parentHeight !== 0) failDecode('DECODE_NOT_LINKED')
    return
  }
  if (finalization.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
  if (finalization.hash !== parentHash || finalization.epoch !== headers.at(-1)?.epoch) failDecode('DECODE_NOT_LINKED')
}
