/** A finalized block decoded for JSON, each part on first use; and a small cache, as blocks never change. */
import type { TransactionOutcome } from '@cairn/ports'
import type { Hash, Height, Hex } from '@cairn/primitives'
import type { RpcBlock, RpcChain } from './backend.ts'
import type { BlockHeaderJson } from './block-header-json.ts'
import { blockHeaderJson, headerQuantity } from './block-header-json.ts'
import type { RlpTree } from './execution-rlp.ts'
import { decodeTree, treeData, treeList, typedFields } from './execution-rlp.ts'
import { quantity, quantityFromData } from './quantity.ts'
import type { ReceiptJson } from './receipt-json.ts'
import { receiptsJson } from './receipt-json.ts'
import type { TransactionJson } from './transaction-json.ts'
import { transactionJson, transactionTo } from './transaction-json.ts'

export interface BlockView {
  readonly block: RpcBlock
  readonly height: Height
  /** Hash of the Ethereum header. */
  readonly hash: Hash
  readonly header: BlockHeaderJson
  readonly outcomes: readonly TransactionOutcome[]
  /** Wei per gas. */
  readonly baseFee: bigint
  readonly gasUsed: bigint
  readonly gasLimit: bigint
  /** `eth_getBlockBy*`: with whole transactions or with their hashes. */
  blockJson(fullTransactions: boolean): Readonly<Record<string, unknown>>
  /** By position from 0; `undefined` past the end. */
  transaction(index: number): TransactionJson | undefined
  receipts(): readonly ReceiptJson[]
}

/** @throws CodedError `BLOCK_CORRUPT` */
function createBlockView(block: RpcBlock): BlockView {
  const hash = block.header.executionBlockHash
  const [headerTree, transactionTrees, , withdrawalTrees] = treeList(decodeTree(block.payload), 2)
  const header = blockHeaderJson(headerTree, hash)
  const blockNumber = quantity(block.header.height)
  const blockTimestamp = quantity(headerQuantity(header, 'timestamp'))
  const baseFee = header.baseFeePerGas === undefined ? 0n : headerQuantity(header, 'baseFeePerGas')
  const transaction = (index: number): TransactionJson | undefined => {
    const outcome = block.transactions[index]
    if (outcome === undefined) return undefined
    const transactionIndex = quantity(index)
    const { hash: transactionHash, sender, effectiveGasPrice } = outcome
    const place = { blockHash: hash, blockNumber, blockTimestamp, transactionIndex, effectiveGasPrice }
    return transactionJson({
      typed: typedFields(treeList(transactionTrees)[index]),
      hash: transactionHash,
      sender,
      place,
    })
  }
  const receipts = memo(() =>
    receiptsJson({
      blockHash: hash,
      blockNumber,
      blockTimestamp,
      receipts: decodeTree(block.receipts),
      outcomes: block.transactions,
      recipients: treeList(transactionTrees).map((item) => transactionTo(typedFields(item))),
    }),
  )
  return {
    block,
    height: block.header.height,
    hash,
    header,
    outcomes: block.transactions,
    baseFee,
    gasUsed: headerQuantity(header, 'gasUsed'),
    gasLimit: headerQuantity(header, 'gasLimit'),
    blockJson: (fullTransactions) => ({
      ...header,
      size: quantity(block.payload.length),
      transactions: block.transactions.map((outcome, index) => (fullTransactions ? transaction(index) : outcome.hash)),
      uncles: [],
      ...(withdrawalTrees === undefined ? {} : { withdrawals: treeList(withdrawalTrees).map(withdrawalJson) }),
    }),
    transaction,
    receipts,
  }
}

export interface BlockViews {
  /** `undefined`: above the head, or pruned. */
  byHeight(height: Height): Promise<BlockView | undefined>
  /** `undefined`: no finalized block has this Ethereum hash. */
  byHash(hash: Hash): Promise<BlockView | undefined>
  /** The view of a block that was just handed in by an event. */
  of(block: RpcBlock): BlockView
}

/** Keeps the `cacheMax` last used views. */
export function createBlockViews(chain: RpcChain, cacheMax: number): BlockViews {
  const views = new Map<Height, BlockView>()
  const keep = (view: BlockView): BlockView => {
    views.delete(view.height)
    views.set(view.height, view)
    const oldest = views.keys().next().value
    if (views.size > cacheMax && oldest !== undefined) views.delete(oldest)
    return view
  }
  const byHeight = async (height: Height): Promise<BlockView | undefined> => {
    if (height > chain.headHeight()) return undefined
    const cached = views.get(height)
    if (cached !== undefined) return keep(cached)
    const block = await chain.blockByHeight(height)
    return block === undefined ? undefined : keep(createBlockView(block))
  }
  return {
    byHeight,
    byHash: async (hash) => {
      const height = await chain.heightByExecutionHash(hash)
      return height === undefined ? undefined : byHeight(height)
    },
    of: (block) => views.get(block.header.height) ?? keep(createBlockView(block)),
  }
}

/** EIP-4895: `[index, validatorIndex, address, amount]`, the amount in gwei. */
function withdrawalJson(tree: RlpTree): Readonly<Record<string, Hex>> {
  const [index, validatorIndex, address, amount] = treeList(tree, 4)
  return {
    index: quantityFromData(treeData(index)),
    validatorIndex: quantityFromData(treeData(validatorIndex)),
    address: treeData(address),
    amount: quantityFromData(treeData(amount)),
  }
}

function memo<Value>(compute: () => Value): () => Value {
  let value: { readonly of: Value } | undefined
  return () => (value ??= { of: compute() }).of
}
