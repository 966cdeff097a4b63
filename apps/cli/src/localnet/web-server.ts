/** The web page of a local network, and the one file it needs besides itself: `/network.json`. */
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

/** @throws CodedError `WEB_NOT_BUILT`, `PORT_IN_USE` */
export async function startWebServer(network: Localnet, port: number): Promise<WebServer> {
  if (!existsSync(DIST))
    throw new CodedError('WEB_NOT_BUILT', 'the web page is not built: run npm start, or npm run build:web')
  const server = await serveStatic({
    directory: DIST,
    port,
    extraFiles: { '/network.json': () => networkDescription(network) },
  })
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop() }
}

/** Chain spec and the addresses a tab can dial; rebuilt for each request, since WebRTC-direct addresses change. */
function networkDescription(network: Localnet): string {
  const bootstrap = network.layout.validators.flatMap(({ index }) =>
    (network.process(index)?.addresses ?? []).filter((address) => /\/(?:webrtc-direct|ws)\//.test(address)),
  )
  return JSON.stringify({
    chainSpec: JSON.parse(network.layout.chainSpecJson),
    genesisHash: network.genesisHash,
    bootstrap,
  })
}
