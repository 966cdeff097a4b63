/** The method table. */
import type { RpcMethod } from '../method.ts'
import { blockMethods } from './block-methods.ts'
import { cairnMethods } from './cairn-methods.ts'
import { callMethods } from './call-methods.ts'
import { debugMethods } from './debug-methods.ts'
import { feeMethods } from './fee-methods.ts'
import { logMethods } from './log-methods.ts'
import { networkMethods } from './network-methods.ts'
import { stateMethods } from './state-methods.ts'
import { transactionMethods } from './transaction-methods.ts'

export const rpcMethods: readonly RpcMethod[] = [
  ...networkMethods,
  ...blockMethods,
  ...transactionMethods,
  ...stateMethods,
  ...callMethods,
  ...feeMethods,
  ...logMethods,
  ...debugMethods,
  ...cairnMethods,
]
