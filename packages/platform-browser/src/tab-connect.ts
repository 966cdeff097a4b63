/** The network of a tab as `network.json` describes it. */
import type { WakeableNetwork } from '@cairn/network'
import { CodedError } from '@cairn/primitives'
import { chooseBootstrapPeers, isLocalNetwork } from './bootstrap-peers.ts'
import { browserClock, browserRandom, browserTimers, createConsoleLog, noMetrics } from './browser-ports.ts'
import { LIGHT_MESH_TARGET, LIGHT_SERVERS_MAX, SERVERS_MAX } from './limits.ts'
import { createBrowserNetwork } from './network-browser.ts'
import type { NetworkDescription } from './network-description.ts'
import { storeNames } from './stored-chains.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { startWakeWatch } from './wake-watch.ts'

const log = createConsoleLog('cairn', false)

/**
 * A network that is not started. Its protocols are named for the genesis that the server claims; nothing that is heard counts
 * before that is known to be the chain's.
 * @throws CodedError `NO_ADDRESS`
 */
export async function connectTab(
  { bootstrap, iceServers, chainSpec, genesisHash }: NetworkDescription,
  { transport, role }: TabNodeOptions,
  rtcPort: MessagePort | undefined,
): Promise<WakeableNetwork> {
  const known = [...new Set([...bootstrap, ...(chainSpec.bootstrap ?? [])])]
  const isLight = role === 'light'
  const peers = chooseBootstrapPeers(known, {
    transport,
    hasWebRtc: rtcPort !== undefined,
    prefersWebSocket: isLight,
    isEncrypted: location.protocol === 'https:',
    random: Math.random,
  })
  if (peers.length === 0) {
    throw new CodedError('NO_ADDRESS', 'The network names no peer that this browser can connect to.')
  }
  const { openTabPeers } = await import('./tab-peers.ts')
  const { identity, memory } = await openTabPeers(storeNames(chainSpec).peers, log)
  const network = await createBrowserNetwork(
    {
      genesisHash,
      identity,
      peers,
      peersMax: isLight ? LIGHT_SERVERS_MAX : SERVERS_MAX,
      localNetwork: isLocalNetwork(peers),
      isMeshed: transport === 'any',
      ...(isLight ? { prefersWebSocket: true, meshTarget: LIGHT_MESH_TARGET } : {}),
      iceServers,
    },
    {
      clock: browserClock,
      timers: browserTimers,
      random: browserRandom,
      log: log.child('network'),
      metrics: noMetrics,
      ...(memory === undefined ? {} : { memory }),
      ...(rtcPort === undefined ? {} : { rtcPort }),
    },
  )
  startWakeWatch(() => network.wake(), { clock: browserClock, timers: browserTimers, scope: globalThis })
  return network
}
