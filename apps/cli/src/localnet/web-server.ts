/** The web page of a network, and the one file it needs besides itself: `/network.json`. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@cairn/primitives'
import { serveStatic } from '@cairn/platform-node'
import type { Localnet } from './localnet.ts'

const DIST = fileURLToPath(new URL('../../../web/dist', import.meta.url))

export interface WebServer {
  readonly url: string
  stop(): Promise<void>
}

/** What the page is told of the network. */
export interface WebNetwork {
  readonly chainSpecJson: string
  readonly genesisHash: string
  readonly genesisExecution: Localnet['genesisExecution']
  /** Multiaddrs that a tab can dial. */
  readonly bootstrap: readonly string[]
  /** JSON-RPC of servers, which a tab asks while it has no peer; default none. */
  readonly rpcUrls?: readonly string[]
}

/** `describe` is asked at each request. @throws CodedError `WEB_NOT_BUILT`, `PORT_IN_USE` */
export async function startWebServer(describe: () => WebNetwork, port: number): Promise<WebServer> {
  if (!existsSync(DIST))
    throw new CodedError('WEB_NOT_BUILT', 'the web page is not built: run npm start, or npm run build:web')
  const server = await serveStatic({
    directory: DIST,
    port,
    extraFiles: { '/network.json': () => networkJson(describe()) },
  })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop() }
}

/** Of what runs now: WebRTC-direct addresses change. */
export function webNetworkOf(network: Localnet): WebNetwork {
  const running = network.layout.validators.flatMap(({ index }) => network.process(index) ?? [])
  return {
    chainSpecJson: network.layout.chainSpecJson,
    genesisHash: network.genesisHash,
    genesisExecution: network.genesisExecution,
    bootstrap: running.flatMap(({ addresses }) =>
      addresses.filter((address) => /\/(?:webrtc-direct|ws)\//.test(address)),
    ),
    rpcUrls: running.map(({ rpcPort }) => `http://127.0.0.1:${rpcPort}`),
  }
}

function networkJson({ chainSpecJson, ...rest }: WebNetwork): string {
  return JSON.stringify({ chainSpec: JSON.parse(chainSpecJson) as unknown, ...rest })
}
