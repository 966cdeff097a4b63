/**
 * A chain of well-formed blocks without consensus or execution behind it, for tests of stores and of catch-up:
 * hashes, parents, payloads and transaction roots are right, signatures are stand-ins that `verifyFinalization` knows.
 */
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT, blockFromParts, orderedTrieRoot } from '@cairn/chain'
import type { Block, Certificate } from '@cairn/chain'
import { keccak256, keccak256Bytes } from '@cairn/crypto'
import type { CommittedExecution, TransactionOutcome } from '@cairn/ports'
import {
  ACCEPT,
  ZERO_HASH,
  addressFromBytes,
  bytesFromHex,
  bytesFromUint64,
  concatBytes,
  encodeRlp,
  epoch,
  equalBytes,
  height,
  hexFromBytes,
  reject,
  rlpUint,
  view,
} from '@cairn/primitives'
import type { Address, Hash, Verdict } from '@cairn/primitives'

export interface SampleBlock {
  readonly block: Block
  readonly execution: CommittedExecution
  /** A finalization of this block. */
  readonly certificate: Certificate
}

export interface SampleChain {
  readonly genesis: Block
  /** Heights 1, 2, … */
  readonly blocks: readonly SampleBlock[]
}

export interface SampleChainOptions {
  readonly length: number
  /** Chains of different seeds share nothing, not even genesis. */
  readonly seed?: number
  /** Bytes that each block's transaction is filled up to. */
  readonly transactionSizeBytes?: number
}

/** Emits every log of blocks whose height it divides: `sampleAddress(3)` in blocks 3, 6, 9, … */
export function sampleAddress(divisor: number): Address {
  return addressFromBytes(keccak256Bytes(bytesFromUint64(divisor)).subarray(12))
}

/** Topic 0 of those logs; topic 1 is the same of the log's height. */
export function sampleTopic(value: number): Hash {
  return keccak256(bytesFromUint64(1_000_000 + value))
}

/** Each block has one transaction, and a log of each of the addresses 1, 2, 3, 5 whose divisor fits. */
export function createSampleChain(options: SampleChainOptions): SampleChain {
  const seed = options.seed ?? 0
  const genesis = createBlock(undefined, seed, 0).block
  const blocks: SampleBlock[] = []
  for (let at = 1; at <= options.length; at++) {
    blocks.push(createBlock(blocks.at(-1)?.block ?? genesis, seed, options.transactionSizeBytes ?? 0))
  }
  return { genesis, blocks }
}

/** Accepts exactly the finalizations that `createSampleChain` makes. */
export function verifySampleFinalization(certificate: Certificate): Verdict {
  const isGood = certificate.kind === 'finalize' && equalBytes(certificate.signature, signatureFor(certificate.hash))
  return isGood ? ACCEPT : reject('CERTIFICATE_BAD_SIGNATURE')
}

function createBlock(parent: Block | undefined, seed: number, transactionSizeBytes: number): SampleBlock {
  const at = height(parent === undefined ? 0 : parent.header.height + 1)
  const filler = new Uint8Array(transactionSizeBytes).fill(at)
  const transaction = concatBytes(Uint8Array.of(2), encodeRlp([rlpUint(seed), rlpUint(at), filler]))
  const transactions = at === 0 ? [] : [transaction]
  const executionHeader = encodeExecutionHeader(parent, at, transactions)
  const payload = encodeRlp([executionHeader, transactions, [], []])
  const accessList = encodeRlp([])
  const block = blockFromParts(
    {
      chainId: 1,
      epoch: epoch(0),
      view: view(at),
      parentView: view(Math.max(0, at - 1)),
      height: at,
      parentHash: parent?.hash ?? keccak256(bytesFromUint64(seed)),
      timeMs: 1_700_000_000_000 + at,
      proposer: 0,
      executionBlockHash: keccak256(encodeRlp(executionHeader)),
      stateRoot: EMPTY_TRIE_ROOT,
      accessListHash: keccak256(accessList),
      evidenceRoot: EMPTY_LIST_HASH,
      randaoReveal: new Uint8Array(at === 0 ? 0 : 96),
      validatorSetHash: EMPTY_LIST_HASH,
      nextValidatorSetHash: ZERO_HASH,
    },
    payload,
    accessList,
  )
  return { block, execution: executionFor(block, transactions), certificate: certificateFor(block) }
}

/** The 21 fields of Osaka. */
function encodeExecutionHeader(
  parent: Block | undefined,
  at: number,
  transactions: readonly Uint8Array[],
): Uint8Array[] {
  const zero = bytesFromHex(ZERO_HASH)
  const empty = bytesFromHex(EMPTY_TRIE_ROOT)
  return [
    bytesFromHex(parent?.header.executionBlockHash ?? ZERO_HASH),
    bytesFromHex(EMPTY_LIST_HASH),
    new Uint8Array(20),
    empty,
    bytesFromHex(orderedTrieRoot(transactions)),
    empty,
    new Uint8Array(256),
    rlpUint(0),
    rlpUint(at),
    rlpUint(30_000_000),
    rlpUint(21_000 * transactions.length),
    rlpUint(1_700_000_000),
    new Uint8Array(0),
    zero,
    new Uint8Array(8),
    rlpUint(7),
    empty,
    rlpUint(0),
    rlpUint(0),
    bytesFromHex(parent?.hash ?? ZERO_HASH),
    zero,
  ]
}

function executionFor(block: Block, transactions: readonly Uint8Array[]): CommittedExecution {
  const { header } = block
  const divisors = header.height === 0 ? [] : [1, 2, 3, 5].filter((divisor) => header.height % divisor === 0)
  const logs = divisors.map((divisor) => [
    bytesFromHex(sampleAddress(divisor)),
    [bytesFromHex(sampleTopic(divisor)), bytesFromHex(sampleTopic(header.height))],
    Uint8Array.of(divisor),
  ])
  const receipts = transactions.map(() =>
    concatBytes(Uint8Array.of(2), encodeRlp([rlpUint(1), rlpUint(21_000), new Uint8Array(256), logs])),
  )
  const outcomes = transactions.map((transaction, index): TransactionOutcome => ({
    hash: keccak256(transaction),
    sender: sampleAddress(100 + index),
    gasUsed: 21_000n,
    effectiveGasPrice: 7n,
    contractAddress: header.height % 2 === 0 ? sampleAddress(200) : undefined,
  }))
  return {
    blockHash: block.hash,
    height: header.height,
    executionBlockHash: header.executionBlockHash,
    stateRoot: header.stateRoot,
    accessListHash: header.accessListHash,
    gasUsed: 21_000n * BigInt(transactions.length),
    executionHeader: new Uint8Array(0),
    receipts: encodeRlp(receipts),
    transactions: outcomes,
  }
}

function certificateFor(block: Block): Certificate {
  const { header, hash } = block
  return {
    kind: 'finalize',
    epoch: header.epoch,
    view: view(Math.max(1, header.view)),
    hash,
    signers: Uint8Array.of(7),
    signature: signatureFor(hash),
  }
}

function signatureFor(hash: Hash): Uint8Array {
  const half = keccak256Bytes(bytesFromHex(hash))
  return bytesFromHex(`0x${hexFromBytes(half).slice(2).repeat(3)}`)
}
