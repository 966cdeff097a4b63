/** EXECUTE, HEADER and GENESIS_HEADER (`wasm-core/ABI.md` 3, 21 and 2) for Ethereum blocks of any fork. */
import type { ChainRules, EthereumGenesis } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import { writeChainRules } from './chain-rules.ts'
import { readChangeset } from './changeset.ts'
import type { ChangesetEntry } from './changeset.ts'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

export interface EthereumExecuteParameters {
  /** RLP. */
  readonly parentHeader: Uint8Array
  /** RLP. */
  readonly block: Uint8Array
  /** Hashes for BLOCKHASH, newest first, the parent's at 0; at most 256. */
  readonly ancestors: readonly Hash[]
  readonly wantsUndo?: boolean
}

export function encodeEthereumExecute(rules: ChainRules, parameters: EthereumExecuteParameters): Uint8Array {
  const { parentHeader, block, ancestors, wantsUndo } = parameters
  const writer = writeChainRules(new AbiWriter(block.length + 32 * ancestors.length + 2048), rules)
  writer.u8(wantsUndo === true ? STRICT_TIMESTAMPS | RETURN_UNDO : STRICT_TIMESTAMPS)
  writer.bytes(parentHeader).bytes(block).u32(NO_SENDERS)
  return writer.list(ancestors, (hash) => writer.fixed(hash)).finish()
}

export interface EthereumOutcome {
  readonly blockHash: Hash
  readonly stateRoot: Hash
  /** RLP list of EIP-2718 receipts; a view of the response. */
  readonly receipts: Uint8Array
  readonly changes: readonly ChangesetEntry[]
  /** Empty unless `wantsUndo`. */
  readonly undo: readonly ChangesetEntry[]
}

export function readEthereumOutcome(body: AbiReader): EthereumOutcome {
  const blockHash = body.hash()
  const stateRoot = body.hash()
  body.skip(32 + 8 + 8 + 256)
  const receipts = body.bytes()
  body.list((result) => {
    result.skip(32 + 20 + 2 + 8 + 32)
    result.optional((created) => created.skip(20))
    result.skip(4)
  })
  body.list((request) => request.bytes())
  body.optional((list) => list.bytes() && list.hash())
  const changes = readChangeset(body)
  const undo = readChangeset(body)
  body.end()
  return { blockHash, stateRoot, receipts, changes, undo }
}

/** A header without a block, against its parent's. */
export function encodeHeaderCheck(rules: ChainRules, parentHeader: Uint8Array, header: Uint8Array): Uint8Array {
  const writer = writeChainRules(new AbiWriter(2048), rules).u8(STRICT_TIMESTAMPS)
  return writer.bytes(parentHeader).bytes(header).finish()
}

export function encodeEthereumGenesis(rules: ChainRules, genesis: EthereumGenesis, stateRoot: Hash): Uint8Array {
  const writer = writeChainRules(new AbiWriter(2048), rules).fixed(stateRoot)
  writer.u64(genesis.timestamp).u64(genesis.gasLimit).u64(genesis.baseFeePerGas).bytes(genesis.extraData)
  writer.fixed(genesis.coinbase).fixed(genesis.mixHash).raw(new Uint8Array(32)).u64(genesis.excessBlobGas)
  return writer.u256(genesis.difficulty).u64(genesis.nonce).finish()
}

const STRICT_TIMESTAMPS = 1
const RETURN_UNDO = 4
const NO_SENDERS = 0
