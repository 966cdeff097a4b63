/** The chain's identity and the node's standing in the network. */
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex } from '@cairn/primitives'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import { dataParam } from '../param-schema.ts'
import { quantity } from '../quantity.ts'

export const networkMethods: readonly RpcMethod[] = [
  defineMethod('eth_chainId', 'EIP-155 chain id.', [], (_params, { backend }) => quantity(backend.chainId)),
  defineMethod('eth_syncing', 'False in step with the network, else the progress.', [], (_params, { backend }) => {
    const status = backend.status()
    if (!status.syncing) return false
    return {
      startingBlock: '0x0',
      currentBlock: quantity(status.height),
      highestBlock: quantity(status.syncTargetHeight ?? status.height),
    }
  }),
  defineMethod('net_version', 'Chain id as a decimal string.', [], (_params, { backend }) => String(backend.chainId)),
  defineMethod('net_listening', 'Always true: the node takes connections.', [], () => true),
  defineMethod('net_peerCount', 'Number of connected peers.', [], (_params, { backend }) =>
    quantity(backend.status().peers.length),
  ),
  defineMethod(
    'web3_clientVersion',
    'Name and version of this program.',
    [],
    (_params, { backend }) => backend.clientVersion,
  ),
  defineMethod('web3_sha3', 'keccak256 of the data.', [dataParam], ([data]) => keccak256(bytesFromHex(data))),
]
