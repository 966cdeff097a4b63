/** The record of an imported chain's head. RLP, versioned. */
import { CodedError, bytesFromHex, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'

export interface EthereumHead {
  readonly number: number
  readonly hash: Hash
  readonly stateRoot: Hash
  /** Sum of the difficulties from genesis on: what the merge is decided by. */
  readonly totalDifficulty: bigint
}

export function encodeEthereumHead(head: EthereumHead): Uint8Array {
  const { number, hash, stateRoot, totalDifficulty } = head
  return encodeRlp([
    rlpUint(VERSION),
    rlpUint(number),
    bytesFromHex(hash),
    bytesFromHex(stateRoot),
    rlpUint(totalDifficulty),
  ])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodeEthereumHead(bytes: Uint8Array): EthereumHead {
  const decoded = decodeRlpList(bytes, bytes.length, (fields) => {
    const version = fields.uint()
    const head = {
      number: fields.uint(),
      hash: fields.hash(),
      stateRoot: fields.hash(),
      totalDifficulty: fields.bigint(),
    }
    return { version, head }
  })
  if (decoded.ok && decoded.value.version === VERSION) return decoded.value.head
  throw new CodedError('STATE_CORRUPT', 'the head record of the imported chain does not decode')
}

const VERSION = 1
