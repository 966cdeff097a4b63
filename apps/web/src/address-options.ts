/** What the page's address says about the node: the only configuration of a tab. */
import { hashFromBytes, tryBytesFromHex, type Hash } from '@cairn/primitives'
import type { TabNodeOptions, TabRole } from '@cairn/platform-browser'

export const ROLES: readonly TabRole[] = ['light', 'verifying', 'serving', 'validator']

/**
 * `?genesis=0x…` pins the genesis hash, `?transport=ws` or `webrtc-direct` allows only that transport, `?role=light`,
 * `verifying`, `serving` or `validator` says how much of a node this tab is; `lastRole` counts where the address says nothing.
 * @throws Error in words for people, when a parameter is malformed: a pin that is not understood must not be ignored
 */
export function optionsFromAddress(address: URL, lastRole?: string | null): TabNodeOptions {
  const genesis = address.searchParams.get('genesis')
  const transport = address.searchParams.get('transport') ?? 'any'
  if (transport !== 'any' && transport !== 'ws' && transport !== 'webrtc-direct') {
    throw new Error('The transport in this page’s address must be ws or webrtc-direct.')
  }
  const named = address.searchParams.get('role')
  const role = ROLES.find((one) => one === (named ?? lastRole))
  if (named !== null && role === undefined) {
    throw new Error('The role in this page’s address must be light, verifying, serving or validator.')
  }
  return {
    role: role ?? 'serving',
    networkUrl: new URL('network.json', address).href,
    pinnedGenesis: genesis === null ? undefined : parseHash(genesis),
    transport,
  }
}

function parseHash(text: string): Hash {
  const bytes = tryBytesFromHex(text)
  if (bytes?.length !== 32) {
    throw new Error('The genesis hash in this page’s address is malformed: it has 0x and 64 hexadecimal digits.')
  }
  return hashFromBytes(bytes)
}
