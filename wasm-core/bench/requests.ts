/** Requests and responses of the operations that benchmarks and tests use, in ABI.md's order of fields. */
import { readFileSync } from 'node:fs'
import { bytesOf, type Change, type Core, type Decoder, Encoder } from './core-host.ts'

export const OP = {
  apply: 1,
  genesis: 2,
  execute: 3,
  build: 4,
  call: 5,
  estimate: 6,
  readAccount: 7,
  prove: 8,
  verifyProof: 9,
  recover: 10,
  info: 11,
  stateTest: 12,
  cache: 13,
  rangeProve: 14,
  rangeVerify: 15,
  witness: 16,
  executeStateless: 17,
  trieUpdate: 19,
} as const

export const EMPTY_ROOT = bytesOf('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
export const ZERO_HASH = new Uint8Array(32)
const ABI_VERSION = 2
const ACCOUNT_TABLE = 1
/** As in `differential`, so that its reference takes the same blocks. */
export const CHAIN_ID = 7_007
const DEPOSIT_CONTRACT = bytesOf('0x00000000219ab540356cbb839cbe05303d7705fa')
export const FLAG_ACCESS_LIST = 2
export const FLAG_UNDO = 4

export type Account = {
  readonly address: Uint8Array
  readonly nonce?: bigint
  readonly balance?: bigint
  readonly code?: Uint8Array
  readonly storage?: readonly (readonly [slot: Uint8Array, value: bigint])[]
}

export type Genesis = { readonly stateRoot: Uint8Array; readonly headerRlp: Uint8Array; readonly hash: Uint8Array }

export type Outcome = {
  readonly blockHash: Uint8Array
  readonly stateRoot: Uint8Array
  readonly gasUsed: bigint
  readonly receipts: Uint8Array
  readonly transactions: readonly { readonly success: boolean; readonly gasUsed: bigint; readonly logCount: number }[]
  readonly requests: readonly Uint8Array[]
  readonly accessList: { readonly rlp: Uint8Array; readonly hash: Uint8Array } | undefined
  readonly changes: readonly Change[]
  readonly undo: readonly Change[]
}

export type Built = Outcome & {
  readonly codes: readonly number[]
  readonly block: Uint8Array
  readonly headerRlp: Uint8Array
}

export function start(): Encoder {
  return new Encoder().u8(ABI_VERSION)
}

/** Osaka with mainnet's blob schedule. */
export function chain(encoder: Encoder): Encoder {
  return encoder.u64(CHAIN_ID).u8(0).u32(6).u32(9).u64(5_007_716).raw(DEPOSIT_CONTRACT)
}

export function encodeAccounts(encoder: Encoder, accounts: readonly Account[]): Encoder {
  encoder.u32(accounts.length)
  for (const account of accounts) {
    encoder.raw(account.address).u8(1)
    encoder.option(account.nonce, (nonce) => encoder.u64(nonce))
    encoder.option(account.balance, (balance) => encoder.u256(balance))
    encoder.option(account.code, (code) => encoder.bytes(code))
    const storage = account.storage ?? []
    encoder.u32(storage.length)
    for (const [slot, value] of storage) encoder.raw(slot).u256(value)
  }
  return encoder
}

export function applyRequest(root: Uint8Array, accounts: readonly Account[]): Uint8Array {
  return encodeAccounts(start().raw(root), accounts).finish()
}

/** The leaves that an answered APPLY has written, as an update of the trie alone. */
export function trieUpdateRequest(root: Uint8Array, changes: readonly Change[]): Uint8Array {
  const leaves = changes.filter(([key]) => key[0] === ACCOUNT_TABLE)
  const encoder = start().raw(root).u32(leaves.length)
  for (const [key, value] of leaves) {
    encoder.raw(key.subarray(1)).option(value, (bytes) => encoder.bytes(bytes))
  }
  return encoder.finish()
}

/** Writes the accounts into the core's map, on top of what is there. */
export function seed(core: Core, root: Uint8Array, accounts: readonly Account[]): Uint8Array {
  const body = core.ok(OP.apply, applyRequest(root, accounts))
  const next = body.raw(32)
  core.write(body.changes())
  return next
}

export function systemContracts(): Account[] {
  type Entry = { nonce: number; code: string; storage?: Record<string, string> }
  const file = new URL('../resources/system-contracts.json', import.meta.url)
  const entries = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Entry>
  return Object.entries(entries).map(([address, entry]) => ({
    address: bytesOf(address),
    nonce: BigInt(entry.nonce),
    code: bytesOf(entry.code),
    storage: Object.entries(entry.storage ?? {}).map(([slot, value]) => [bytesOf(slot), BigInt(value)] as const),
  }))
}

export function genesisRequest(stateRoot: Uint8Array, gasLimit: bigint): Uint8Array {
  const encoder = chain(start()).raw(stateRoot).u64(1_000).u64(gasLimit).u64(7).bytes(new Uint8Array())
  encoder.raw(new Uint8Array(20)).raw(ZERO_HASH).raw(ZERO_HASH).u64(0).u256(0n).u64(0)
  return encoder.finish()
}

export type Candidate = { readonly raw: Uint8Array; readonly sender?: Uint8Array }

export function buildRequest(
  parentHeader: Uint8Array,
  candidates: readonly Candidate[],
  options: {
    readonly flags?: number
    readonly timestamp?: number
    readonly gasLimit: bigint
    readonly gasBudget?: bigint
  },
): Uint8Array {
  const encoder = chain(start())
    .u8(options.flags ?? 0)
    .bytes(parentHeader)
    .u32(0)
  encoder
    .u64(options.timestamp ?? 1_000)
    .raw(ZERO_HASH)
    .raw(new Uint8Array(20).fill(0xfe))
    .u64(options.gasLimit)
  encoder
    .bytes(new Uint8Array())
    .raw(ZERO_HASH)
    .u32(0)
    .u64(options.gasBudget ?? 0n)
    .u32(0)
    .u32(candidates.length)
  for (const { raw, sender } of candidates) {
    encoder.option(sender, (address) => encoder.raw(address)).bytes(raw)
  }
  return encoder.finish()
}

export function executeRequest(
  parentHeader: Uint8Array,
  block: Uint8Array,
  options: { readonly flags?: number; readonly senders?: readonly Uint8Array[] } = {},
): Uint8Array {
  const senders = options.senders ?? []
  const encoder = chain(start())
    .u8(options.flags ?? 0)
    .bytes(parentHeader)
    .bytes(block)
    .u32(senders.length)
  for (const sender of senders) encoder.raw(sender)
  return encoder.u32(0).finish()
}

export type Call = {
  readonly root: Uint8Array
  readonly from: Uint8Array
  readonly to?: Uint8Array
  readonly data?: Uint8Array
  readonly value?: bigint
  readonly gas?: bigint
}

export function callRequest(call: Call): Uint8Array {
  const encoder = chain(start()).raw(call.root)
  encoder.u64(1).u64(1_000).u64(7).u64(30_000_000).raw(new Uint8Array(20)).raw(ZERO_HASH).u64(0).u32(0)
  encoder.raw(call.from)
  encoder.option(call.to, (to) => encoder.raw(to))
  encoder
    .u256(call.value ?? 0n)
    .bytes(call.data ?? new Uint8Array())
    .u64(call.gas ?? 0n)
    .u8(0)
    .u32(0)
    .u32(0)
    .u32(0)
  return encoder.finish()
}

export function decodeGenesis(body: Decoder, stateRoot: Uint8Array): Genesis {
  body.bytes()
  return { stateRoot, headerRlp: body.bytes(), hash: body.raw(32) }
}

export function decodeOutcome(body: Decoder): Outcome {
  const [blockHash, stateRoot] = [body.raw(32), body.raw(32)]
  body.raw(32)
  const gasUsed = body.u64()
  body.u64()
  body.raw(256)
  const receipts = body.bytes()
  const transactions = body.list((decoder) => {
    decoder.raw(32 + 20 + 1)
    const success = decoder.u8() === 1
    const gasUsedByTx = decoder.u64()
    decoder.raw(32)
    decoder.option((inner) => inner.raw(20))
    return { success, gasUsed: gasUsedByTx, logCount: decoder.u32() }
  })
  const requests = body.list((decoder) => decoder.bytes())
  const accessList = body.option((decoder) => ({ rlp: decoder.bytes(), hash: decoder.raw(32) }))
  const outcome = {
    blockHash,
    stateRoot,
    gasUsed,
    receipts,
    transactions,
    requests,
    accessList,
    changes: body.changes(),
    undo: body.changes(),
  }
  if (!body.atEnd) throw new Error('bytes after the outcome')
  return outcome
}

export function decodeBuilt(body: Decoder): Built {
  const codes = body.list((decoder) => decoder.u16())
  const block = body.bytes()
  const headerRlp = body.bytes()
  return { codes, block, headerRlp, ...decodeOutcome(body) }
}
