/**
 * What a tab can stand on before it has executed anything, and a light tab for ever: the chain spec and the genesis hash.
 * The genesis header is the spec's and two hashes that only execution gives; those are the server's word at first. Its hash is
 * what the address or the build has pinned, and what every validator signs with each vote, computed by itself: with other
 * hashes than those no certificate would verify.
 */
import { type Certificate, type ChainSpec, genesisBlock } from '@cairn/chain'
import type { ValidatorSet } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { type Checkpoint, type EpochKeys, createEpochKeys, createFinalizationVerifier } from '@cairn/node'
import type { Clock, Log } from '@cairn/ports'
import { CodedError, type Hash, type Verdict } from '@cairn/primitives'
import { rememberAccepted } from './accepted-certificates.ts'
import { type BlsTimings, measureBls } from './block-timings.ts'
import { type LightEpochs, createLightEpochs } from './light-epochs.ts'
import { createLightMemory } from './light-memory.ts'
import type { NetworkDescription } from './network-description.ts'
import { proveSpec } from './spec-proofs.ts'
import { markStart } from './start-marks.ts'
import { storeNames } from './stored-chains.ts'

/** Tells finalized blocks of the chain. */
export interface ChainTrust {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  /** Ascending by epoch; the newest known last. */
  readonly recentSets: () => readonly ValidatorSet[]
  readonly keys: EpochKeys
  /** Weight and aggregate signature of a finalization. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  readonly timings: BlsTimings
}

export interface LightTrust extends ChainTrust {
  readonly lightEpochs: LightEpochs
}

export interface LightTrustOptions {
  readonly bls: Promise<Bls>
  readonly pinnedGenesis: Hash | undefined
  readonly checkpoint: Checkpoint | undefined
  /** What `onProvenSpec` said when the page was open before, see `proveSpec`; from the browser's storage. */
  readonly provenSpec: string | undefined
}

interface LightTrustDeps {
  readonly clock: Clock
  readonly log: Log
  /** The server is consistent, and the genesis is the pinned one. */
  readonly onGenesis: (genesisHash: Hash) => void
  /** The validators have proved that they hold their keys. */
  readonly onProvenSpec: (record: string) => void
}

/**
 * @throws CodedError `GENESIS_REFUSED`, `CHAIN_SPEC_INVALID`
 */
export async function openLightTrust(
  { chainSpec, genesisExecution, genesisHash: claimedHash }: NetworkDescription,
  { bls: loading, pinnedGenesis, checkpoint, provenSpec }: LightTrustOptions,
  deps: LightTrustDeps,
): Promise<LightTrust> {
  const { hash } = genesisBlock(chainSpec, { ...genesisExecution, payload: new Uint8Array(0) })
  assertGenesis(hash, { pinnedGenesis, claimedHash })
  deps.onGenesis(hash)
  markStart('genesis')
  const bls = await loading
  markStart('bls')
  deps.onProvenSpec(await proveSpec(chainSpec, bls, provenSpec))
  markStart('trusted')
  const timings = measureBls(bls, deps.clock)
  const keys = createEpochKeys(hash, timings.bls)
  const memory = createLightMemory(storeNames(chainSpec).light, checkpoint)
  const lightEpochs = createLightEpochs(chainSpec, checkpoint, { ...deps, keys, memory })
  return {
    spec: chainSpec,
    genesisHash: hash,
    recentSets: lightEpochs.recentSets,
    keys,
    verifyFinalization: rememberAccepted(createFinalizationVerifier(lightEpochs, keys)),
    timings,
    lightEpochs,
  }
}

/** @throws CodedError `GENESIS_REFUSED` */
export function assertGenesis(
  genesisHash: Hash,
  { pinnedGenesis, claimedHash }: { readonly pinnedGenesis: Hash | undefined; readonly claimedHash: Hash },
): void {
  if (pinnedGenesis !== undefined && pinnedGenesis !== genesisHash) {
    throw new CodedError(
      'GENESIS_REFUSED',
      `This server offers another network: its genesis is ${genesisHash}, the pinned one ${pinnedGenesis}. Nothing of it was accepted.`,
    )
  }
  if (claimedHash !== genesisHash) {
    throw new CodedError(
      'GENESIS_REFUSED',
      `The server contradicts itself: it names the genesis ${claimedHash}, but its chain spec gives ${genesisHash}.`,
    )
  }
}
