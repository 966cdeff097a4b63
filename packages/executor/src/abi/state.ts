/** APPLY, GENESIS_HEADER, PROVE, VERIFY_PROOF, RECOVER (`wasm-core/ABI.md` 1, 2, 8–10). */
import type { GenesisAccount } from '@cairn/chain'
import type { AccountProof, AccountState, DecodedTransaction } from '@cairn/ports'
import { bytesFromHex } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { type ChainIdentity, writeChain } from './chain-rules.ts'
import { readChangeset } from './changeset.ts'
import type { ChangesetEntry } from './changeset.ts'
import { transactionCodeName } from './codes.ts'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

export function encodeApply(parentStateRoot: Hash, accounts: readonly GenesisAccount[]): Uint8Array {
  const writer = new AbiWriter(256 + 128 * accounts.length)
  writer.fixed(parentStateRoot)
  writer.list(accounts, (account) => {
    writer.fixed(account.address).u8(UPDATE_ACCOUNT)
    writer.u8(1).u64(BigInt(account.nonce)).u8(1).u256(account.balance)
    if (account.code === '0x') writer.u8(0)
    else writer.u8(1).bytes(bytesFromHex(account.code))
    writer.list(account.storage, ({ slot, value }) => writer.fixed(slot).fixed(value))
  })
  return writer.finish()
}

export function readApply(body: AbiReader): { readonly stateRoot: Hash; readonly changes: readonly ChangesetEntry[] } {
  const stateRoot = body.hash()
  const changes = readChangeset(body)
  body.end()
  return { stateRoot, changes }
}

export interface GenesisHeaderParameters {
  readonly chain: ChainIdentity
  readonly stateRoot: Hash
  /** Unix seconds. */
  readonly timestamp: bigint
  readonly gasLimit: bigint
  readonly baseFeePerGas: bigint
}

export function encodeGenesisHeader(parameters: GenesisHeaderParameters): Uint8Array {
  const writer = new AbiWriter()
  writeChain(writer, parameters.chain).fixed(parameters.stateRoot)
  writer.u64(parameters.timestamp).u64(parameters.gasLimit).u64(parameters.baseFeePerGas)
  const none = new Uint8Array(32)
  // No extra data, coinbase, prevRandao, parent beacon root, blob gas, difficulty or nonce.
  writer.u32(0).raw(none.subarray(0, 20)).raw(none).raw(none).u64(0n).u256(0n).u64(0n)
  return writer.finish()
}

export function readGenesisHeader(body: AbiReader): {
  readonly payload: Uint8Array
  readonly header: Uint8Array
  readonly blockHash: Hash
} {
  const payload = body.bytes().slice()
  const header = body.bytes().slice()
  const blockHash = body.hash()
  body.end()
  return { payload, header, blockHash }
}

export function encodeProve(stateRoot: Hash, address: Address, slots: readonly Hash[]): Uint8Array {
  const writer = new AbiWriter(128 + 32 * slots.length)
  writer.fixed(stateRoot).fixed(address)
  return writer.list(slots, (slot) => writer.fixed(slot)).finish()
}

export function readProof(body: AbiReader, address: Address): AccountProof {
  const account = readAccount(body)
  const accountProof = readNodes(body)
  const storageProof = body.list((reader) => ({ slot: reader.hash(), value: reader.hash(), proof: readNodes(reader) }))
  body.end()
  return { address, account, accountProof, storageProof }
}

export function encodeVerifyProof(stateRoot: Hash, proof: AccountProof): Uint8Array {
  const writer = new AbiWriter(4096)
  writer.fixed(stateRoot).fixed(proof.address)
  writer.list(proof.accountProof, (node) => writer.bytes(node))
  writer.list(proof.storageProof, (entry) => {
    writer.fixed(entry.slot).list(entry.proof, (node) => writer.bytes(node))
  })
  return writer.finish()
}

/** Values in the order of the proof's slots. */
export function readVerifiedProof(body: AbiReader): {
  readonly account: AccountState
  readonly values: readonly Hash[]
} {
  const account = readAccount(body)
  const values = body.list((reader) => reader.hash())
  body.end()
  return { account, values }
}

export function encodeRecover(chain: ChainIdentity, raw: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = 64
  for (const transaction of raw) sizeBytes += transaction.length + 4
  const writer = writeChain(new AbiWriter(sizeBytes), chain)
  return writer.list(raw, (transaction) => writer.bytes(transaction)).finish()
}

export function readRecovered(body: AbiReader): readonly DecodedTransaction[] {
  const transactions = body.list(readTransaction)
  body.end()
  return transactions
}

const UPDATE_ACCOUNT = 1

function readTransaction(reader: AbiReader): DecodedTransaction {
  const code = reader.u16()
  if (code !== 0) {
    const name = transactionCodeName(code)
    return { valid: false, code: name, message: name.toLowerCase().replaceAll('_', ' ') }
  }
  const hash = reader.hash()
  const type = reader.u8()
  const sender = reader.address()
  const nonce = reader.u64()
  const gasLimit = reader.u64()
  const maxFeePerGas = reader.u256()
  const maxPriorityFeePerGas = reader.u256()
  reader.skip(32)
  const value = reader.u256()
  const to = reader.optional((present) => present.address())
  const sizeBytes = reader.u32()
  const blobCount = reader.u32()
  reader.skip(4)
  return {
    valid: true,
    hash,
    type,
    sender,
    nonce,
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas,
    value,
    to,
    sizeBytes,
    blobCount,
  }
}

function readAccount(reader: AbiReader): AccountState {
  reader.skip(1)
  const nonce = reader.u64()
  const balance = reader.u256()
  const storageRoot = reader.hash()
  return { nonce, balance, storageRoot, codeHash: reader.hash() }
}

function readNodes(reader: AbiReader): readonly Uint8Array[] {
  return reader.list((nodes) => nodes.bytes().slice())
}
