/** The host's own records in the state store: the committed head and the genesis it grew from. RLP, versioned. */
import { CodedError, bytesFromHex, decodeRlp, encodeRlp, height, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash, RlpReader } from '@cairn/primitives'
import type { ExecutedBlock } from '@cairn/ports'
import type { ExecutedGenesis } from './genesis.ts'

/** Genesis as stored: with the hash that consensus knows it by. */
export interface StoredGenesis extends ExecutedGenesis {
  readonly blockHash: Hash
}

export function encodeHeadRecord(head: ExecutedBlock): Uint8Array {
  return encodeRlp([
    rlpUint(VERSION),
    bytesFromHex(head.blockHash),
    rlpUint(head.height),
    bytesFromHex(head.executionBlockHash),
    bytesFromHex(head.stateRoot),
    bytesFromHex(head.accessListHash),
    rlpUint(head.gasUsed),
    head.executionHeader,
  ])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodeHeadRecord(bytes: Uint8Array): ExecutedBlock {
  return decoded(
    'head',
    decodeRlp(bytes, bytes.length, (item) => {
      const fields = versioned(item)
      const head: ExecutedBlock = {
        blockHash: fields.hash(),
        height: height(fields.uint()),
        executionBlockHash: fields.hash(),
        stateRoot: fields.hash(),
        accessListHash: fields.hash(),
        gasUsed: fields.bigint(8),
        executionHeader: fields.bytes(bytes.length),
      }
      fields.end()
      return head
    }),
  )
}

export function encodeGenesisRecord(genesis: StoredGenesis): Uint8Array {
  return encodeRlp([
    rlpUint(VERSION),
    bytesFromHex(genesis.blockHash),
    bytesFromHex(genesis.executionBlockHash),
    bytesFromHex(genesis.stateRoot),
    genesis.payload,
    genesis.accessList,
    genesis.executionHeader,
  ])
}

/** @throws CodedError `STATE_CORRUPT` */
export function decodeGenesisRecord(bytes: Uint8Array): StoredGenesis {
  return decoded(
    'genesis',
    decodeRlp(bytes, bytes.length, (item) => {
      const fields = versioned(item)
      const genesis: StoredGenesis = {
        blockHash: fields.hash(),
        executionBlockHash: fields.hash(),
        stateRoot: fields.hash(),
        payload: fields.bytes(bytes.length),
        accessList: fields.bytes(bytes.length),
        executionHeader: fields.bytes(bytes.length),
      }
      fields.end()
      return genesis
    }),
  )
}

const VERSION = 1

function versioned(item: RlpReader): RlpReader {
  const fields = item.list()
  const version = fields.uint()
  if (version !== VERSION) throw new CodedError('STATE_CORRUPT', `state record of version ${version}, not ${VERSION}`)
  return fields
}

function decoded<T>(what: string, result: Decoded<T>): T {
  if (!result.ok) throw new CodedError('STATE_CORRUPT', `the ${what} record does not decode: ${result.code}`)
  return result.value
}
