/** `cairn localnet` (and `npm start`): a local network, its web page, and the live table or the JSON summary. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '@cairn/primitives'
import { type WebServer, startWebServer, webNetworkOf } from './web-server.ts'
import { startDemoTraffic } from './demo-traffic.ts'
import { DEV_ACCOUNTS } from './dev-accounts.ts'
import { type Localnet, startLocalnet } from './localnet.ts'
import { type RunCollector, createRunCollector } from './run-summary.ts'
import { type StatusDisplay, createStatusDisplay } from './terminal-table.ts'

export interface LocalnetCommandOptions {
  readonly dataDir: string | undefined
  readonly validators: number
  readonly rpcPort: number
  readonly webPort: number
  readonly web: boolean
  readonly stopAtHeight: number | undefined
  readonly json: boolean
  /** Transfers a second sent for show and for measuring. */
  readonly traffic: number | undefined
  readonly logLevel: string
}

/** Traffic of bounded runs that do not say otherwise: enough for a median, no load. */
const MEASURED_TRAFFIC_PER_SECOND = 5

/** Resolves when the network has stopped. @throws CodedError when it cannot start */
export async function runLocalnet(options: LocalnetCommandOptions): Promise<void> {
  const bounded = options.stopAtHeight !== undefined
  const temporary = options.dataDir === undefined && bounded
  const directory = temporary
    ? mkdtempSync(join(tmpdir(), 'cairn-localnet-'))
    : (options.dataDir ?? join('.data', 'localnet'))
  const collector = createRunCollector(options.validators)
  const finished = Promise.withResolvers<void>()
  let display: StatusDisplay | undefined
  try {
    const network = await startLocalnet(
      {
        directory,
        validatorCount: options.validators,
        rpcPort: (index) => (options.rpcPort === 0 ? 0 : options.rpcPort + index),
        logLevel: options.logLevel,
      },
      {
        onStatus: (index, status) => display?.update(index, status),
        onFinalized: (index, block) => {
          collector.add(index, block)
          if (bounded && collector.commonHeight() >= (options.stopAtHeight ?? 0)) finished.resolve()
        },
        onDied: (index, reason) => {
          display?.down(index, reason)
          if (bounded) finished.reject(new CodedError('VALIDATOR_DIED', `validator ${index} died: ${reason}`))
        },
      },
    )
    await superviseNetwork(network, options, directory, finished, collector, (created) => (display = created))
  } finally {
    if (temporary) rmSync(directory, { recursive: true, force: true })
  }
}

async function superviseNetwork(
  network: Localnet,
  options: LocalnetCommandOptions,
  directory: string,
  finished: PromiseWithResolvers<void>,
  collector: RunCollector,
  onDisplay: (display: StatusDisplay) => void,
): Promise<void> {
  let web: WebServer | undefined
  let display: StatusDisplay | undefined
  try {
    web = options.web ? await startWebServer(() => webNetworkOf(network), options.webPort) : undefined
    if (!options.json) {
      display = createStatusDisplay(options.validators, heading(network, web, directory))
      onDisplay(display)
    }
    const ratePerSecond = options.traffic ?? (options.stopAtHeight === undefined ? 0 : MEASURED_TRAFFIC_PER_SECOND)
    const traffic = ratePerSecond === 0 ? undefined : await startTraffic(network, ratePerSecond)
    const interrupt = (): void => finished.resolve()
    process.once('SIGINT', interrupt)
    process.once('SIGTERM', interrupt)
    try {
      await finished.promise
    } finally {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      await traffic?.stop()
    }
  } finally {
    display?.close()
    await web?.stop()
    await network.stop()
  }
  if (options.json) console.log(JSON.stringify(collector.summary()))
}

async function startTraffic(network: Localnet, ratePerSecond: number): ReturnType<typeof startDemoTraffic> {
  const rpcUrls = network.layout.validators.flatMap(({ index }) => {
    const running = network.process(index)
    return running === undefined ? [] : [`http://127.0.0.1:${running.rpcPort}`]
  })
  return startDemoTraffic({
    rpcUrls,
    chainId: network.layout.chainSpec.chainId,
    ratePerSecond,
    onError: (error) =>
      console.error(`demo transfer failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`),
  })
}

function heading(network: Localnet, web: WebServer | undefined, directory: string): readonly string[] {
  const rpcPort = network.process(0)?.rpcPort
  const developer = DEV_ACCOUNTS[0]
  return [
    `Cairn local network · chain ${network.layout.chainSpec.chainId} · genesis ${network.genesisHash}`,
    `  JSON-RPC   http://127.0.0.1:${rpcPort}  ws://127.0.0.1:${rpcPort}`,
    ...(web === undefined ? [] : [`  web page   ${web.url}  (a verifying node in your tab)`]),
    `  funded     ${developer?.address} key ${developer?.privateKey} (and nine more; test keys, known to everyone)`,
    `  data       ${directory}  (Ctrl+C stops; start again to go on)`,
  ]
}
