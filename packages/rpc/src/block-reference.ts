/** From what a caller names to a block, and to a state that is still kept. */
import { CodedError, height as heightFrom } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import type { BlockView } from './block-view.ts'
import { JsonRpcError, RPC_CODE } from './json-rpc-error.ts'
import type { ChainContext } from './chain-context.ts'
import type { BlockReference } from './param-schema.ts'

/** `undefined`: there is no such block (yet). */
export async function findBlock(reference: BlockReference, context: ChainContext): Promise<BlockView | undefined> {
  if (reference.kind === 'hash') return context.views.byHash(reference.hash)
  const height = heightOf(reference, context)
  return height === undefined ? undefined : context.views.byHeight(height)
}

/** As `findBlock`. @throws JsonRpcError −32000 `header not found` */
export async function requireBlock(reference: BlockReference, context: ChainContext): Promise<BlockView> {
  const view = await findBlock(reference, context)
  if (view === undefined) throw blockNotFound()
  return view
}

/** The height, whether or not the block is still stored; `undefined` above the head. */
export function heightOf(
  reference: Exclude<BlockReference, { readonly kind: 'hash' }>,
  context: ChainContext,
): Height | undefined {
  const head = context.backend.chain.headHeight()
  if (reference.kind === 'head') return head
  if (reference.kind === 'earliest') return heightFrom(0)
  return reference.height > BigInt(head) ? undefined : heightFrom(Number(reference.height))
}

/**
 * Runs a state read at the block that `reference` names; `undefined` is the head. How far back state is kept is the
 * executor's to say.
 * @throws JsonRpcError −32000 `header not found`, or `historical state not available`
 */
export async function readState<Value>(
  reference: BlockReference,
  context: ChainContext,
  read: (at: Height | undefined) => Promise<Value>,
): Promise<Value> {
  if (reference.kind === 'head') return read(undefined)
  const at =
    reference.kind === 'hash'
      ? await context.backend.chain.heightByExecutionHash(reference.hash)
      : heightOf(reference, context)
  if (at === undefined) throw blockNotFound()
  try {
    return await read(at)
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'STATE_PRUNED') throw error
    throw historicalStateError(at, error, context)
  }
}

/** @param error a `STATE_PRUNED` of the executor */
export function historicalStateError(at: Height, error: CodedError, context: ChainContext): JsonRpcError {
  const headHeight = context.backend.chain.headHeight()
  return new JsonRpcError(
    RPC_CODE.invalidInput,
    `historical state not available: the state of block ${at} is pruned, the head is ${headHeight}`,
    { reason: 'STATE_PRUNED', headHeight, oldestHeight: error.data['oldestHeight'] },
  )
}

function blockNotFound(): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidInput, 'header not found')
}
