/** What a simulated node answers to requests of its peers, from memory and disk. */
import { boundaryHeight, encodeFinalizedRangeResponse } from '@cairn/chain'
import type { Certificate, ChainSpec } from '@cairn/chain'
import type { Consensus } from '@cairn/consensus'
import { height } from '@cairn/primitives'
import { serveFinalizedRange } from '@cairn/sync'
import type { FinalizedChainReader } from '@cairn/sync'
import type { SimulatedChain } from '../model/model-chain.ts'
import type { WireMessage } from '../wire.ts'
import type { Disk } from './disk.ts'

type RequestType = 'get-block' | 'get-certificates' | 'get-chain-status' | 'get-range'
export type WireRequest = Extract<WireMessage, { type: RequestType }>

export function isRequest(message: WireMessage): message is WireRequest {
  return message.type.startsWith('get-')
}

/** `undefined`: nothing to say. */
export async function answerRequest(
  request: WireRequest,
  consensus: Consensus,
  disk: Disk,
  { genesisHash, spec }: SimulatedChain,
): Promise<WireMessage | undefined> {
  switch (request.type) {
    case 'get-certificates':
      return { type: 'certificates', certificates: certificatesFor(request, consensus, disk, spec) }
    case 'get-chain-status': {
      const { header, finalization } = disk.head
      const { epoch } = header
      return {
        type: 'chain-status',
        status: { genesisHash, epoch, height: header.height, finalization, oldestHeight: height(0) },
      }
    }
    case 'get-range': {
      const response = await serveFinalizedRange(readerOf(disk), request)
      return { type: 'range', requestId: request.requestId, data: encodeFinalizedRangeResponse(response) }
    }
    default: {
      const { hash } = request
      const block = consensus.block(hash) ?? disk.persistedBlocks.get(hash) ?? disk.committedByHash.get(hash)
      return block === undefined ? { type: 'no-block', hash } : { type: 'block', block }
    }
  }
}

/** Of an epoch that is over, the finalization that ended it. */
function certificatesFor(
  { epoch, fromView }: Extract<WireRequest, { type: 'get-certificates' }>,
  consensus: Consensus,
  disk: Disk,
  spec: ChainSpec,
): readonly Certificate[] {
  if (epoch >= consensus.validators.epoch) return consensus.certificatesFrom(epoch, fromView)
  const end = disk.certificates.get(boundaryHeight(epoch, spec.epochLengthBlocks))
  return end === undefined ? [] : [end]
}

function readerOf(disk: Disk): FinalizedChainReader {
  return {
    head: () => ({ certifiedHeight: disk.head.header.height }),
    blockByHeight: async (at) => disk.committed[at - 1],
    certificateAtOrAbove: async (from) => {
      for (let at = from; at <= disk.head.header.height; at = height(at + 1)) {
        const certificate = disk.certificates.get(at)
        if (certificate !== undefined) return { height: at, certificate }
      }
      return undefined
    },
  }
}
