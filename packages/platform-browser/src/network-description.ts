/** `/network.json`: the chain spec and the first peers, from an origin that is not trusted with either. */
import { type ChainSpec, type GenesisExecution, parseChainSpec } from '@cairn/chain'
import { CodedError, type Hash, hashFromBytes, tryBytesFromHex } from '@cairn/primitives'
import {
  BOOTSTRAP_ADDRESSES_MAX,
  ICE_SERVERS_MAX,
  ICE_SERVER_LENGTH_MAX,
  NETWORK_DESCRIPTION_MAX_BYTES,
  RPC_URLS_MAX,
  RPC_URL_LENGTH_MAX,
} from './limits.ts'
import { fetchBytes } from './fetch-bytes.ts'

export interface NetworkDescription {
  readonly chainSpec: ChainSpec
  /** As the server names it: a check on the server, not a source of trust. */
  readonly genesisHash: Hash
  /**
   * What the genesis header has besides the chain spec, as the server names it: with these its hash is the genesis hash, which
   * every signature contains. Roles that execute compute both anew.
   */
  readonly genesisExecution: Pick<GenesisExecution, 'executionBlockHash' | 'stateRoot'>
  /** Multiaddrs of peers that a tab can dial. */
  readonly bootstrap: readonly string[]
  /** JSON-RPC of servers that answer what peers answer, before there is a peer. */
  readonly rpcUrls: readonly string[]
  /** Addresses of STUN servers, for tabs behind address translation; they learn the tab's address, and nothing else. */
  readonly iceServers: readonly string[]
}

/** @throws CodedError `NETWORK_UNREACHABLE`, `NETWORK_DESCRIPTION_INVALID` */
export async function fetchNetworkDescription(url: string): Promise<NetworkDescription> {
  const bytes = await fetchBytes(url, NETWORK_DESCRIPTION_MAX_BYTES, 'NETWORK_UNREACHABLE')
  return parseNetworkDescription(new TextDecoder().decode(bytes))
}

/** @throws CodedError `NETWORK_DESCRIPTION_INVALID` */
export function parseNetworkDescription(text: string): NetworkDescription {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw invalid('it is not an object')
  const fields = value as Readonly<Record<string, unknown>>
  const { chainSpec, bootstrap, rpcUrls = [], iceServers = [] } = fields
  const genesisHash = readHash(fields['genesisHash'], 'its genesis hash')
  if (!Array.isArray(bootstrap) || !bootstrap.every((address): address is string => typeof address === 'string')) {
    throw invalid('its list of peers is malformed')
  }
  if (!Array.isArray(iceServers) || iceServers.length > ICE_SERVERS_MAX || !iceServers.every(isIceServer)) {
    throw invalid('its list of STUN servers is malformed')
  }
  if (!Array.isArray(rpcUrls) || !rpcUrls.every(isRpcUrl)) throw invalid('its list of servers is malformed')
  const { executionBlockHash, stateRoot } = (fields['genesisExecution'] ?? {}) as Readonly<Record<string, unknown>>
  return {
    iceServers,
    rpcUrls: rpcUrls.slice(0, RPC_URLS_MAX),
    genesisExecution: {
      executionBlockHash: readHash(executionBlockHash, 'the hash of its Ethereum genesis'),
      stateRoot: readHash(stateRoot, 'its genesis state root'),
    },
    chainSpec: readChainSpec(chainSpec),
    genesisHash,
    bootstrap: bootstrap.slice(0, BOOTSTRAP_ADDRESSES_MAX),
  }
}

function readHash(value: unknown, name: string): Hash {
  const bytes = typeof value === 'string' ? tryBytesFromHex(value) : undefined
  if (bytes?.length !== 32) throw invalid(`${name} is malformed`)
  return hashFromBytes(bytes)
}

function isRpcUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= RPC_URL_LENGTH_MAX && /^https?:/.test(url) && URL.canParse(url)
}

function isIceServer(address: unknown): address is string {
  return typeof address === 'string' && address.length <= ICE_SERVER_LENGTH_MAX && /^stuns?:[\w.:[\]-]+$/.test(address)
}

function readChainSpec(value: unknown): ChainSpec {
  try {
    return parseChainSpec(JSON.stringify(value ?? null))
  } catch (cause) {
    throw invalid(`its chain spec is refused: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function invalid(why: string, cause?: unknown): CodedError {
  return new CodedError('NETWORK_DESCRIPTION_INVALID', `The network’s description cannot be used: ${why}.`, { cause })
}
