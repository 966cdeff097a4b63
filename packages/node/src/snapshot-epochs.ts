/**
 * The validator sets that a node from a snapshot verifies with (consensus.md «Catch-up»): from genesis from epoch end to
 * epoch end by certificates alone, and the state of the epoch that goes on from its headers, which link to a finalized
 * one. Nothing of it is taken on anybody's word.
 */
import {
  HEADER_TRAIL_MAX,
  decodeEpochEndsResponse,
  decodeHeaderTrailResponse,
  encodeEpochEndsRequest,
  encodeHeaderTrailRequest,
  epochStateAfter,
  genesisEpochState,
  hashHeader,
  verifyEpochEnd,
} from '@cairn/chain'
import type { Block, Certificate, ChainSpec, EpochEnd, EpochState, ValidatorSet } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import type { Network, PeerId } from '@cairn/ports'
import { CodedError, height } from '@cairn/primitives'
import type { Epoch, Hash, Height, Verdict } from '@cairn/primitives'
import type { BaseTrust, HeaderEntry } from '@cairn/storage'
import type { Checkpoint } from './checkpoint.ts'
import { createEpochKeys, createFinalizationVerifier } from './epoch-keys.ts'
import { SNAPSHOT_TIMEOUT_MS, SNAPSHOT_TRAIL_ROUNDS_MAX } from './limits.ts'

export interface SnapshotEpochs {
  /** Against the set of the certificate's epoch; `ignore` while that is not known. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  /** Learns the sets up to an epoch from a peer that says to be in it. */
  learn(upTo: Epoch, peer: PeerId, signal?: AbortSignal): Promise<void>
  /** What a finalized block stands on. @throws CodedError `SNAPSHOT_STALLED` when no peer gives the headers */
  trustAt(block: Block, signal?: AbortSignal): Promise<BaseTrust>
}

export interface SnapshotEpochsDeps {
  readonly chainSpec: ChainSpec
  readonly genesisHash: Hash
  /** The epochs must lead through it. */
  readonly checkpoint?: Checkpoint | undefined
  readonly bls: Bls
  readonly network: Pick<Network, 'request' | 'peers' | 'penalize'>
}

/** Where an epoch begins: after this block. */
interface Beginning {
  readonly set: ValidatorSet
  readonly afterHeight: Height
  readonly afterHash: Hash
}

export function createSnapshotEpochs(deps: SnapshotEpochsDeps): SnapshotEpochs {
  const { chainSpec, genesisHash, checkpoint, bls, network } = deps
  const first = genesisEpochState(chainSpec).validators
  const beginnings: Beginning[] = [{ set: first, afterHeight: height(0), afterHash: genesisHash }]
  /** Of all epochs but the newest known. */
  const known: EpochEnd[] = []
  const keys = createEpochKeys(genesisHash, bls)
  const newest = (): Beginning => beginnings.at(-1) as Beginning

  /** Whether there was something new. */
  const learnSome = async (peer: PeerId, signal?: AbortSignal): Promise<boolean> => {
    const data = await network.request(
      peer,
      'epoch-ends',
      encodeEpochEndsRequest({ fromEpoch: newest().set.epoch }),
      settingsOf(signal),
    )
    const decoded = decodeEpochEndsResponse(data)
    if (!decoded.ok) return condemned(network, peer, 'SNAPSHOT_BAD_EPOCH_END')
    let hasNew = false
    for (const end of decoded.value.ends) {
      const { set } = newest()
      if (end.header.epoch < set.epoch) continue
      const verdict = verifyEpochEnd(end, set, keys.contextOf(set).keys, genesisHash)
      if (verdict.verdict !== 'accept') return condemned(network, peer, 'SNAPSHOT_BAD_EPOCH_END')
      const { header, nextValidators } = end
      const hash = hashHeader(header)
      // Signed by keys of that time, and yet not the chain that somebody trusted has named.
      if (header.epoch === checkpoint?.epoch && hash !== checkpoint.hash) {
        return condemned(network, peer, 'CHECKPOINT_CONTRADICTED')
      }
      known.push(end)
      beginnings.push({ set: nextValidators, afterHeight: header.height, afterHash: hash })
      hasNew = true
    }
    return hasNew
  }

  const trailOf = async (block: Block, from: Beginning, signal?: AbortSignal): Promise<readonly HeaderEntry[]> => {
    const parts: (readonly HeaderEntry[])[] = []
    let next: { at: number; hash: Hash } = { at: block.header.height, hash: block.hash }
    for (let round = 0; next.at > from.afterHeight;) {
      if (++round > SNAPSHOT_TRAIL_ROUNDS_MAX) throw stalled()
      const part = await askTrail(network, next, next.at - from.afterHeight, signal)
      if (part === undefined) continue
      round = 0
      parts.push(part)
      const lowest = (part[0] as HeaderEntry).header
      next = { at: lowest.height - 1, hash: lowest.parentHash }
    }
    if (next.hash !== from.afterHash) throw new CodedError('SNAPSHOT_FORKED', 'the headers lead to another epoch end')
    return parts.reverse().flat()
  }

  return {
    verifyFinalization: createFinalizationVerifier({ recentSets: () => beginnings.map(({ set }) => set) }, keys),
    learn: async (upTo, peer, signal) => {
      try {
        while (newest().set.epoch < upTo && (await learnSome(peer, signal)));
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
      }
    },
    trustAt: async (block, signal) => {
      const index = beginnings.findIndex(({ set }) => set.epoch === block.header.epoch)
      const from = beginnings[index]
      if (from === undefined) throw stalled()
      const previous = beginnings[index - 1]?.set
      let state: EpochState = { validators: from.set, previous, randaoMix: from.set.leaderSeed, offenders: [] }
      const trail = await trailOf(block, from, signal)
      for (const entry of trail) state = epochStateAfter(state, entry, chainSpec)
      return { epochState: state, ends: known.slice(0, index), trail }
    },
  }
}

/** From one peer after the other; `undefined`: nobody had it this time. */
async function askTrail(
  network: SnapshotEpochsDeps['network'],
  wanted: { readonly at: number; readonly hash: Hash },
  countMax: number,
  signal?: AbortSignal,
): Promise<readonly HeaderEntry[] | undefined> {
  const request = { lastHeight: height(wanted.at), countMax: Math.min(countMax, HEADER_TRAIL_MAX) }
  for (const { peerId } of network.peers()) {
    try {
      const data = await network.request(peerId, 'header-trail', encodeHeaderTrailRequest(request), settingsOf(signal))
      const decoded = decodeHeaderTrailResponse(data)
      const entries = decoded.ok ? decoded.value.entries : []
      const last = entries.at(-1)
      if (last !== undefined && hashHeader(last.header) === wanted.hash && entries.length <= request.countMax) {
        return entries
      }
      condemned(network, peerId, 'SNAPSHOT_BAD_TRAIL')
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }
  }
  return undefined
}

function settingsOf(signal: AbortSignal | undefined) {
  return { timeoutMs: SNAPSHOT_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) }
}

function condemned(network: SnapshotEpochsDeps['network'], peer: PeerId, code: string): false {
  network.penalize(peer, code)
  return false
}

function stalled(): CodedError {
  return new CodedError('SNAPSHOT_STALLED', 'no peer gives the headers of the epoch')
}
