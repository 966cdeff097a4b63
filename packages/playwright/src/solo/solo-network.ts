/** A network for tests of one tab against what it is told: one chain, and as many servers of it, true and false, as wanted. */
import { serializeChainSpec } from '@cairn/chain'
import { startWebServer } from '@cairn/cli'
import { type FundedAccount, fundedAccounts } from '../network/wallets.ts'
import { type Lie, type Manner, lying } from './lies.ts'
import { type SoloChain, type SoloChainOptions, createSoloChain } from './solo-chain.ts'
import { type SoloServer, type SoloSlots, startSoloServer } from './solo-server.ts'

export interface SoloNetworkOptions extends SoloChainOptions {
  /** Blocks that are final when the network starts; default 0. */
  readonly blocks?: number
}

export interface SoloNetwork extends Omit<SoloChain, 'serve'> {
  /** Accounts with 10 000 coins each in the genesis, as those of a test network. */
  readonly accounts: readonly FundedAccount[]
  /** Gives the chain to tabs. `lie` changes answers in one place, `manner` (delay, loss of pieces …) in any. */
  startServer(options?: {
    readonly lie?: Lie
    readonly manner?: Manner
    readonly slots?: SoloSlots
  }): Promise<SoloServer>
  /** Has nothing of the chain: tabs find each other over it. */
  startRelay(): Promise<SoloServer>
  /** Address of the page, told of no others than `servers`. @throws CodedError `WEB_NOT_BUILT` */
  startWeb(servers: readonly SoloServer[]): Promise<string>
  /** Also stops its servers and pages. */
  stop(): Promise<void>
}

export async function startSoloNetwork({ blocks = 0, ...options }: SoloNetworkOptions = {}): Promise<SoloNetwork> {
  const chain = await createSoloChain(options)
  const stops: (() => Promise<void>)[] = [chain.stop]
  const start = async (serve?: SoloChain['serve'], manner?: Manner, slots?: SoloSlots): Promise<SoloServer> => {
    const server = await startSoloServer(chain.genesisHash, serve, manner, slots)
    stops.push(server.stop)
    return server
  }
  await chain.grow(blocks)
  return {
    ...chain,
    accounts: fundedAccounts(),
    startServer: ({ lie, manner, slots } = {}) => start(chain.serve, lie === undefined ? manner : lying(lie), slots),
    startRelay: () => start(),
    startWeb: async (servers) => {
      const bootstrap = servers.map(({ address }) => address)
      const { genesisHash, genesis } = chain
      const { executionBlockHash, stateRoot } = genesis
      const genesisExecution = { executionBlockHash, stateRoot }
      const description = { chainSpecJson: serializeChainSpec(chain.spec), genesisHash, genesisExecution, bootstrap }
      const web = await startWebServer(() => description, 0)
      stops.push(web.stop)
      return web.url
    },
    // Servers before the chain that they answer from.
    stop: async () => {
      for (const stop of stops.toReversed()) await stop()
    },
  }
}
