/**
 * Performs the light client's effects: asks a peer how far its chain is and for epoch ends, others as witnesses, and keeps
 * the validator sets that have been proved. For whoever follows by certificates alone, in a tab or elsewhere.
 */
import {
  type ChainSpec,
  type ConsensusHeader,
  type LightBlock,
  type ValidatorSet,
  decodeChainStatus,
  encodeChainStatusRequest,
  encodeAttackReport,
  encodeEvidence,
  encodeLightBlock,
  encodeLightBlockRequest,
} from '@cairn/chain'
import {
  type AttackProof,
  type LightEffect,
  type LightInput,
  type LightRefusal,
  attackReport,
  createLightClient,
  isExpired,
  provenKeysOf,
  trustFromStored,
  trustInGenesis,
  trustingPeriodMs,
  verifyAttack,
} from '@cairn/light-client'
import type { Clock, Log, Network, PeerId } from '@cairn/ports'
import { CodedError, epoch } from '@cairn/primitives'
import type { Checkpoint } from './checkpoint.ts'
import type { EpochKeys } from './epoch-keys.ts'
import {
  ATTACK_REPORT_PEERS_MAX,
  ATTACK_REPORT_TIMEOUT_MS,
  LIGHT_BLOCK_TIMEOUT_MS,
  LIGHT_SETS_MAX,
  STATUS_TIMEOUT_MS,
} from './limits.ts'

export interface LightDriverOptions {
  /** Handed over by somebody trusted just now: genesis is trusted from now on. */
  readonly spec: ChainSpec
  /** The epochs must lead through it. */
  readonly checkpoint?: Checkpoint | undefined
  /** By default two thirds of the unbonding time of a busy chain of that spec. */
  readonly trustingPeriodMs?: number
  /** Default 1: see `LightClientOptions`. */
  readonly witnessesMin?: number
}

export interface LightDriverDeps {
  readonly keys: EpochKeys
  readonly clock: Clock
  readonly log: Log
  /** What was trusted when it stopped last; a store that fails costs a walk, no more. */
  readonly memory: LightMemory
}

/** One record. */
export interface LightMemory {
  load(): Promise<Uint8Array | undefined>
  save(record: Uint8Array): Promise<void>
}

/** Of a whole network, evidence is published too. */
export type LightPeers = Pick<Network, 'request' | 'penalize'> & Partial<Pick<Network, 'publish'>>

export interface LightDriver {
  /** Ascending; the newest known last. None when trust has expired. */
  recentSets(): readonly ValidatorSet[]
  /** A certificate of one of those for this header has been verified: trust in the newest counts from then. */
  finalized(header: Pick<ConsensusHeader, 'epoch' | 'timeMs'>): void
  /**
   * Follows what `peer` proves of later epochs; `witnesses`, the best first, are shown where that leads. Liars are penalized.
   * @throws CodedError with the light client's code: trust is not where the peer is; those of `Network.request`
   */
  advance(peer: PeerId, witnesses: readonly PeerId[], network: LightPeers): Promise<void>
}

/** @example await driver.advance(peer, others, network), then certificates of `recentSets` can be verified */
export async function createLightDriver(options: LightDriverOptions, deps: LightDriverDeps): Promise<LightDriver> {
  const { spec, checkpoint } = options
  const { keys, clock, log, memory } = deps
  const genesis = trustInGenesis(spec, clock.nowMs())
  const begun = {
    chainId: spec.chainId,
    genesisHash: keys.contextOf(genesis.validators).genesisHash,
    epochLengthBlocks: spec.epochLengthBlocks,
    provenKeys: provenKeysOf(spec),
    checkpoint,
    keysOf: (set: ValidatorSet) => keys.contextOf(set).keys,
    trusted: genesis,
    trustingPeriodMs: options.trustingPeriodMs ?? trustingPeriodMs(spec),
    ...(options.witnessesMin === undefined ? {} : { witnessesMin: options.witnessesMin }),
  }
  let sets: readonly ValidatorSet[] = [genesis.validators]
  const remember = ({ validators, nextValidators }: LightBlock): void => {
    const known = sets.filter((set) => set.epoch < validators.epoch)
    sets = [...known, validators, nextValidators].slice(-LIGHT_SETS_MAX)
  }
  const restore = async () => {
    try {
      const record = await memory.load()
      if (record === undefined) return genesis
      const { block, trusted } = trustFromStored(record, begun, clock.nowMs())
      remember(block)
      return trusted
    } catch (error) {
      log.warn('the trust of an earlier visit is not gone on from', { error })
      return genesis
    }
  }
  const client = createLightClient({ ...begun, trusted: await restore() })
  let underWay: Promise<LightRefusal | undefined> | undefined

  /** Full nodes put what is slashable into a block, and tell their operators of the rest. Who of them is asked may be the liar. */
  const prove = async (proof: AttackProof, peers: readonly PeerId[], network: LightPeers): Promise<void> => {
    const verdict = verifyAttack(proof, begun)
    log.error('an attack on light clients is proved', { kind: proof.kind, verdict })
    if (verdict.verdict !== 'accept') return
    if (verdict.evidence !== undefined) await network.publish?.('evidence', encodeEvidence(verdict.evidence))
    const report = encodeAttackReport(attackReport(proof))
    const told = peers.slice(0, ATTACK_REPORT_PEERS_MAX).map(async (peer) => {
      try {
        await network.request(peer, 'attack-report', report, { timeoutMs: ATTACK_REPORT_TIMEOUT_MS })
      } catch (error) {
        log.warn('an attack was not reported', { peer, error })
      }
    })
    await Promise.all(told)
  }

  const perform = async (
    effect: LightEffect,
    peers: readonly PeerId[],
    network: LightPeers,
  ): Promise<readonly LightEffect[]> => {
    switch (effect.type) {
      case 'request': {
        const answer = await askForBlock(effect, network)
        return client.handle(answer, clock.nowMs())
      }
      case 'penalize':
        network.penalize(effect.peer, effect.code)
        return []
      case 'trust':
        remember(effect.block)
        await memory.save(encodeLightBlock(effect.block)).catch((error: unknown) => {
          log.warn('what is trusted is not remembered', { error })
        })
        return []
      case 'attack':
        await prove(effect.proof, peers, network)
        return []
      case 'done':
        return []
    }
  }

  const run = async (
    peer: PeerId,
    others: readonly PeerId[],
    network: LightPeers,
  ): Promise<LightRefusal | undefined> => {
    const ended = await endedEpochs(peer, network, spec)
    if (ended === 0) return undefined
    const witnesses = others.filter((other) => other !== peer)
    const input = { type: 'advance', peer, epoch: epoch(ended - 1), witnesses } as const
    const queue = [...client.handle(input, clock.nowMs())]
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      if (effect.type === 'done') return effect.code
      queue.push(...(await perform(effect, [peer, ...witnesses], network)))
    }
    return undefined
  }

  return {
    recentSets: () => (isExpired(client.trusted(), begun.trustingPeriodMs, clock.nowMs()) ? [] : sets),
    finalized: (header) => void client.handle({ type: 'finalized', header }, clock.nowMs()),
    advance: async (peer, witnesses, network) => {
      // Whoever comes second takes what the first one learns.
      underWay ??= run(peer, witnesses, network).finally(() => (underWay = undefined))
      const code = await underWay
      if (code !== undefined) throw refusal(code)
    },
  }
}

/** Whether trust in this chain has ended: more asking does not help. */
export function isTrustLost(code: string): boolean {
  return Object.hasOwn(RECOVERY, code)
}

type BlockRequest = Extract<LightEffect, { type: 'request' }>

async function askForBlock({ requestId, peer, epoch: of }: BlockRequest, network: LightPeers): Promise<LightInput> {
  try {
    const request = encodeLightBlockRequest({ epoch: of })
    const data = await network.request(peer, 'light-block', request, { timeoutMs: LIGHT_BLOCK_TIMEOUT_MS })
    return { type: 'response', requestId, data }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { type: 'request-failed', requestId }
  }
}

/** As the peer says: it decides what is asked, and nothing else. */
async function endedEpochs(peer: PeerId, network: LightPeers, { epochLengthBlocks }: ChainSpec): Promise<number> {
  const request = encodeChainStatusRequest()
  const data = await network.request(peer, 'chain-status', request, { timeoutMs: STATUS_TIMEOUT_MS })
  const status = decodeChainStatus(data)
  if (!status.ok) {
    network.penalize(peer, 'LIGHT_MALFORMED')
    throw refusal('LIGHT_MALFORMED')
  }
  return Math.floor(status.value.height / epochLengthBlocks)
}

const RECOVERY: Readonly<Record<string, string>> = {
  LIGHT_TRUST_EXPIRED:
    'What was verified last is too old to go on from: old validators could sign another past. Begin anew, with the chain spec or a checkpoint (epoch and hash of its last block) from somebody you trust.',
  CHECKPOINT_TOO_OLD:
    'The checkpoint is older than the trusting period: name a newer one (epoch and hash of its last block), from somebody you trust.',
  LIGHT_FORKED:
    'Two chains are finalized by the same validators: nobody can tell here which one to follow. Ask somebody you trust for a checkpoint of the right one and begin anew with it.',
}

/** Asking again later may help. */
const PASSING: Readonly<Record<string, string>> = {
  LIGHT_NO_WITNESS:
    'One peer has shown how later epochs ended, and no other one confirms it: they are behind, or do not answer. Nothing is taken on the word of one.',
}

function refusal(code: LightRefusal): CodedError {
  return new CodedError(code, RECOVERY[code] ?? PASSING[code] ?? 'The validators of later epochs could not be proved.')
}
