/**
 * Verdicts on messages that several nodes receive: messages are immutable and shared, and verifying is pure, so each
 * is judged once for all of them. What differs by object is judged again, also when it has the same content.
 */
import { performVerification } from '@cairn/consensus'
import type { VerificationContext, VerificationRequest, VerificationResult } from '@cairn/consensus'

export interface VerificationCache {
  perform(request: VerificationRequest, context: VerificationContext): VerificationResult
}

/** One per run. */
export function createVerificationCache(): VerificationCache {
  const known = new WeakMap<object, VerificationResult>()
  return {
    perform(request, context) {
      const subject = subjectOf(request)
      const cached = subject && known.get(subject)
      if (cached !== undefined) return cached
      const result = performVerification(request, context)
      if (subject !== undefined) known.set(subject, result)
      return result
    },
  }
}

/** An aggregate is each node's own. */
function subjectOf(request: VerificationRequest): object | undefined {
  switch (request.kind) {
    case 'vote':
      return request.vote
    case 'certificate':
      return request.certificate
    case 'proposal':
      return request.proposal
    case 'evidence':
      return request.evidence
    case 'leaving':
      return request.leaving
    default:
      return undefined
  }
}
