/**
 * What the node in a tab tells the page: one plain object, replaced as a whole, at most five times a second.
 * Everything in it was computed by the node itself, except where a field's comment says who claims it.
 */
import type { PeerLink } from '@cairn/network'
import type { Address, Hash } from '@cairn/primitives'
import type { SnapshotProgress } from '@cairn/sync'

/**
 * `light`: certificates and proofs only, no block is executed or stored. `verifying`: executes every block. `serving`:
 * answers others besides, with what it has verified. `validator`: votes and proposes besides, with the key of this browser.
 */
export type TabRole = 'light' | 'verifying' | 'serving' | 'validator'

/**
 * How a tab that executes comes to a state: `full`: from genesis, block by block. `snapshot`: from its peers, proved piece
 * by piece. `auto`: the shorter of the two.
 */
export type TabSync = 'auto' | 'full' | 'snapshot'

/**
 * `waiting`: another tab of this origin runs the node, this one takes over when that one closes.
 * `locked`: a validator waits for the passphrase of its key.
 * `failed`: the node has stopped for `failure` and does nothing more.
 */
export type TabPhase = 'starting' | 'waiting' | 'locked' | 'connecting' | 'syncing' | 'live' | 'failed'

export interface TabSnapshot {
  /** `undefined` until the worker has it. */
  readonly role: TabRole | undefined
  readonly phase: TabPhase
  /** What the node does right now while `starting`, for people. */
  readonly step: string
  readonly failure: TabFailure | undefined
  readonly trust: TrustAnchor | undefined
  /** Whether core.wasm runs here, after its bytes were compared with `trust.coreSha256`. Never in the light role. */
  readonly isCoreChecked: boolean
  /** Once a validator runs. */
  readonly validator: ValidatorStatus | undefined
  /** Highest block that passed every check of the role. `undefined` until the store is open. */
  readonly verifiedHeight: number | undefined
  /** Highest height any peer claims; a claim only, never used for a check. */
  readonly networkHeight: number | undefined
  readonly sync: SyncProgress | undefined
  /** While the state is taken from a snapshot. */
  readonly restore: SnapshotProgress | undefined
  /** Newest first, at most 20. */
  readonly blocks: readonly VerifiedBlock[]
  readonly peers: readonly TabPeer[]
  /** How it stands with each server that the network names, those that stand by included. */
  readonly servers: readonly PeerLink[]
  readonly storage: TabStorage | undefined
  /** Blocks that passed every check since the page was opened. */
  readonly blocksVerified: number
  /** Answers refused since the page was opened, by code. */
  readonly refused: Readonly<Record<string, number>>
}

interface ValidatorStatus {
  readonly publicKey: string
  /** In the current set; `undefined`: not in it, so that it follows only. */
  readonly index: number | undefined
  /** R10: the vote record was lost, and it listens before it votes again. */
  readonly isAmnesiac: boolean
  /** Slept, or is leaving: votes for nothing for a moment. */
  readonly isSilent: boolean
  readonly view: number
}

export interface TabFailure {
  readonly code: string
  readonly message: string
  /** Block that failed, where the failure is a block's. */
  readonly height: number | undefined
}

export interface TrustAnchor {
  readonly networkName: string
  readonly chainId: number
  /** Computed here from the chain spec. */
  readonly genesisHash: Hash
  /** Whether the page's address or its build named the genesis hash beforehand. */
  readonly isPinned: boolean
  readonly validators: number
  readonly totalWeight: bigint
  readonly quorumWeight: bigint
  /** SHA-256 of the only core.wasm that executes this chain: the chain spec commits to it. */
  readonly coreSha256: Hash
  /** An account of the genesis allocation, to try a balance with. */
  readonly fundedAddress: Address | undefined
}

export interface SyncProgress {
  readonly fromHeight: number
  readonly targetHeight: number
  readonly blocksPerSecond: number
}

export interface VerifiedBlock {
  readonly height: number
  readonly hash: Hash
  readonly timeMs: number
  /** `undefined` in the light role, which sees headers only; so are the next three. */
  readonly transactions: number | undefined
  readonly gasUsed: bigint | undefined
  /** Time in the executor, milliseconds; also `undefined` for a block read from the store. */
  readonly executeMs: number | undefined
  /** Root that this tab computed; equal to the header's, or the block would not be here. */
  readonly ownStateRoot: Hash | undefined
  /** Root claimed by the header that the validators signed. */
  readonly headerStateRoot: Hash
  readonly certificate: VerifiedCertificate
}

/** The certificate that finalizes a block: its own, or that of a descendant. */
export interface VerifiedCertificate {
  /** Height of the block that was signed. */
  readonly height: number
  readonly signers: number
  readonly validators: number
  readonly weight: bigint
  readonly totalWeight: bigint
  readonly quorumWeight: bigint
  /** Time of the BLS verification, milliseconds; `undefined` for a block read from the store. */
  readonly verifyMs: number | undefined
}

export interface TabPeer {
  readonly peerId: string
  readonly transport: string
  readonly direction: 'inbound' | 'outbound'
}

export interface TabStorage {
  /** Of the whole origin, as the browser counts. */
  readonly usedBytes: number
  /** Blocks, receipts and indices, and what of them is kept at most; `undefined` in the light role. */
  readonly chain:
    | { readonly sizeBytes: number; readonly budgetBytes: number; readonly oldestHeight: number }
    | undefined
  readonly quotaBytes: number | undefined
  readonly isPersistent: boolean
  /** Height that was found in IndexedDB and verified again when the page was opened; 0 for an empty store. */
  readonly restoredHeight: number
}

/** A balance whose proof was checked here, against a root that this tab computed. */
export interface ProvenBalance {
  readonly address: Address
  /** Wei. */
  readonly balance: bigint
  readonly nonce: bigint
  /** Whether the account exists; an absent one has a proof of absence. */
  readonly exists: boolean
  readonly height: number
  readonly stateRoot: Hash
  /** Time since the block was made, by this machine's clock, milliseconds: a finalized state never changes, but newer ones follow. */
  readonly ageMs: number
  /** This tab has executed the block itself; `false`: more than two thirds of the validators' weight vouch for its root. */
  readonly isExecuted: boolean
  /** The tab's own state was of the same height and says the same; `false`: it had moved on, or there is none. */
  readonly isOwnStateEqual: boolean
  readonly proofNodes: number
  readonly proofBytes: number
  /** Peer that answered, or the address of the server that did; `undefined`: nobody did, and the tab's own state was read. */
  readonly peerId: string | undefined
}

/** A balance that could not be had, or whose proof did not hold. */
export interface RefusedBalance {
  readonly code: string
  readonly message: string
}

export type BalanceAnswer = { readonly proven: ProvenBalance } | { readonly refused: RefusedBalance }

/** What came of something done with the validator key. */
export type KeyAnswer =
  | {
      /** For people. */
      readonly done: string
      readonly status: KeyStatus | 'none'
      /** Text of the backup file, after a key was made. */
      readonly backup?: string
    }
  | { readonly refused: { readonly code: string; readonly message: string } }

/** What asks a passkey for its secret again; nothing of it is secret. */
export interface PasskeyReference {
  /** `0x` and hex. */
  readonly credentialId: string
  /** 32 bytes, `0x` and hex: where the function is evaluated. */
  readonly salt: string
}

export interface KeyStatus {
  /** `0x` and hex, 48 bytes. */
  readonly publicKey: string
  /** The restore drill was passed: nothing votes before. */
  readonly isBackedUp: boolean
  /** A passkey opens it besides the passphrase. */
  readonly passkey: PasskeyReference | undefined
}
