/** From a consensus block to the executor's request: the one place that says what execution is told. */
import type { Block } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { ExecuteRequest } from '@cairn/ports'

/** prevRandao = keccak256(RANDAO reveal): any bit of the reveal changes it, and nobody but the proposer knew it before. */
export function executeRequestFor(block: Block): ExecuteRequest {
  const { header } = block
  return {
    blockHash: block.hash,
    parentHash: header.parentHash,
    height: header.height,
    timeMs: header.timeMs,
    payload: block.payload,
    accessList: block.accessList,
    executionBlockHash: header.executionBlockHash,
    stateRoot: header.stateRoot,
    accessListHash: header.accessListHash,
    prevRandao: keccak256(header.randaoReveal),
  }
}
