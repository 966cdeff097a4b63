/**
 * What light clients tell of attacks on them (`attack-report`): checked against the chain of this node, for which it costs two
 * aggregate verifications. What is slashable in it goes where evidence goes: into the pool, to everybody, into a block. The
 * rest (amnesia, lunatics) convicts nobody by itself: operators see it in log and metrics.
 *
 * Anybody may send one, so that reports known or nonsensical cost nothing, and no more than a few a minute are verified.
 */
import {
  type AttackReport,
  type ChainSpec,
  type Evidence,
  type SignedEnd,
  boundaryHeight,
  decodeAttackReport,
  encodeEvidence,
} from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { keccak256 } from '@cairn/crypto'
import { type AttackVerdict, attackFromReport, provenKeysOf, verifyAttack } from '@cairn/light-client'
import type { Clock, Log, Metrics, Network, PeerId } from '@cairn/ports'
import type { Epoch, Hash } from '@cairn/primitives'
import type { ChainReader, EpochStore } from '@cairn/storage'
import { createEpochKeys } from './epoch-keys.ts'
import { ATTACK_REPORTS_AT_ONCE_MAX, ATTACK_REPORTS_KNOWN_MAX, ATTACK_REPORT_INTERVAL_MS } from './limits.ts'

export interface AttackReportsDeps {
  readonly spec: ChainSpec
  readonly genesisHash: Hash
  readonly bls: Bls
  readonly chain: Pick<ChainReader, 'headerByHeight' | 'certificateAtOrAbove'>
  readonly epochs: Pick<EpochStore, 'recentSets'>
  readonly network: Pick<Network, 'onRequest' | 'penalize' | 'publish'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Proven; for the rules, which keep it for a block. */
  readonly onEvidence: (evidence: Evidence, from: PeerId) => void
}

type Answer = Uint8Array | { readonly refused: string }

/** Whoever asks over JSON-RPC has no peer id. */
const NO_PEER = ''
const TAKEN = new Uint8Array(0)

/** Serves the protocol; call before the network starts. What it returns answers whoever asks over JSON-RPC. */
export function routeAttackReports(deps: AttackReportsDeps): (data: Uint8Array) => Promise<Answer> {
  const { spec, genesisHash, bls, network } = deps
  /** Of sets that anybody makes up: they must not drive those of the rules out of their cache. */
  const keys = createEpochKeys(genesisHash, bls)
  const rules = {
    chainId: spec.chainId,
    genesisHash,
    epochLengthBlocks: spec.epochLengthBlocks,
    provenKeys: provenKeysOf(spec),
    keysOf: (set: Parameters<typeof keys.contextOf>[0]) => keys.contextOf(set).keys,
  }
  const known = new Set<Hash>()
  const takeTurn = createTurns(deps.clock)

  const answer = async (data: Uint8Array, from: PeerId): Promise<Answer> => {
    const decoded = decodeAttackReport(data)
    if (!decoded.ok) return blame(from, decoded.code)
    const hash = keccak256(data)
    if (known.has(hash)) return TAKEN
    const proof = attackFromReport(decoded.value, await knownChain(decoded.value, deps))
    if (proof === undefined) return { refused: 'ATTACK_EPOCH_UNKNOWN' }
    if (!takeTurn()) return { refused: 'ATTACK_REPORTS_TOO_MANY' }
    const verdict = verifyAttack(proof, rules)
    if (verdict.verdict === 'reject') return blame(from, verdict.code)
    known.add(hash)
    const [oldest] = known
    if (known.size > ATTACK_REPORTS_KNOWN_MAX && oldest !== undefined) known.delete(oldest)
    tell(proof.kind, proof.block.header.epoch, verdict, from)
    return TAKEN
  }
  const blame = (from: PeerId, code: string): Answer => {
    if (from !== NO_PEER) network.penalize(from, code)
    return { refused: code }
  }
  const tell = (
    kind: string,
    epoch: Epoch,
    { offenders, evidence }: Extract<AttackVerdict, { verdict: 'accept' }>,
    from: PeerId,
  ): void => {
    deps.metrics.count('attacks_on_light_clients_total', { kind })
    deps.log.error('an attack on light clients is proved', {
      kind,
      epoch,
      offenders,
      isSlashable: evidence !== undefined,
    })
    if (evidence === undefined) return
    deps.onEvidence(evidence, from)
    network.publish('evidence', encodeEvidence(evidence)).catch((error: unknown) => {
      deps.log.warn('message not published', { topic: 'evidence', error })
    })
  }
  network.onRequest('attack-report', answer)
  return (data) => answer(data, NO_PEER)
}

/** Of the epochs that the report is about: of those whose validators can still be punished. */
async function knownChain(
  report: AttackReport,
  deps: AttackReportsDeps,
): Promise<Parameters<typeof attackFromReport>[1]> {
  const sets = deps.epochs.recentSets()
  const own = report.type === 'fork' ? undefined : await endOf(report.end.header.epoch, deps)
  return {
    setOf: (epoch) => sets.find((set) => set.epoch === epoch),
    endOf: () => own,
  }
}

async function endOf(epoch: Epoch, { chain, spec }: AttackReportsDeps): Promise<SignedEnd | undefined> {
  const at = boundaryHeight(epoch, spec.epochLengthBlocks)
  const found = await chain.certificateAtOrAbove(at)
  const header = await chain.headerByHeight(at)
  return found?.height === at && header !== undefined ? { header, finalization: found.certificate } : undefined
}

/** Some at once, then one in each interval. */
function createTurns(clock: Clock): () => boolean {
  let left = ATTACK_REPORTS_AT_ONCE_MAX
  let countedAtMs = clock.monotonicMs()
  return () => {
    const earned = Math.floor((clock.monotonicMs() - countedAtMs) / ATTACK_REPORT_INTERVAL_MS)
    countedAtMs += earned * ATTACK_REPORT_INTERVAL_MS
    left = Math.min(ATTACK_REPORTS_AT_ONCE_MAX, left + earned)
    if (left === 0) return false
    left -= 1
    return true
  }
}
