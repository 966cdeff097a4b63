/**
 * What a dishonest peer may say. Each lie is an honest answer, changed in the one place that it is about, so that a node
 * which does not check just that believes it.
 */
import {
  type Block,
  decodeAccountProofResponse,
  decodeFinalizedRangeResponse,
  decodeLightBlockResponse,
  decodeSnapshotChunkResponse,
  encodeAccountProofResponse,
  encodeFinalizedRangeResponse,
  encodeLightBlockResponse,
  encodeSnapshotChunkResponse,
  hashHeader,
  type LightBlock,
} from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { RequestProtocol } from '@cairn/ports'
import type { Decoded } from '@cairn/primitives'

/**
 * `certificate`: the signature of a finalization is one of another message · `block-data`: the payload of a block is not
 * the one that its header names · `balance`: an account has more than its proof says · `missing-account`: a piece of a
 * snapshot lacks an account · `empty-chunk`: a piece of a snapshot claims that there is nothing ·
 * `light-block`: the end of an epoch has another state, under a certificate of something else.
 */
export type Lie = 'certificate' | 'block-data' | 'balance' | 'missing-account' | 'empty-chunk' | 'light-block'

/** What a server says, or with which code it refuses. */
type Said = Uint8Array | { readonly refused: string }

/** What a server makes of an honest answer before it is sent. */
export type Manner = (protocol: RequestProtocol, answer: Uint8Array) => Promise<Said> | Said

export const honest: Manner = (_protocol, answer) => answer

/** Tells `lie` wherever an answer offers the occasion, and the truth about everything else. */
export function lying(lie: Lie): Manner {
  const { protocol, change } = LIES[lie]
  return (asked, answer) => (asked === protocol ? change(answer) : answer)
}

interface Changed {
  readonly protocol: RequestProtocol
  readonly change: (answer: Uint8Array) => Uint8Array
}

const LIES: Readonly<Record<Lie, Changed>> = {
  certificate: {
    protocol: 'finalized-range',
    change: (answer) => {
      const range = decoded(decodeFinalizedRangeResponse(answer))
      const last = range.blocks.at(-1)
      if (range.certificate === undefined || last === undefined) return answer
      // The validator's own, and of a message that it did sign.
      return encodeFinalizedRangeResponse({
        ...range,
        certificate: { ...range.certificate, signature: last.header.randaoReveal },
      })
    },
  },
  'block-data': {
    protocol: 'finalized-range',
    change: (answer) => {
      const range = decoded(decodeFinalizedRangeResponse(answer))
      return encodeFinalizedRangeResponse({ ...range, blocks: range.blocks.map(withOtherPayload) })
    },
  },
  balance: {
    protocol: 'account-proof',
    change: (answer) => {
      const proof = decoded(decodeAccountProofResponse(answer))
      return encodeAccountProofResponse({
        ...proof,
        account: { ...proof.account, balance: proof.account.balance + 1n },
      })
    },
  },
  'missing-account': {
    protocol: 'snapshot-chunk',
    change: (answer) => {
      const { ranges } = decoded(decodeSnapshotChunkResponse(answer))
      return encodeSnapshotChunkResponse({
        ranges: ranges.map((range) => ({ ...range, items: range.items.toSpliced(1, 1) })),
      })
    },
  },
  'empty-chunk': {
    protocol: 'snapshot-chunk',
    change: () => encodeSnapshotChunkResponse({ ranges: [{ items: [], proof: [] }] }),
  },
  'light-block': {
    protocol: 'light-block',
    change: (answer) => {
      const { block } = decoded(decodeLightBlockResponse(answer))
      return encodeLightBlockResponse({ block: block && withOtherState(block) })
    },
  },
}

/** A byte within the payload's first field, its parent's hash, so that it still decodes. */
const PARENT_HASH_BYTE = 20

function withOtherPayload(block: Block): Block {
  return { ...block, payload: block.payload.with(PARENT_HASH_BYTE, (block.payload[PARENT_HASH_BYTE] ?? 0) ^ 1) }
}

function withOtherState(block: LightBlock): LightBlock {
  const header = { ...block.header, stateRoot: keccak256(new Uint8Array(1)) }
  return { ...block, header, finalization: { ...block.finalization, hash: hashHeader(header) } }
}

/** @throws Error for what no honest node answers */
function decoded<T>(result: Decoded<T>): T {
  if (!result.ok) throw new Error(`an honest answer does not decode: ${result.code}`)
  return result.value
}
