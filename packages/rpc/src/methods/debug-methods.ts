/** What stateless clients and provers ask for: the form of execution-apis and reth, byte strings as hex. */
import { CodedError, height as heightFrom } from '@cairn/primitives'
import type { Height, Hex } from '@cairn/primitives'
import { hexFromBytes } from '@cairn/primitives'
import type { BlockView } from '../block-view.ts'
import { historicalStateError, requireBlock } from '../block-reference.ts'
import { decodeTree, executionHeaderRlp, treeData, treeList } from '../execution-rlp.ts'
import { JsonRpcError, RPC_CODE, limitExceeded } from '../json-rpc-error.ts'
import { defineMethod } from '../method.ts'
import type { RpcContext, RpcMethod } from '../method.ts'
import { blockParam } from '../param-schema.ts'

export const debugMethods: readonly RpcMethod[] = [
  defineMethod('debug_getRawHeader', 'RLP of the Ethereum header.', [blockParam], async ([reference], context) =>
    executionHeaderRlp((await requireBlock(reference, context)).block.payload),
  ),
  defineMethod('debug_getRawBlock', 'RLP of the Ethereum block.', [blockParam], async ([reference], context) =>
    hexFromBytes((await requireBlock(reference, context)).block.payload),
  ),
  defineMethod(
    'debug_executionWitness',
    'Trie nodes, codes, keys and headers with which a block executes without a state.',
    [blockParam],
    async ([reference], context) => {
      const view = await requireBlock(reference, context)
      const { state, codes, oldestHeaderHeight } = await context.witnessGate.run(() => witnessOf(view, context))
      return {
        state: state.map(hexFromBytes),
        codes: codes.map(hexFromBytes),
        keys: keysOf(view.block.accessList),
        headers: await headersBefore(view.height, oldestHeaderHeight, context),
      }
    },
  ),
]

/** @throws JsonRpcError `historical state not available`, genesis, a witness above the limit */
async function witnessOf({ block, height }: BlockView, context: RpcContext) {
  if (height === 0) throw new JsonRpcError(RPC_CODE.invalidInput, 'the genesis block has no witness')
  try {
    return await context.backend.state.witness(block.payload, height)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    // Its parent's state is what is missing.
    if (error.code === 'STATE_PRUNED') throw historicalStateError(heightFrom(height - 1), error, context)
    if (error.code === 'WITNESS_TOO_LARGE') throw limitExceeded('witness size', error.message)
    throw error
  }
}

/** Addresses (20 bytes) and slots (32 bytes) that the block touched, each once: its EIP-7928 list. */
function keysOf(accessList: Uint8Array): readonly Hex[] {
  const keys = new Set<Hex>()
  for (const account of treeList(decodeTree(accessList))) {
    const [address, changes, reads] = treeList(account, 3)
    keys.add(treeData(address))
    for (const change of treeList(changes)) keys.add(slotOf(treeData(treeList(change, 1)[0])))
    for (const read of treeList(reads)) keys.add(slotOf(treeData(read)))
  }
  return [...keys]
}

/** Ascending; the last one is the parent's. */
async function headersBefore(height: Height, oldest: Height, context: RpcContext): Promise<readonly Hex[]> {
  const headers: Hex[] = []
  for (let at: number = oldest; at < height; at++) {
    const block = await context.backend.chain.blockByHeight(heightFrom(at))
    if (block === undefined) throw new JsonRpcError(RPC_CODE.resourceNotFound, `the header of block ${at} is pruned`)
    headers.push(executionHeaderRlp(block.payload))
  }
  return headers
}

function slotOf(minimal: Hex): Hex {
  return `0x${minimal.slice(2).padStart(64, '0')}`
}
