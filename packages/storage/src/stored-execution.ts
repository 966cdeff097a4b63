/**
 * What the chain store keeps of a block's execution, and the log-index keys that follow from its receipts.
 * Stored as [receipts (byte string holding the RLP list), [[hash, sender, gas used, effective price, [] | [contract]], …]].
 */
import type { TransactionOutcome } from '@cairn/ports'
import { assert, bytesFromHex, decodeRlp, decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Address, Decoded, Hash, RlpReader } from '@cairn/primitives'
import { logAddressPrefix, logTopicPrefix } from './key-layout.ts'
import { logsPerReceiptMax, outcomesMax, receiptsMaxBytes } from './limits.ts'

export interface StoredExecution {
  /** RLP list of EIP-2718 receipts, as in `CommittedExecution`. */
  readonly receipts: Uint8Array
  /** One per transaction, in block order. */
  readonly transactions: readonly TransactionOutcome[]
}

export function encodeStoredExecution(execution: StoredExecution): Uint8Array {
  const outcomes = execution.transactions.map((outcome) => [
    bytesFromHex(outcome.hash),
    bytesFromHex(outcome.sender),
    rlpUint(outcome.gasUsed),
    rlpUint(outcome.effectiveGasPrice),
    outcome.contractAddress === undefined ? [] : [bytesFromHex(outcome.contractAddress)],
  ])
  return encodeRlp([execution.receipts, outcomes])
}

export function decodeStoredExecution(bytes: Uint8Array): Decoded<StoredExecution> {
  return decodeRlpList(bytes, 2 * receiptsMaxBytes, (fields) => {
    const receipts = fields.bytes(receiptsMaxBytes)
    const transactions = fields.listOf(outcomesMax, readOutcome)
    return { receipts, transactions }
  })
}

/** The distinct log-index prefixes of a block: one per address, one per topic at each position. */
export function logIndexPrefixes(receipts: Uint8Array): readonly Uint8Array[] {
  const decoded = decodeRlp(receipts, receiptsMaxBytes, (item) => item.listOf(outcomesMax, readReceiptLogs).flat())
  assert(decoded.ok, 'the executor hands over well-formed receipts')
  const addresses = new Set<Address>()
  const topics = Array.from({ length: 4 }, () => new Set<Hash>())
  for (const log of decoded.value) {
    addresses.add(log.address)
    for (const [position, topic] of log.topics.entries()) topics[position]?.add(topic)
  }
  const topicPrefixes = topics.flatMap((set, position) => [...set].map((topic) => logTopicPrefix(position, topic)))
  return [...[...addresses].map(logAddressPrefix), ...topicPrefixes]
}

interface LogSubject {
  readonly address: Address
  readonly topics: readonly Hash[]
}

/** A legacy receipt is a list, a typed one a byte string of type and list (EIP-2718). */
function readReceiptLogs(items: RlpReader): readonly LogSubject[] {
  if (items.isNextList) return readReceipt(items)
  const typed = items.bytes(receiptsMaxBytes)
  const decoded = decodeRlp(typed.subarray(1), receiptsMaxBytes, readReceipt)
  assert(decoded.ok, 'the executor hands over well-formed receipts')
  return decoded.value
}

/** [status, cumulative gas used, bloom, [[address, [topic, …], data], …]] */
function readReceipt(item: RlpReader): readonly LogSubject[] {
  const fields = item.list()
  fields.bytes(32)
  fields.bytes(32)
  fields.fixed(256)
  const logs = fields.listOf(logsPerReceiptMax, (items) => {
    const log = items.list()
    const subject = { address: log.address(), topics: log.listOf(4, (topic) => topic.hash()) }
    log.bytes(receiptsMaxBytes)
    log.end()
    return subject
  })
  fields.end()
  return logs
}

function readOutcome(items: RlpReader): TransactionOutcome {
  const fields = items.list()
  const outcome = {
    hash: fields.hash(),
    sender: fields.address(),
    gasUsed: fields.bigint(),
    effectiveGasPrice: fields.bigint(),
    contractAddress: fields.optional((item) => item.address()),
  }
  fields.end()
  return outcome
}
