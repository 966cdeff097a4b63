/** What a simulated node answers to requests of its peers, from memory and disk. */
import type { Consensus } from '@cairn/consensus'
import type { Disk } from './disk.ts'
import type { WireMessage } from './wire.ts'

export type WireRequest = Extract<WireMessage, { type: 'get-block' | 'get-certificates' | 'get-range' }>

export function isRequest(message: WireMessage): message is WireRequest {
  return message.type.startsWith('get-')
}

/** `undefined`: nothing to say. */
export function answerRequest(request: WireRequest, consensus: Consensus, disk: Disk): WireMessage | undefined {
  if (request.type === 'get-certificates') {
    return { type: 'certificates', certificates: consensus.certificatesFrom(request.epoch, request.fromView) }
  }
  if (request.type === 'get-range') {
    return { type: 'range', blocks: disk.committed.slice(request.above), head: disk.head }
  }
  const { hash } = request
  const pending = consensus.block(hash) ?? disk.persistedBlocks.get(hash)
  const block = pending ?? disk.committed.findLast((committed) => committed.hash === hash)
  return block && { type: 'block', block }
}
