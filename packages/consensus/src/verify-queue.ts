/** Bookkeeping of verifications under way: bounded in total and per peer, each remembered until its result. */
import type { From } from './input.ts'
import { VERIFICATIONS_MAX, VERIFICATIONS_PER_PEER_MAX } from './limits.ts'
import type { Core, PendingVerification, VoteCandidate } from './state.ts'
import type { PeerFault } from './effect.ts'
import type { VerificationRequest } from './verification.ts'

/** Emits `verify`. `false` when a limit drops the request; whatever it was about comes again by R9. */
export function requestVerification(
  { state, options, effects }: Core,
  request: VerificationRequest,
  from: From | undefined,
  gossiped = false,
): boolean {
  if (state.verifications.size >= VERIFICATIONS_MAX) return false
  if (from !== undefined) {
    const underWay = state.verificationsByPeer.get(from) ?? 0
    if (underWay >= VERIFICATIONS_PER_PEER_MAX) return false
    state.verificationsByPeer.set(from, underWay + 1)
  }
  const id = state.nextVerificationId++
  state.verifications.set(id, { request, from, gossiped })
  effects.push({ type: 'verify', id, request, validators: options.validators })
  return true
}

/** The request of a result, once; `undefined` for an unknown id. */
export function takeVerification({ state }: Core, id: number): PendingVerification | undefined {
  const pending = state.verifications.get(id)
  if (pending === undefined) return undefined
  state.verifications.delete(id)
  if (pending.from !== undefined) {
    const underWay = (state.verificationsByPeer.get(pending.from) ?? 1) - 1
    if (underWay === 0) state.verificationsByPeer.delete(pending.from)
    else state.verificationsByPeer.set(pending.from, underWay)
  }
  return pending
}

/** Blames a sender; nobody is blamed for own or recovered data. */
export function reportPeer({ effects }: Core, peer: From | undefined, code: PeerFault): void {
  if (peer !== undefined) effects.push({ type: 'report-peer', peer, code })
}

/** Verifies a vote for its own sake, once. */
export function requestAlone(core: Core, candidate: VoteCandidate): void {
  if (candidate.isVerified || candidate.isChecking) return
  candidate.isChecking = requestVerification(core, { kind: 'vote', vote: candidate.vote }, candidate.from)
}
