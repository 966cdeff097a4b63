/** What the parts of the snapshot machine share: requests, checks and steps, each with what is to happen afterwards. */
import type { Certificate } from '@cairn/chain'
import type { Hash, Verdict } from '@cairn/primitives'
import { SNAPSHOT_REQUESTS_MAX } from '../limits.ts'
import type { SyncPeer } from '../sync-input.ts'
import type {
  RangeToVerify,
  SnapshotEffect,
  SnapshotFailure,
  SnapshotFault,
  SnapshotProtocol,
  SnapshotStep,
} from './snapshot-input.ts'
import type { SnapshotPeers } from './snapshot-peers.ts'

interface RequestHandlers {
  /** The peer's answer; judge it with `succeeded`, `condemn` or `ended` of the peers. */
  onData(data: Uint8Array): void
  onFailed(isRefused: boolean): void
}

export interface SnapshotContext {
  readonly peers: SnapshotPeers
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  nowMs(): number
  hasRoom(): boolean
  emit(effect: SnapshotEffect): void
  request(peer: SyncPeer, protocol: SnapshotProtocol, data: Uint8Array, handlers: RequestHandlers): void
  verify(ranges: readonly RangeToVerify[], then: (results: readonly (boolean | undefined)[]) => void): void
  /** In order, one at a time. `make` is called when its turn comes; `undefined`: no longer wanted. */
  step(make: () => SnapshotStep | undefined, then: (hashes: readonly Hash[]) => void): void
  condemn(peer: SyncPeer, code: SnapshotFault): void
  fail(code: SnapshotFailure): void
  /** What is restored contradicts itself: begin anew. */
  restart(): void
  progressed(): void
}

/** The context, and the ends of it that inputs drive. */
export interface SnapshotContextOwner extends SnapshotContext {
  onResponse(requestId: number, data: Uint8Array): void
  onRequestFailed(requestId: number, isRefused: boolean): void
  onVerified(taskId: number, results: readonly (boolean | undefined)[]): void
  onStepDone(taskId: number, hashes: readonly Hash[]): void
  /** Whether it was the step under way. */
  onStepRefused(taskId: number): boolean
  setNow(nowMs: number): void
  /** Effects since the last call. */
  takeEffects(): readonly SnapshotEffect[]
  /** Forgets what is under way: late answers are ignored. The step that is being performed is not undone: it ends as ever. */
  dropAll(): void
  readonly lastProgressMs: number
  readonly failure: SnapshotFailure | undefined
  readonly underWay: number
}

interface PendingStep {
  readonly make: () => SnapshotStep | undefined
  readonly onDone: (hashes: readonly Hash[]) => void
}

export function createSnapshotContext(
  peers: SnapshotPeers,
  verifyFinalization: (certificate: Certificate) => Verdict,
  onRestart: () => void,
): SnapshotContextOwner {
  const requests = new Map<number, RequestHandlers & { readonly peer: SyncPeer }>()
  const checks = new Map<number, (results: readonly (boolean | undefined)[]) => void>()
  let steps: PendingStep[] = []
  let running: { readonly taskId: number; readonly onDone: PendingStep['onDone'] } | undefined
  let effects: SnapshotEffect[] = []
  let nextId = 1
  let now = 0
  let lastProgressMs = 0
  let failure: SnapshotFailure | undefined

  const dispatch = (): void => {
    while (running === undefined) {
      const next = steps.shift()
      if (next === undefined) return
      const step = next.make()
      if (step === undefined) continue
      running = { taskId: nextId++, onDone: next.onDone }
      effects.push({ type: 'step', taskId: running.taskId, step })
    }
  }
  const taken = (requestId: number): (RequestHandlers & { readonly peer: SyncPeer }) | undefined => {
    const found = requests.get(requestId)
    requests.delete(requestId)
    return found
  }

  return {
    peers,
    verifyFinalization,
    nowMs: () => now,
    hasRoom: () => requests.size < SNAPSHOT_REQUESTS_MAX,
    emit: (effect) => void effects.push(effect),
    request: (peer, protocol, data, handlers) => {
      const requestId = nextId++
      requests.set(requestId, { ...handlers, peer })
      peers.started(peer)
      effects.push({ type: 'request', requestId, peer, protocol, data })
    },
    verify: (ranges, then) => {
      const taskId = nextId++
      checks.set(taskId, then)
      effects.push({ type: 'verify', taskId, ranges })
    },
    step: (make, onDone) => {
      steps.push({ make, onDone })
      dispatch()
    },
    condemn: (peer, code) => {
      if (peers.isCondemned(peer)) return
      peers.condemn(peer)
      effects.push({ type: 'penalize', peer, code })
    },
    fail: (code) => {
      if (failure !== undefined) return
      failure = code
      effects.push({ type: 'failed', code })
    },
    restart: onRestart,
    progressed: () => (lastProgressMs = now),
    onResponse: (requestId, data) => taken(requestId)?.onData(data),
    onRequestFailed: (requestId, isRefused) => taken(requestId)?.onFailed(isRefused),
    onVerified: (taskId, results) => {
      const then = checks.get(taskId)
      checks.delete(taskId)
      then?.(results)
    },
    onStepDone: (taskId, hashes) => {
      if (running?.taskId !== taskId) return
      const { onDone } = running
      running = undefined
      lastProgressMs = now
      onDone(hashes)
      dispatch()
    },
    onStepRefused: (taskId) => {
      if (running?.taskId !== taskId) return false
      running = undefined
      return true
    },
    setNow: (nowMs) => (now = nowMs),
    takeEffects: () => {
      const taking = effects
      effects = []
      return taking
    },
    dropAll: () => {
      for (const { peer } of requests.values()) peers.ended(peer)
      requests.clear()
      checks.clear()
      steps = []
    },
    get lastProgressMs() {
      return lastProgressMs
    },
    get failure() {
      return failure
    },
    get underWay() {
      return requests.size + checks.size + steps.length + (running === undefined ? 0 : 1)
    },
  }
}
