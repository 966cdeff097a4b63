/**
 * Which peer each validator is (ADR 041). A validator says so by gossip, signed with its key, once a minute and when peers
 * come; who hears it verifies it before it is forwarded. Where nobody has said anything, the validator set's own peer id
 * counts. Kept by public key: who stays in the set need not say it anew in each epoch. A hint for transport only.
 */
import { type Announcement, decodeAnnouncement, encodeAnnouncement, verifyAnnouncement } from '@cairn/chain'
import type { Consensus, Signer } from '@cairn/consensus'
import type { Clock, Log, Network, PeerId, TimerHandle, Timers } from '@cairn/ports'
import { type Hash, type Hex, type Verdict, hexFromBytes, ignore, reject } from '@cairn/primitives'
import type { EpochKeys } from './epoch-keys.ts'
import {
  ANNOUNCEMENTS_APART_MIN_MS,
  ANNOUNCEMENT_VIEWS_AHEAD_MAX,
  ANNOUNCE_AGAIN_COUNT,
  ANNOUNCE_AGAIN_MS,
  ANNOUNCE_INTERVAL_MS,
  ANNOUNCE_PAUSE_MS,
} from './limits.ts'

export interface ValidatorPeers {
  /** By index in the current epoch's set; `undefined`: not known. */
  peerOf(validator: number): PeerId | undefined
  /** Of all validators of the current epoch but this node, without repetition. */
  peers(): readonly PeerId[]
  /** Called when `peers()` may have changed; returns the unsubscribe function. */
  onChanged(listener: () => void): () => void
  /** Call after an epoch's last block. */
  onEpoch(): void
  start(): void
  stop(): void
}

export interface ValidatorPeersDeps {
  readonly network: Network
  readonly consensus: Pick<Consensus, 'validators' | 'view' | 'self'>
  /** Absent on a node that only follows: it listens. */
  readonly signer: Pick<Signer, 'signAnnouncement'> | undefined
  readonly keys: EpochKeys
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

/** The newest of a validator. */
interface Heard {
  readonly announcement: Announcement
  readonly atMs: number
}

/** Listens on its topic from the start; call before the network starts. */
export function createValidatorPeers(deps: ValidatorPeersDeps): ValidatorPeers {
  const { network, consensus, clock } = deps
  const heard = new Map<Hex, Heard>()
  const listeners = new Set<() => void>()
  let known: Hash | undefined
  const announcer = createAnnouncer(deps, () => onEpoch())
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const keyOf = (validator: number): Hex | undefined => {
    const { publicKey } = consensus.validators.validators[validator] ?? {}
    return publicKey && hexFromBytes(publicKey)
  }

  network.onTopic('announcements', (data): Verdict => {
    const decoded = decodeAnnouncement(data)
    if (!decoded.ok) return reject(decoded.code)
    const announcement = decoded.value
    const key = keyOf(announcement.validator)
    const early = screen(announcement, consensus, key && heard.get(key), clock.monotonicMs())
    if (early !== undefined || key === undefined) return early ?? reject('ANNOUNCEMENT_UNKNOWN_VALIDATOR')
    const { validators } = consensus
    const context = deps.keys.contextOf(validators)
    // Rare, and as easy to forge as a leaving: nobody forwards what is not verified.
    const verdict = verifyAnnouncement(announcement, validators, context.keys, context.genesisHash)
    if (verdict.verdict !== 'accept') return verdict
    const isNews = heard.get(key)?.announcement.peerId !== announcement.peerId
    heard.set(key, { announcement, atMs: clock.monotonicMs() })
    if (isNews) tell()
    return verdict
  })

  const onEpoch = (): void => {
    const { hash, validators } = consensus.validators
    if (known === hash) return
    known = hash
    const members = new Set(validators.map(({ publicKey }) => hexFromBytes(publicKey)))
    for (const key of heard.keys()) if (!members.has(key)) heard.delete(key)
    tell()
  }

  const peerOf = (validator: number): PeerId | undefined => {
    const key = keyOf(validator)
    const said = key && heard.get(key)?.announcement.peerId
    const listed = consensus.validators.validators[validator]?.peerId
    return said ?? (listed === '' ? undefined : listed)
  }
  return {
    peerOf,
    peers: () => {
      const all = consensus.validators.validators.map((_, validator) => peerOf(validator))
      return [...new Set(all)].filter((peer) => peer !== undefined && peer !== network.peerId) as PeerId[]
    },
    onChanged: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onEpoch,
    start: announcer.start,
    stop: announcer.stop,
  }
}

/** What is decided without a verification; `undefined`: worth one. */
function screen(
  { epoch, view, validator }: Announcement,
  consensus: ValidatorPeersDeps['consensus'],
  known: Heard | undefined,
  nowMs: number,
): Verdict | undefined {
  const { validators } = consensus
  if (epoch !== validators.epoch) return ignore(epoch < validators.epoch ? 'EPOCH_OVER' : 'EPOCH_AHEAD')
  if (validator >= validators.validators.length) return reject('ANNOUNCEMENT_UNKNOWN_VALIDATOR')
  if (view > consensus.view + ANNOUNCEMENT_VIEWS_AHEAD_MAX) return ignore('VIEW_OUT_OF_WINDOW')
  if (known === undefined) return undefined
  const before = known.announcement
  if (before.epoch === epoch && before.view >= view) return ignore(before.view === view ? 'DUPLICATE' : 'STALE')
  // A validator that signs one for each view costs nobody more than this.
  return nowMs - known.atMs < ANNOUNCEMENTS_APART_MIN_MS ? ignore('TOO_SOON') : undefined
}

/** Says the own peer id: when there is somebody to hear it and when others come, each time more than once, and once a minute. */
function createAnnouncer(
  { network, consensus, signer, clock, timers, log }: ValidatorPeersDeps,
  onInterval: () => void,
): { start(): void; stop(): void } {
  let timer: TimerHandle | undefined
  let again: TimerHandle | undefined
  let forget: (() => void) | undefined
  let saidAtMs = Number.NEGATIVE_INFINITY
  let gossiping = 0

  /** False: nothing to say, or nobody to hear it. */
  const publish = (): boolean => {
    const { self, validators, view } = consensus
    if (signer === undefined || self === undefined || gossiping === 0) return false
    const { epoch } = validators
    const { peerId } = network
    const signature = signer.signAnnouncement({ epoch, view }, peerId)
    const data = encodeAnnouncement({ epoch, view, validator: self, peerId, signature })
    network.publish('announcements', data).catch((error: unknown) => {
      log.warn('message not published', { topic: 'announcements', error })
    })
    return true
  }
  /** Not within the pause. Tells whether it was said. */
  const say = (): boolean => {
    if (clock.monotonicMs() - saidAtMs < ANNOUNCE_PAUSE_MS || !publish()) return false
    saidAtMs = clock.monotonicMs()
    return true
  }
  /** Nobody answers an announcement, and one is easily lost while connections settle. */
  const publishAgain = (times: number): void => {
    again?.cancel()
    if (times === 0) return
    again = timers.after(ANNOUNCE_AGAIN_MS, () => {
      publish()
      publishAgain(times - 1)
    })
  }
  const onPeersChanged = (): void => {
    const before = gossiping
    gossiping = network.peers().filter((peer) => peer.gossiping).length
    if (gossiping > before && say()) publishAgain(ANNOUNCE_AGAIN_COUNT)
  }
  const repeat = (): void => {
    timer = timers.after(ANNOUNCE_INTERVAL_MS, () => {
      // Where sync has brought the epoch's end, nobody has told.
      onInterval()
      say()
      repeat()
    })
  }
  return {
    start: (): void => {
      forget = network.onPeersChanged(onPeersChanged)
      onPeersChanged()
      repeat()
    },
    stop: (): void => {
      forget?.()
      timer?.cancel()
      again?.cancel()
    },
  }
}
