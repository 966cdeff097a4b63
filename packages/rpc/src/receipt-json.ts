/** Receipts and logs as JSON, from the RLP receipts of a block and the outcomes stored beside them. */
import type { TransactionOutcome } from '@cairn/ports'
import type { Address, Hash, Hex } from '@cairn/primitives'
import type { RlpTree } from './execution-rlp.ts'
import { treeData, treeList, typedFields } from './execution-rlp.ts'
import { quantity, quantityFromData } from './quantity.ts'

/** One log; `address` and `topics` are lower case, so filters compare strings. */
export interface LogJson {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Hex
  readonly blockNumber: Hex
  readonly transactionHash: Hash
  readonly transactionIndex: Hex
  readonly blockHash: Hash
  readonly blockTimestamp: Hex
  /** Position among all logs of the block. */
  readonly logIndex: Hex
  /** Always false: a finalized block stays. */
  readonly removed: false
}

export type ReceiptJson = Readonly<Record<string, unknown>> & { readonly logs: readonly LogJson[] }

export interface ReceiptsSource {
  readonly blockHash: Hash
  readonly blockNumber: Hex
  readonly blockTimestamp: Hex
  /** Decoded RLP list of receipts. */
  readonly receipts: RlpTree
  readonly outcomes: readonly TransactionOutcome[]
  /** `to` of each transaction, same order. */
  readonly recipients: readonly (Hex | null)[]
}

/** All receipts of a block, in order. @throws CodedError `BLOCK_CORRUPT` */
export function receiptsJson(source: ReceiptsSource): readonly ReceiptJson[] {
  const items = treeList(source.receipts, source.outcomes.length)
  let logIndex = 0
  return source.outcomes.map((outcome, index) => {
    const { type, fields } = typedFields(items[index])
    const place = {
      transactionHash: outcome.hash,
      transactionIndex: quantity(index),
      blockHash: source.blockHash,
      blockNumber: source.blockNumber,
    }
    const logs = treeList(fields[3]).map((log) => logJson(log, { ...place, source, logIndex: logIndex++ }))
    return {
      type: quantity(type),
      status: quantityFromData(treeData(fields[0])),
      cumulativeGasUsed: quantityFromData(treeData(fields[1])),
      logs,
      logsBloom: treeData(fields[2]),
      ...place,
      from: outcome.sender,
      to: source.recipients[index] ?? null,
      contractAddress: outcome.contractAddress ?? null,
      gasUsed: quantity(outcome.gasUsed),
      effectiveGasPrice: quantity(outcome.effectiveGasPrice),
    }
  })
}

interface LogPlace {
  readonly transactionHash: Hash
  readonly transactionIndex: Hex
  readonly logIndex: number
  readonly source: ReceiptsSource
}

/** `[address, topics, data]` */
function logJson(log: RlpTree, place: LogPlace): LogJson {
  const [address, topics, data] = treeList(log, 3)
  return {
    address: treeData(address) as Address,
    topics: treeList(topics) as readonly Hash[],
    data: treeData(data),
    blockNumber: place.source.blockNumber,
    transactionHash: place.transactionHash,
    transactionIndex: place.transactionIndex,
    blockHash: place.source.blockHash,
    blockTimestamp: place.source.blockTimestamp,
    logIndex: quantity(place.logIndex),
    removed: false,
  }
}
