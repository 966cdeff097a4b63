/** Fetches what consensus lacks: blocks by hash, certificates by view. Peers are asked in turn, answers are hostile. */
import {
  checkBlockData,
  decodeBlocksByHashResponse,
  decodeCertificatesResponse,
  encodeBlocksByHashRequest,
  encodeCertificatesRequest,
} from '@cairn/chain'
import type { Input } from '@cairn/consensus'
import type { Network, PeerId } from '@cairn/ports'
import type { ProposedBlocks } from '@cairn/storage'
import type { EffectOf } from './consensus-runtime.ts'
import { REPAIR_PEERS_MAX, REPAIR_TIMEOUT_MS } from './limits.ts'

export interface Repair {
  fetchBlock(effect: EffectOf<'fetch-block'>): Promise<Input>
  fetchCertificates(effect: EffectOf<'fetch-certificates'>): Promise<readonly Input[]>
}

export function createRepair(network: Network, proposed: ProposedBlocks): Repair {
  /** Hinted peers that are connected, then others. */
  const candidates = (hints: readonly PeerId[]): readonly PeerId[] => {
    const connected = network.peers().map((peer) => peer.peerId)
    const hinted = hints.filter((hint) => connected.includes(hint))
    return [...new Set([...hinted, ...connected])].slice(0, REPAIR_PEERS_MAX)
  }

  const request = async (
    peer: PeerId,
    protocol: 'blocks-by-hash' | 'certificates',
    data: Uint8Array,
  ): Promise<Uint8Array | undefined> => {
    try {
      return await network.request(peer, protocol, data, { timeoutMs: REPAIR_TIMEOUT_MS })
    } catch {
      // Unreachable, busy or refusing: the network has scored it; the next peer is asked.
      return undefined
    }
  }

  return {
    fetchBlock: async ({ hash, hints }) => {
      // An own earlier run may be the last holder of a notarized block.
      const own = (await proposed.all()).find((candidate) => candidate.hash === hash)
      if (own !== undefined) return { type: 'block-fetched', block: own, from: undefined }
      const data = encodeBlocksByHashRequest({ hashes: [hash] })
      for (const peer of candidates(hints)) {
        const answer = await request(peer, 'blocks-by-hash', data)
        if (answer === undefined) continue
        const decoded = decodeBlocksByHashResponse(answer)
        if (!decoded.ok) {
          network.penalize(peer, decoded.code)
          continue
        }
        const block = decoded.value.blocks.find((candidate) => candidate.hash === hash)
        if (block === undefined) continue
        // The hash covers the header only: whoever sends other bytes with it costs one request, not a standstill.
        const verdict = checkBlockData(block)
        if (verdict.verdict === 'accept') return { type: 'block-fetched', block, from: peer }
        network.penalize(peer, 'BLOCK_DATA_INVALID')
      }
      return { type: 'fetch-failed', hash }
    },
    fetchCertificates: async ({ epoch, fromView, hint }) => {
      const data = encodeCertificatesRequest({ epoch, fromView })
      for (const peer of candidates(hint === undefined ? [] : [hint])) {
        const answer = await request(peer, 'certificates', data)
        if (answer === undefined) continue
        const decoded = decodeCertificatesResponse(answer)
        if (!decoded.ok) {
          network.penalize(peer, decoded.code)
          continue
        }
        return decoded.value.certificates.map((certificate) => ({
          type: 'certificate',
          certificate,
          from: peer,
          gossiped: false,
        }))
      }
      return []
    },
  }
}
