/** An `RpcBackend` in memory: blocks are encoded as the chain store has them, so decoding is tested too. */
import type { Certificate, ConsensusHeader, Vote } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type {
  BlockWitness,
  CallOutcome,
  CallRequest,
  Clock,
  Executor,
  Log,
  Metrics,
  Random,
  TransactionOutcome,
} from '@cairn/ports'
import { CodedError, ZERO_HASH, epoch, height, view } from '@cairn/primitives'
import type { Address, Hash, Height, Hex } from '@cairn/primitives'
import * as Rlp from 'ox/Rlp'
import type { RpcBackend, RpcBlock, RpcEvidence, SubmitOutcome } from '../src/backend.ts'
import { createRpc } from '../src/rpc.ts'
import type { Rpc } from '../src/rpc.ts'
import type { RpcLimits } from '../src/limits.ts'

interface TestLog {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Hex
}

export interface TestTransaction {
  readonly raw: Hex
  readonly sender: Address
  readonly logs?: readonly TestLog[]
  readonly contractAddress?: Address
  /** Defaults to the base fee and 2 wei. */
  readonly effectiveGasPrice?: bigint
  readonly gasUsed?: bigint
}

export const BASE_FEE = 7n
const GAS_LIMIT = 30_000_000n
export const CHAIN_ID = 4242

export interface MemoryBackend {
  readonly backend: RpcBackend
  readonly pending: Map<Hash, { readonly raw: Uint8Array; readonly sender: Address }>
  /** What the executor and the mempool answer; tests replace members. */
  readonly answers: {
    account: Awaited<ReturnType<Executor['account']>>
    code: Uint8Array
    call: (request: CallRequest, options?: { readonly gasMax?: bigint; readonly at?: Height }) => Promise<CallOutcome>
    /** State below this height is pruned. */
    oldestHeight: number
    estimate: Awaited<ReturnType<Executor['estimateGas']>>
    proof: () => ReturnType<Executor['proof']>
    witness: BlockWitness
    submit: (raw: Uint8Array) => Promise<SubmitOutcome>
    nextNonce: bigint
    syncing: boolean
  }
  /** Appends a finalized block and tells the listeners. */
  mine(transactions?: readonly TestTransaction[]): RpcBlock
  announcePending(hash: Hash): void
  listenerCount(): number
}

export function createMemoryBackend(): MemoryBackend {
  const blocks: RpcBlock[] = [encodeBlock(0, ZERO_HASH, [])]
  const blockListeners = new Set<(block: RpcBlock) => void>()
  const pendingListeners = new Set<(hash: Hash) => void>()
  const pending: MemoryBackend['pending'] = new Map()
  const answers: MemoryBackend['answers'] = {
    account: { nonce: 3n, balance: 10n ** 18n, codeHash: ZERO_HASH, storageRoot: ZERO_HASH },
    code: new Uint8Array([0x60, 0x00]),
    call: async () => ({ status: 'success', output: new Uint8Array([0xab]), gasUsed: 21_000n }),
    oldestHeight: 0,
    estimate: { gas: 21_000n },
    proof: async () => ({
      address: testAddress(1),
      account: answers.account,
      accountProof: [new Uint8Array([1])],
      storageProof: [],
    }),
    witness: { state: [new Uint8Array([1])], codes: [new Uint8Array([2])], oldestHeaderHeight: height(1) },
    submit: async (raw) => ({ accepted: true, hash: keccak256(raw) }),
    nextNonce: 9n,
    syncing: false,
  }
  const head = (): RpcBlock => blocks.at(-1) as RpcBlock
  const assertKept = (at: Height | undefined): void => {
    if (at === undefined || at >= answers.oldestHeight) return
    throw new CodedError('STATE_PRUNED', 'pruned', { data: { height: at, oldestHeight: answers.oldestHeight } })
  }
  const backend: RpcBackend = {
    chainId: CHAIN_ID,
    clientVersion: 'cairn/v0.1.0/test',
    state: {
      // An older balance is the height's own.
      account: async (_address, at) => {
        assertKept(at)
        return at === undefined || at === head().header.height
          ? answers.account
          : { ...answers.account, balance: BigInt(at), nonce: BigInt(at) }
      },
      code: async (_address, at) => {
        assertKept(at)
        return answers.code
      },
      storage: async (_address, slot, at) => {
        assertKept(at)
        return slot
      },
      call: async (request, options) => {
        assertKept(options?.at)
        return answers.call(request, options)
      },
      estimateGas: async (_request, options) => {
        assertKept(options?.at)
        return answers.estimate
      },
      proof: async (_address, _slots, at) => {
        assertKept(at)
        return answers.proof()
      },
      witness: async (_payload, at) => {
        assertKept(height(at - 1))
        return answers.witness
      },
    },
    chain: {
      headHeight: () => head().header.height,
      blockByHeight: async (wanted) => blocks[wanted],
      heightByExecutionHash: async (hash) =>
        blocks.find((block) => block.header.executionBlockHash === hash)?.header.height,
      transactionLocation: async (hash) => {
        for (const block of blocks) {
          const index = block.transactions.findIndex((outcome) => outcome.hash === hash)
          if (index >= 0) return { height: block.header.height, index }
        }
        return undefined
      },
      logHeights: async ({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, index) => height(first + index)),
      evidence: async (from) => EVIDENCE.filter((each) => each.height >= from),
      certificateByHeight: async (wanted) => (wanted === 0 ? undefined : certificate(blocks[wanted])),
    },
    answer: async (protocol, request) =>
      request.length === 0 ? { refused: 'DECODE_EMPTY' } : Uint8Array.of(protocol.length, ...request),
    mempool: {
      submit: (raw) => answers.submit(raw),
      nextNonce: async () => answers.nextNonce,
      transaction: (hash) => pending.get(hash),
      counts: () => ({ pending: pending.size, queued: 0 }),
    },
    events: {
      onBlock: (listener) => listen(blockListeners, listener),
      onPendingTransaction: (listener) => listen(pendingListeners, listener),
    },
    status: () => ({
      genesisHash: blocks[0]?.hash ?? ZERO_HASH,
      peerId: '12D3KooWtest',
      validatorIndex: 1,
      isAmnesiac: false,
      epoch: epoch(0),
      view: view(head().header.height + 1),
      height: head().header.height,
      blockHash: head().hash,
      stateRoot: head().header.stateRoot,
      finalityMs: { count: 2, p50: 100, p99: 150 },
      transactionFinalityMs: { count: 0, p50: 0, p99: 0 },
      transactionCount: 0,
      peers: [{ peerId: '12D3KooWother', direction: 'inbound', transport: 'quic-v1', score: 0, gossiping: true }],
      syncing: answers.syncing,
      syncTargetHeight: answers.syncing ? height(99) : undefined,
    }),
    validators: () => [
      { index: 0, publicKey: new Uint8Array(48), weight: 1n, feeRecipient: testAddress(9), peerId: '' },
    ],
  }
  return {
    backend,
    pending,
    answers,
    mine: (transactions = []) => {
      const block = encodeBlock(head().header.height + 1, head().header.executionBlockHash, transactions)
      blocks.push(block)
      for (const listener of blockListeners) listener(block)
      return block
    },
    announcePending: (hash) => {
      for (const listener of pendingListeners) listener(hash)
    },
    listenerCount: () => blockListeners.size + pendingListeners.size,
  }
}

/** A clock that stands until it is moved, random bytes that count, silent log and metrics. */
export function createTestRpc(memory: MemoryBackend, limits: Partial<RpcLimits> = {}) {
  let nowMs = 1_000
  let count = 0
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const random: Random = { bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(++count) }
  const errors: string[] = []
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message) => errors.push(message),
    child: () => log,
  }
  const counted: string[] = []
  const metrics: Metrics = {
    count: (name, labels) => counted.push(`${name} ${JSON.stringify(labels)}`),
    gauge: () => {},
    observe: () => {},
  }
  const rpc: Rpc = createRpc({ limits }, { backend: memory.backend, clock, random, log, metrics })
  return {
    rpc,
    errors,
    counted,
    advance: (ms: number) => (nowMs += ms),
    /** The response object of one call. */
    call: async (method: string, ...params: readonly unknown[]): Promise<TestResponse> =>
      JSON.parse(
        (await rpc.handle(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) ?? 'null',
      ) as TestResponse,
  }
}

export interface TestResponse {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** One offence, in block 2. */
const EVIDENCE: readonly RpcEvidence[] = [
  {
    height: height(2),
    hash: testHash(77),
    evidence: {
      type: 'votes',
      first: { ...offence('notarize'), hash: testHash(1) },
      second: { ...offence('notarize'), hash: testHash(2) },
    },
    offenders: [{ index: 3, publicKey: new Uint8Array(48).fill(3) }],
  },
]

function offence(kind: 'notarize'): Omit<Vote, 'hash'> {
  return { kind, epoch: epoch(0), view: view(9), validator: 3, signature: new Uint8Array(96).fill(4) }
}

export function testAddress(seed: number): Address {
  return `0x${seed.toString(16).padStart(40, '0')}` as Address
}

export function testHash(seed: number): Hash {
  return `0x${seed.toString(16).padStart(64, '0')}` as Hash
}

function listen<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function encodeBlock(number: number, parentHash: Hash, transactions: readonly TestTransaction[]): RpcBlock {
  const gasUsed = transactions.reduce((sum, transaction) => sum + (transaction.gasUsed ?? 21_000n), 0n)
  const header = executionHeader(number, parentHash, gasUsed)
  const executionBlockHash = keccak256(Rlp.fromHex(header, { as: 'Bytes' }))
  let cumulative = 0n
  const receipts = transactions.map((transaction) => {
    cumulative += transaction.gasUsed ?? 21_000n
    const logs = (transaction.logs ?? []).map((log) => [log.address, [...log.topics], log.data] as const)
    return typed(transaction.raw, Rlp.fromHex(['0x01', minimal(cumulative), BLOOM, logs as never]))
  })
  const outcomes = transactions.map((transaction): TransactionOutcome => ({
    hash: keccak256(bytes(transaction.raw)),
    sender: transaction.sender,
    gasUsed: transaction.gasUsed ?? 21_000n,
    effectiveGasPrice: transaction.effectiveGasPrice ?? BASE_FEE + 2n,
    contractAddress: transaction.contractAddress,
  }))
  const consensusHeader: ConsensusHeader = {
    chainId: CHAIN_ID,
    epoch: epoch(0),
    view: view(number),
    parentView: view(Math.max(0, number - 1)),
    height: height(number),
    parentHash,
    timeMs: timestampOf(number) * 1_000,
    proposer: 0,
    executionBlockHash,
    stateRoot: testHash(number),
    accessListHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
    randaoReveal: new Uint8Array(96),
    validatorSetHash: ZERO_HASH,
    nextValidatorSetHash: ZERO_HASH,
  }
  const body = transactions.map((transaction) =>
    isLegacy(transaction.raw) ? Rlp.toHex(transaction.raw) : transaction.raw,
  )
  return {
    header: consensusHeader,
    hash: keccak256(new Uint8Array([number])),
    payload: Rlp.fromHex([header, body as never, [], []], { as: 'Bytes' }),
    accessList: Rlp.fromHex(ACCESS_LIST as never, { as: 'Bytes' }),
    receipts: Rlp.fromHex(receipts as never, { as: 'Bytes' }),
    transactions: outcomes,
  }
}

/** One account with a changed and a read slot. */
const ACCESS_LIST = [[testAddress(5), [['0x07', [['0x01', '0x02']]]], ['0x']]]

const BLOOM: Hex = `0x${'00'.repeat(256)}`

/** Two blocks share a second: sub-second blocks are legal here. */
export function timestampOf(number: number): number {
  return 1_700_000_000 + (number >> 1)
}

function executionHeader(number: number, parentHash: Hash, gasUsed: bigint): Hex[] {
  return [
    parentHash,
    testHash(1),
    testAddress(2),
    testHash(number),
    testHash(4),
    testHash(5),
    BLOOM,
    '0x',
    minimal(BigInt(number)),
    minimal(GAS_LIMIT),
    minimal(gasUsed),
    minimal(BigInt(timestampOf(number))),
    '0x',
    testHash(6),
    '0x0000000000000000',
    minimal(BASE_FEE),
    testHash(7),
    '0x',
    '0x',
    testHash(8),
    testHash(9),
  ]
}

function certificate(block: RpcBlock | undefined): Certificate | undefined {
  if (block === undefined) return undefined
  const { header, hash } = block
  return {
    kind: 'finalize',
    epoch: header.epoch,
    view: header.view,
    hash,
    signers: new Uint8Array([0b1011]),
    signature: new Uint8Array(96),
  }
}

function isLegacy(raw: Hex): boolean {
  return Number.parseInt(raw.slice(2, 4), 16) >= 0xc0
}

/** EIP-2718: in a list, a legacy receipt is a list and a typed one is a byte string. */
function typed(raw: Hex, receipt: Hex): unknown {
  return isLegacy(raw) ? Rlp.toHex(receipt) : `0x${raw.slice(2, 4)}${receipt.slice(2)}`
}

function minimal(value: bigint): Hex {
  if (value === 0n) return '0x'
  const digits = value.toString(16)
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`
}

function bytes(hex: Hex): Uint8Array {
  return Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
