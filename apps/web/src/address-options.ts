/** What the page's address says about the node: the only configuration of a tab. */
import { epoch, hashFromBytes, tryBytesFromHex, type Hash } from '@cairn/primitives'
import type { TabNodeOptions, TabRole, TabSync } from '@cairn/platform-browser'

/** What was chosen on the page before is kept under these. */
export const ROLE_KEY = 'cairn-role'
export const SYNC_KEY = 'cairn-sync'

export const ROLES: readonly TabRole[] = ['light', 'verifying', 'serving', 'validator']

export const SYNCS: readonly TabSync[] = ['auto', 'snapshot', 'full']

/** What was chosen on the page before; counts where the address says nothing. */
export interface LastChoices {
  readonly role?: string | null
  readonly sync?: string | null
}

/**
 * `?genesis=0x…` pins the genesis hash, `?transport=ws` or `webrtc-direct` allows only that transport, `?role=light`,
 * `verifying`, `serving` or `validator` says how much of a node this tab is, `?sync=snapshot`, `full` or `auto` how it comes
 * to a state, `?checkpoint=epoch:0x…` which block ends that epoch.
 * @throws Error in words for people, when a parameter is malformed: a pin that is not understood must not be ignored
 */
export function optionsFromAddress(address: URL, last: LastChoices = {}): TabNodeOptions {
  const genesis = address.searchParams.get('genesis')
  const transport = address.searchParams.get('transport') ?? 'any'
  if (transport !== 'any' && transport !== 'ws' && transport !== 'webrtc-direct') {
    throw new Error('The transport in this page’s address must be ws or webrtc-direct.')
  }
  const named = address.searchParams.get('role')
  const role = ROLES.find((one) => one === (named ?? last.role))
  if (named !== null && role === undefined) {
    throw new Error('The role in this page’s address must be light, verifying, serving or validator.')
  }
  const namedSync = address.searchParams.get('sync')
  const sync = SYNCS.find((one) => one === (namedSync ?? last.sync))
  if (namedSync !== null && sync === undefined) {
    throw new Error('The sync in this page’s address must be auto, snapshot or full.')
  }
  const checkpoint = address.searchParams.get('checkpoint')
  return {
    sync: sync ?? 'auto',
    checkpoint: checkpoint === null ? undefined : parseCheckpoint(checkpoint),
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

/** Epoch number, colon, consensus hash of its last block: as `cairn start --checkpoint` takes it. */
function parseCheckpoint(text: string): TabNodeOptions['checkpoint'] {
  const [, number, hash] = /^(\d{1,15}):(0x[0-9a-f]{64})$/i.exec(text) ?? []
  if (number === undefined || hash === undefined) {
    throw new Error('The checkpoint in this page’s address is malformed: it is an epoch, a colon and a hash.')
  }
  return { epoch: epoch(Number(number)), hash: parseHash(hash) }
}
