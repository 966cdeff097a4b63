/**
 * An executor over a sample chain: it «executes» by looking up, and knows one account per sender. Only what the
 * node's parts call is there.
 */
import type { Block } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { AccountState, CommittedExecution, DecodedTransaction, Executor } from '@cairn/ports'
import {
  ACCEPT,
  type Address,
  type Hash,
  ZERO_HASH,
  assert,
  bytesFromUint64,
  concatBytes,
  decodeRlp,
  ignore,
  reject,
} from '@cairn/primitives'
import { type SampleChain, sampleAddress } from '@cairn/testing/contracts'

export interface SampleExecutor extends Executor {
  /** Accounts by sender; absent ones are rich and new. */
  readonly accountsBySender: Map<Address, AccountState>
  /** Verdicts of `execute` that are not what the chain says. */
  readonly refused: Set<Hash>
  /** `execute 3`, `commit 3`, in their order. */
  readonly calls: string[]
  /** Puts the head to a height, as after a restart: nothing above it is executed. */
  rewind(height: number): void
}

export function createSampleExecutor(chain: SampleChain, calls: string[] = []): SampleExecutor {
  const executions = new Map<Hash, CommittedExecution>()
  for (const { block, execution } of chain.blocks) {
    executions.set(block.hash, { ...execution, executionHeader: executionHeaderOf(block) })
  }
  const genesis = executionOfGenesis(chain.genesis)
  const executed = new Set<Hash>()
  const accountsBySender = new Map<Address, AccountState>()
  const refused = new Set<Hash>()
  let head = genesis
  const accountOf = (address: Address): AccountState => accountsBySender.get(address) ?? RICH
  const known = (hash: Hash): CommittedExecution => {
    const execution = executions.get(hash)
    assert(execution !== undefined && executed.has(hash), 'executed before')
    return execution
  }
  const parts = {
    head: () => head,
    has: (hash: Hash) => executed.has(hash) || head.blockHash === hash,
    execute: async ({ blockHash, parentHash, height }: Parameters<Executor['execute']>[0]) => {
      calls.push(`execute ${height}`)
      if (refused.has(blockHash) || !executions.has(blockHash)) return reject('STATE_ROOT_MISMATCH')
      if (parentHash !== head.blockHash && !executed.has(parentHash)) return ignore('UNKNOWN_PARENT')
      executed.add(blockHash)
      return ACCEPT
    },
    outcome: async (hash: Hash) => known(hash),
    commit: async (hash: Hash) => {
      head = known(hash)
      calls.push(`commit ${head.height}`)
      return head
    },
    account: async (address: Address) => accountOf(address),
    accounts: async (addresses: readonly Address[]) => addresses.map(accountOf),
    decodeTransactions: async (raw: readonly Uint8Array[]) => raw.map(decodeSampleTransaction),
  } satisfies Partial<Executor>
  return Object.assign(parts as unknown as Executor, {
    accountsBySender,
    refused,
    calls,
    rewind: (height: number) => {
      const block = chain.blocks[height - 1]?.block
      head = block === undefined ? genesis : (executions.get(block.hash) ?? genesis)
      executed.clear()
    },
  })
}

export const RICH: AccountState = { nonce: 0n, balance: 10n ** 30n, codeHash: ZERO_HASH, storageRoot: ZERO_HASH }

export interface SampleTransaction {
  readonly raw: Uint8Array
  readonly hash: Hash
}

/** 0x7f, sender number, nonce, price, then filler. Anything else does not decode. */
export function sampleTransaction(sender: number, nonce: number, price = 100, sizeBytes = 110): SampleTransaction {
  const filler = new Uint8Array(Math.max(0, sizeBytes - 25))
  const words = [sender, nonce, price].map((value) => bytesFromUint64(value))
  const raw = concatBytes(Uint8Array.of(0x7f), ...words, filler)
  return { raw, hash: keccak256(raw) }
}

function decodeSampleTransaction(raw: Uint8Array): DecodedTransaction {
  if (raw[0] !== 0x7f || raw.length < 25) return { valid: false, code: 'MALFORMED', message: 'not a transaction' }
  const view = new DataView(raw.buffer, raw.byteOffset)
  const [sender, nonce, price] = [1, 9, 17].map((offset) => view.getBigUint64(offset)) as [bigint, bigint, bigint]
  return {
    valid: true,
    hash: keccak256(raw),
    type: 2,
    sender: sampleAddress(Number(sender)),
    nonce,
    gasLimit: 21_000n,
    maxFeePerGas: price,
    maxPriorityFeePerGas: price,
    value: 0n,
    to: sampleAddress(1),
    sizeBytes: raw.length,
    blobCount: 0,
  }
}

function executionOfGenesis(genesis: Block): CommittedExecution {
  const { header } = genesis
  return {
    blockHash: genesis.hash,
    height: header.height,
    executionBlockHash: header.executionBlockHash,
    stateRoot: header.stateRoot,
    accessListHash: header.accessListHash,
    gasUsed: 0n,
    executionHeader: executionHeaderOf(genesis),
    receipts: Uint8Array.of(0xc0),
    transactions: [],
  }
}

/** RLP of the Ethereum header: the first item of the payload. */
export function executionHeaderOf(block: Block): Uint8Array {
  const decoded = decodeRlp(block.payload, block.payload.length, (item) => {
    const fields = item.list()
    const header = fields.raw().bytes
    while (!fields.isAtEnd) fields.raw()
    return header
  })
  assert(decoded.ok, 'a sample block has a payload')
  return decoded.value
}
