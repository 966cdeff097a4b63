/** What reading blocks and logs takes: the part of a handler's context that filters share. */
import type { RpcBackend } from './backend.ts'
import type { BlockViews } from './block-view.ts'
import type { RpcLimits } from './limits.ts'

export interface ChainContext {
  readonly backend: Pick<RpcBackend, 'chain'>
  readonly limits: RpcLimits
  readonly views: BlockViews
}
