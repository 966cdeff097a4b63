/** Entry of the node's worker: everything but rendering and peer connections happens here. */
import { expose } from 'comlink'
import type { TabNodeApi } from './tab-client.ts'
import { createTabNode, type TabNode } from './tab-node.ts'

let node: TabNode | undefined

const api: TabNodeApi = {
  start: (options, rtcPort, onSnapshot) => {
    node ??= createTabNode(options, rtcPort, onSnapshot)
  },
  balance: async (address) =>
    node?.balance(address) ?? { refused: { code: 'NOT_READY', message: 'The node is not started.' } },
}

expose(api)
