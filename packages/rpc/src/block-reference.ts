/** From what a caller names to a block; and the rule that state is kept for the head only. */
import { height as heightFrom } from '@cairn/primitives'
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
 * Lets a state read go on only where `reference` is the head: older state is not kept yet.
 * @throws JsonRpcError −32000 `header not found`, or `historical state not available`
 */
export async function requireHeadState(reference: BlockReference, context: ChainContext): Promise<void> {
  if (reference.kind === 'head') return
  const head = context.backend.chain.headHeight()
  const height =
    reference.kind === 'hash'
      ? await context.backend.chain.heightByExecutionHash(reference.hash)
      : heightOf(reference, context)
  if (height === undefined) throw blockNotFound()
  if (height < head) {
    throw new JsonRpcError(
      RPC_CODE.invalidInput,
      `historical state not available: block ${height} is before the head ${head} and its state is pruned`,
      { reason: 'STATE_PRUNED', headHeight: head },
    )
  }
}

function blockNotFound(): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidInput, 'header not found')
}
