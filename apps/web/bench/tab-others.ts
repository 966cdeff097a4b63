/**
 * The clients of other networks that run in a tab, as their packages are published: how each is started and when it
 * counts as started, which is when its interface answers a first call without any peer.
 */

export interface OtherClient {
  /** npm package and version, as the row is named. */
  readonly name: string
  readonly packages: readonly string[]
  /** What it does in a tab, since they do different things. */
  readonly does: string
  /** Module text of the page; packages are under `/node_modules/`. It calls `ready()`. */
  readonly page: string
  /** Module text of a worker at `/worker.js`, where the package wants one. */
  readonly worker?: string
}

const luminaModule = `
import * as glue from '/node_modules/lumina-node-wasm/lumina_node_wasm_bg.js'
const response = fetch('/node_modules/lumina-node-wasm/lumina_node_wasm_bg.wasm')
const { instance } = await WebAssembly.instantiateStreaming(response, { './lumina_node_wasm_bg.js': glue })
glue.__wbg_set_wasm(instance.exports)
instance.exports.__wbindgen_start()
`

export const otherClients: readonly OtherClient[] = [
  {
    name: 'smoldot@3.4.1',
    packages: ['smoldot@3.4.1', '@polkadot-api/known-chains@0.12.1'],
    does: 'light client: finality proofs and proved reads',
    page: `
import { start } from '/node_modules/smoldot/dist/mjs/index-browser.js'
import { chainSpec } from '/node_modules/@polkadot-api/known-chains/dist/specs/westend.js'
const chain = await start({ maxLogLevel: 1 }).addChain({ chainSpec })
chain.sendJsonRpc('{"jsonrpc":"2.0","id":1,"method":"system_name","params":[]}')
await chain.nextJsonRpcResponse()
ready()`,
  },
  {
    name: '@a16z/helios@0.11.1',
    packages: ['@a16z/helios@0.11.1'],
    does: 'light client: sync committees, proved reads and calls',
    page: `
import { createHeliosProvider } from '/node_modules/@a16z/helios/dist/lib.mjs'
const url = location.origin + '/absent'
const checkpoint = '0x' + '11'.repeat(32)
await createHeliosProvider({ executionRpc: url, consensusRpc: url, network: 'mainnet', checkpoint, dbType: 'config' }, 'ethereum')
ready()`,
  },
  {
    name: 'lumina-node-wasm@0.12.0',
    packages: ['lumina-node-wasm@0.12.0'],
    does: 'light node: headers and data availability sampling',
    page: `${luminaModule}
const client = await new glue.NodeClient(new Worker('/worker.js', { type: 'module' }))
await client.isRunning()
ready()`,
    worker: `
const early = []
const keep = (event) => early.push(event)
addEventListener('message', keep)
${luminaModule}
new glue.NodeWorker(self).run()
removeEventListener('message', keep)
for (const event of early) dispatchEvent(new MessageEvent('message', { data: event.data, ports: [...event.ports] }))`,
  },
  {
    name: '@nimiq/core@2.21.0',
    packages: ['@nimiq/core@2.21.0'],
    does: 'light client: macro blocks with zero-knowledge proofs',
    page: `
import init, * as Nimiq from '/node_modules/@nimiq/core/web/index.js'
await init()
const config = new Nimiq.ClientConfiguration()
config.network('testalbatross')
config.seedNodes(['/dns4/localhost/tcp/1/ws'])
const client = await Nimiq.Client.create(config.build())
await client.isConsensusEstablished()
ready()`,
  },
]
