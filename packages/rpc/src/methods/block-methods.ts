/** Blocks, and what is counted in them. */
import * as z from 'zod'
import { findBlock } from '../block-reference.ts'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import { blockNumberParam, blockParam, hashParam, indexParam } from '../param-schema.ts'
import { quantity } from '../quantity.ts'

export const blockMethods: readonly RpcMethod[] = [
  defineMethod('eth_blockNumber', 'Height of the last finalized block.', [], (_params, { backend }) =>
    quantity(backend.chain.headHeight()),
  ),
  defineMethod(
    'eth_getBlockByHash',
    'Block by its Ethereum hash, with whole transactions or their hashes; null when unknown.',
    [hashParam, z.boolean()],
    async ([hash, full], context) => (await findBlock({ kind: 'hash', hash }, context))?.blockJson(full) ?? null,
  ),
  defineMethod(
    'eth_getBlockByNumber',
    'Block by height or tag, with whole transactions or their hashes; null above the head.',
    [blockNumberParam, z.boolean()],
    async ([reference, full], context) => (await findBlock(reference, context))?.blockJson(full) ?? null,
  ),
  defineMethod(
    'eth_getBlockTransactionCountByHash',
    'Number of transactions in a block; null when unknown.',
    [hashParam],
    async ([hash], context) => countOf((await findBlock({ kind: 'hash', hash }, context))?.outcomes.length),
  ),
  defineMethod(
    'eth_getBlockTransactionCountByNumber',
    'Number of transactions in a block; null above the head.',
    [blockNumberParam],
    async ([reference], context) => countOf((await findBlock(reference, context))?.outcomes.length),
  ),
  defineMethod(
    'eth_getUncleCountByBlockHash',
    'Always zero: there are no ommers; null when the block is unknown.',
    [hashParam],
    async ([hash], context) => ((await findBlock({ kind: 'hash', hash }, context)) === undefined ? null : '0x0'),
  ),
  defineMethod(
    'eth_getUncleCountByBlockNumber',
    'Always zero: there are no ommers; null above the head.',
    [blockNumberParam],
    async ([reference], context) => ((await findBlock(reference, context)) === undefined ? null : '0x0'),
  ),
  defineMethod(
    'eth_getBlockReceipts',
    'All receipts of a block; null when unknown.',
    [blockParam],
    async ([reference], context) => (await findBlock(reference, context))?.receipts() ?? null,
  ),
  defineMethod(
    'eth_getTransactionByBlockHashAndIndex',
    'A transaction by its place; null when there is none.',
    [hashParam, indexParam],
    async ([hash, index], context) => (await findBlock({ kind: 'hash', hash }, context))?.transaction(index) ?? null,
  ),
  defineMethod(
    'eth_getTransactionByBlockNumberAndIndex',
    'A transaction by its place; null when there is none.',
    [blockNumberParam, indexParam],
    async ([reference, index], context) => (await findBlock(reference, context))?.transaction(index) ?? null,
  ),
]

function countOf(count: number | undefined): string | null {
  return count === undefined ? null : quantity(count)
}
