/** An Ethereum block of any fork, as far as the core's host must understand it: the core judges the rest. */
import { keccak256 } from '@cairn/crypto'
import { decodeRlp, failDecode } from '@cairn/primitives'
import type { Decoded, Hash, RlpReader } from '@cairn/primitives'
import { ETHEREUM_BLOCK_MAX_BYTES, ETHEREUM_OMMERS_MAX } from '../limits.ts'

/** A header's own bytes and what of it a chain goes by. */
export interface EthereumHeader {
  readonly bytes: Uint8Array
  readonly hash: Hash
  readonly parentHash: Hash
  readonly stateRoot: Hash
  readonly difficulty: bigint
  readonly number: number
  /** Unix seconds. */
  readonly timestamp: number
}

export interface EthereumBlock {
  readonly header: EthereumHeader
  readonly ommers: readonly EthereumHeader[]
}

/** Fields that are not named keep their bytes only. */
export function decodeEthereumBlock(bytes: Uint8Array): Decoded<EthereumBlock> {
  return decodeRlp(bytes, ETHEREUM_BLOCK_MAX_BYTES, (item) => {
    const fields = item.list()
    const header = readHeader(fields)
    fields.raw()
    return { header, ommers: fields.listOf(ETHEREUM_OMMERS_MAX, readHeader) }
  })
}

/** @throws never: a fault ends the surrounding decoding */
function readHeader(reader: RlpReader): EthereumHeader {
  const { bytes } = reader.raw()
  const decoded = decodeRlp(bytes, bytes.length, (item) => {
    const fields = item.list()
    const parentHash = fields.hash()
    for (let skipped = 0; skipped < 2; skipped++) fields.raw()
    const stateRoot = fields.hash()
    for (let skipped = 0; skipped < 3; skipped++) fields.raw()
    const [difficulty, number] = [fields.bigint(), fields.uint()]
    for (let skipped = 0; skipped < 2; skipped++) fields.raw()
    return { bytes, hash: keccak256(bytes), parentHash, stateRoot, difficulty, number, timestamp: fields.uint() }
  })
  return decoded.ok ? decoded.value : failDecode(decoded.code)
}
