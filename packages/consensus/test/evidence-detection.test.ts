/** Where a running instance notices offences, and what it does with evidence that others found. */
import {
  createValidatorSet,
  decodeEvidenceList,
  encodeEvidenceList,
  evidenceFromCertificates,
  evidenceFromVotes,
} from '@cairn/chain'
import type { Evidence } from '@cairn/chain'
import { ACCEPT, ZERO_HASH, epoch, ignore, reject, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import type { Effect } from '../src/effect.ts'
import { createEvidenceBook } from '../src/evidence/evidence-book.ts'
import { LATE_VIEWS_MAX } from '../src/limits.ts'
import { badSignature, createHarness, namesOf } from './harness.ts'
import type { Harness } from './harness.ts'

const SECOND_SIGNATURE = new Uint8Array(96).fill(99)

function follower(options: Parameters<typeof createHarness>[0] = {}) {
  const book = createEvidenceBook({ unbondingEpochs: 28 })
  const h = createHarness({ self: undefined, consensus: { evidence: book }, ...options })
  h.take()
  return { h, book }
}

const broadcastsOf = (effects: readonly Effect[]): readonly Evidence[] =>
  effects.flatMap((effect) => (effect.type === 'broadcast-evidence' ? [effect.evidence] : []))

function twoHashes(h: Harness, at = 1): readonly [ReturnType<Harness['block']>, ReturnType<Harness['block']>] {
  return [h.block(at, h.genesis), h.block(at, h.genesis, { timeMs: h.genesis.header.timeMs + 99 })]
}

/** Notarizes and finalizes an empty block in view `at`, without one of `validator`'s votes. */
function finalizeView(h: Harness, at: number, parent = h.genesis): { readonly hash: typeof parent.hash } {
  const block = h.block(at, parent)
  h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
  h.feed({ type: 'certificate', certificate: h.certificate('finalize', at, block.hash), from: 'p', gossiped: true })
  return block
}

describe('a vote against a certificate that its validator has signed', () => {
  it('is an offence whichever comes first: a collector of the one learns of the other by its certificate', () => {
    for (const isVoteFirst of [true, false]) {
      const { h, book } = follower()
      const [a, b] = twoHashes(h)
      const vote = { type: 'vote', vote: h.vote('notarize', 1, b.hash, 2), from: 'p' } as const
      const certificate = h.certificate('notarize', 1, a.hash)
      const shown = { type: 'certificate', certificate, from: 'q', gossiped: true } as const
      for (const input of isVoteFirst ? [vote, shown] : [shown, vote]) h.feed(input)
      const [evidence, ...more] = broadcastsOf(h.take())
      expect(evidence).toMatchObject({ type: 'vote-and-certificate', first: { validator: 2, hash: b.hash } })
      expect(more).toEqual([])
      expect(book.pending()).toEqual([evidence])
    }
  })

  it('is one with a nullify vote against a finalization, also when the view is final', () => {
    const { h, book } = follower()
    finalizeView(h, 1)
    h.take()
    h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, 2), from: 'p' })
    expect(broadcastsOf(h.take())).toMatchObject([
      { type: 'vote-and-certificate', first: { kind: 'nullify', validator: 2 } },
    ])
    expect(book.pending()).toHaveLength(1)
  })

  it('is none of somebody else, with a bad signature, or for what goes together', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    h.feed({
      type: 'certificate',
      certificate: h.certificate('notarize', 1, a.hash, [0, 1, 2]),
      from: 'q',
      gossiped: true,
    })
    h.feed({ type: 'vote', vote: h.vote('notarize', 1, b.hash, 3), from: 'p' })
    h.feed({ type: 'vote', vote: h.vote('finalize', 1, b.hash, 1), from: 'p' })
    h.feed({ type: 'vote', vote: { ...h.vote('notarize', 1, b.hash, 2), signature: badSignature() }, from: 'p' })
    expect(broadcastsOf(h.take())).toEqual([])
    expect(book.pending()).toEqual([])
  })
})

describe('votes', () => {
  it('are compared up to the window ahead of the own view', () => {
    const { h, book } = follower()
    for (const at of [20, 33]) {
      h.feed({ type: 'vote', vote: h.vote('nullify', at, ZERO_HASH, 2), from: 'p' })
      h.feed({ type: 'vote', vote: h.vote('finalize', at, h.genesis.hash, 2, SECOND_SIGNATURE), from: 'q' })
    }
    expect(broadcastsOf(h.take()).map(({ first }) => first.view)).toEqual([20, 33])
    expect(book.pending()).toHaveLength(2)
  })

  it('are compared after the view is final, and not forwarded then', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    h.feed({ type: 'vote', vote: h.vote('notarize', 1, a.hash, 2), from: 'p' })
    finalizeView(h, 1)
    h.take()
    const late = h.vote('notarize', 1, b.hash, 2, SECOND_SIGNATURE)
    expect(h.consensus.screen({ type: 'vote', vote: late, from: 'q' })).toEqual(ignore('LATE_VOTE'))
    h.feed({ type: 'vote', vote: late, from: 'q' })
    expect(broadcastsOf(h.take())).toHaveLength(1)
    expect(book.pending()).toHaveLength(1)
  })

  it('are compared when both halves come late, for so many views', () => {
    const { h, book } = follower()
    let parent: Parameters<Harness['block']>[1] = h.genesis
    for (let at = 1; at <= LATE_VIEWS_MAX + 3; at++) {
      const block = h.block(at, parent)
      h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
      h.feed({ type: 'certificate', certificate: h.certificate('finalize', at, block.hash), from: 'p', gossiped: true })
      parent = block
    }
    const sendBoth = (at: number): void => {
      h.feed({ type: 'vote', vote: h.vote('nullify', at, ZERO_HASH, 3), from: 'p' })
      h.feed({ type: 'vote', vote: h.vote('finalize', at, parent.hash, 3, SECOND_SIGNATURE), from: 'q' })
    }
    sendBoth(2)
    expect(book.pending()).toEqual([])
    sendBoth(4)
    sendBoth(LATE_VIEWS_MAX + 2)
    // Each is also one against the finalization, which bears its validator's signature.
    expect([...new Set(book.pending().map(({ first }) => first.view))]).toEqual([4, LATE_VIEWS_MAX + 2])
  })

  it('that are forged prove nothing, early or late, and cost their sender', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    for (const at of [1, 2]) {
      h.feed({ type: 'vote', vote: h.vote('notarize', at, a.hash, 2), from: 'p' })
      if (at === 1) finalizeView(h, 1)
      h.take()
      h.feed({ type: 'vote', vote: h.vote('notarize', at, b.hash, 2, badSignature()), from: 'liar' })
      expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'liar', code: 'VOTE_SIGNATURE_INVALID' })
    }
    expect(book.pending()).toEqual([])
  })

  it('of proposals count: two proposals of one leader', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    const leader = h.consensus.leader(view(1))
    h.feed({ type: 'proposal', proposal: h.proposal(a), from: 'p' })
    const vote = h.vote('notarize', 1, b.hash, leader, SECOND_SIGNATURE)
    h.feed({ type: 'proposal', proposal: h.proposal(b, { vote }), from: 'q' })
    expect(broadcastsOf(h.take())).toHaveLength(1)
    expect(book.pending()[0]?.first).toMatchObject({ kind: 'notarize', validator: leader })
  })
})

describe('certificates', () => {
  it('of two hashes, and X with F, accuse who signed both; the first one stays in force', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    h.feed({
      type: 'certificate',
      certificate: h.certificate('notarize', 1, a.hash, [0, 1, 2]),
      from: 'p',
      gossiped: true,
    })
    h.feed({
      type: 'certificate',
      certificate: h.certificate('notarize', 1, b.hash, [1, 2, 3]),
      from: 'q',
      gossiped: true,
    })
    h.feed({
      type: 'certificate',
      certificate: h.certificate('nullify', 3, ZERO_HASH, [0, 1, 2]),
      from: 'p',
      gossiped: true,
    })
    h.feed({
      type: 'certificate',
      certificate: h.certificate('finalize', 3, a.hash, [0, 1, 3]),
      from: 'q',
      gossiped: true,
    })
    const found = broadcastsOf(h.take())
    expect(found.map(({ type, first, second }) => [type, first.kind, second.kind])).toEqual([
      ['certificates', 'notarize', 'notarize'],
      ['certificates', 'nullify', 'finalize'],
    ])
    expect(book.pending()).toEqual(found)
    const known = h.consensus.certificatesFrom(epoch(0), view(1)).filter(({ kind }) => kind === 'notarize')
    expect(known.map(({ hash }) => hash).filter((hash) => hash !== a.hash)).toEqual([])
  })

  it('are compared while another one is being verified, and when their view is final', () => {
    const { h, book } = follower({ manual: ['verify'] })
    const [a, b] = twoHashes(h)
    for (const [hash, from] of [
      [a.hash, 'p'],
      [b.hash, 'q'],
    ] as const) {
      h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, hash), from, gossiped: true })
    }
    const verifyNext = (): void => {
      for (const effect of h.take()) {
        if (effect.type !== 'verify') continue
        h.feed({ type: 'verified', id: effect.id, result: { kind: 'certificate', isValid: true } })
      }
    }
    verifyNext()
    verifyNext()
    expect(book.pending()).toHaveLength(1)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 2, a.hash), from: 'p', gossiped: true })
    verifyNext()
    for (const at of [1, 2]) {
      const certificate = h.certificate('nullify', at, ZERO_HASH)
      const verdict = at === 2 ? ACCEPT : ignore('STALE')
      expect(h.consensus.screen({ type: 'certificate', certificate, from: 'p', gossiped: true })).toEqual(verdict)
      h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    }
    verifyNext()
    expect(book.pending()).toHaveLength(2)
  })

  it('that are forged prove nothing', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, a.hash), from: 'p', gossiped: true })
    const forged = { ...h.certificate('notarize', 1, b.hash), signature: badSignature() }
    h.feed({ type: 'certificate', certificate: forged, from: 'liar', gossiped: true })
    expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'liar', code: 'CERTIFICATE_SIGNATURE_INVALID' })
    expect(book.pending()).toEqual([])
  })
})

describe('evidence of peers', () => {
  const pairOf = (h: Harness, validator: number, at = 1): Evidence => {
    const [a, b] = twoHashes(h)
    const second = h.vote('notarize', at, b.hash, validator, SECOND_SIGNATURE)
    const evidence = evidenceFromVotes(h.vote('notarize', at, a.hash, validator), second)
    if (evidence === undefined) throw new Error('the votes conflict')
    return evidence
  }

  it('is proven, kept, and makes an equivocating leader’s view hopeless without a second broadcast', () => {
    const leader = createHarness().consensus.leader(view(1))
    const { h, book } = follower({ self: (leader + 1) % 4 })
    const evidence = pairOf(h, leader)
    expect(h.consensus.screen({ type: 'evidence', evidence, from: 'p' })).toEqual(ACCEPT)
    h.feed({ type: 'evidence', evidence, from: 'p' })
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
    expect(book.pending()).toEqual([evidence])
    expect(broadcastsOf(h.take())).toEqual([])
    expect(h.consensus.screen({ type: 'evidence', evidence, from: 'q' })).toEqual(ignore('DUPLICATE'))
  })

  it('that is forged, of a stranger or of no use is not kept', () => {
    const { h, book } = follower()
    const good = pairOf(h, 2)
    if (good.type !== 'votes') throw new Error('votes')
    h.feed({
      type: 'evidence',
      evidence: { ...good, second: { ...good.second, signature: badSignature() } },
      from: 'liar',
    })
    const stranger = { ...good, first: { ...good.first, validator: 9 }, second: { ...good.second, validator: 9 } }
    expect(h.consensus.screen({ type: 'evidence', evidence: stranger, from: 'liar' })).toEqual(
      reject('EVIDENCE_UNKNOWN_VALIDATOR'),
    )
    h.feed({ type: 'evidence', evidence: stranger, from: 'liar' })
    const reports = h.take().filter((effect) => effect.type === 'report-peer')
    expect(reports.map(({ code }) => code)).toEqual(['EVIDENCE_INVALID', 'EVIDENCE_INVALID'])
    expect(book.pending()).toEqual([])
  })

  it('of certificates is kept, and teaches what it certifies', () => {
    const { h, book } = follower()
    const evidence = evidenceFromCertificates(
      h.certificate('nullify', 1, ZERO_HASH),
      h.certificate('finalize', 1, h.genesis.hash),
    )
    if (evidence === undefined) throw new Error('the certificates conflict')
    h.feed({ type: 'evidence', evidence, from: 'p' })
    expect(book.pending()).toEqual([evidence])
    expect(h.consensus.finalizedView).toBe(1)
  })

  it('of an older epoch is kept too', () => {
    const validators = createValidatorSet(
      epoch(3),
      [1, 2, 3, 4].map((seed) => ({
        publicKey: new Uint8Array(48).fill(seed),
        weight: 1n,
        feeRecipient: `0x${'00'.repeat(20)}` as never,
        peerId: '',
      })),
      ZERO_HASH,
    )
    const book = createEvidenceBook({ unbondingEpochs: 28 })
    const { genesis } = createHarness()
    const header = { ...genesis.header, epoch: epoch(2) }
    const head = { ...genesis, header, epochState: { ...genesis.epochState, validators } }
    const h = createHarness({ self: undefined, consensus: { evidence: book }, start: { head } })
    const evidence = pairOf(h, 2)
    h.feed({ type: 'evidence', evidence, from: 'p' })
    expect(book.pending()).toEqual([evidence])
  })
})

describe('blocks', () => {
  it('of the leader carry what waits; when final it waits no more', () => {
    const leader = createHarness().consensus.leader(view(1))
    const { h, book } = follower({ self: leader })
    const offender = (leader + 1) % 4
    const [a, b] = twoHashes(h)
    const evidence = evidenceFromVotes(
      h.vote('finalize', 1, a.hash, offender),
      h.vote('finalize', 1, b.hash, offender, SECOND_SIGNATURE),
    ) as Evidence
    const own = createHarness({ self: leader, consensus: { evidence: book }, isBusy: false })
    own.feed({ type: 'evidence', evidence, from: 'p' })
    own.feed({ type: 'transactions-pending', pending: true })
    const proposal = own.take().find((effect) => effect.type === 'broadcast-proposal')?.proposal
    expect(decodeEvidenceList(proposal?.block.evidence ?? new Uint8Array())).toEqual({ ok: true, value: [evidence] })
    expect(proposal?.block.header.evidenceRoot).not.toBe(ZERO_HASH)
    const finalization = own.certificate('finalize', 1, proposal?.block.hash ?? ZERO_HASH)
    own.feed({ type: 'certificate', certificate: finalization, from: 'p', gossiped: true })
    expect(own.consensus.head.header.height).toBe(1)
    expect(book.pending()).toEqual([])
  })

  it('that repeat an offence or show an unproven one are voted down, the first kind without halting anybody', () => {
    const self = (createHarness().consensus.leader(view(1)) + 1) % 4
    const { h, book } = follower({ self })
    const [a, b] = twoHashes(h)
    const evidence = evidenceFromVotes(
      h.vote('notarize', 1, a.hash, 2),
      h.vote('notarize', 1, b.hash, 2, SECOND_SIGNATURE),
    ) as Evidence
    const earlier = h.block(1, h.genesis, {}, [evidence])
    book.commit(earlier)
    const repeated = h.block(1, h.genesis, {}, [evidence])
    h.feed({ type: 'proposal', proposal: h.proposal(repeated), from: 'p' })
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 1, repeated.hash), from: 'p', gossiped: true })
    expect([h.consensus.isHalted, h.consensus.head.header.height]).toEqual([false, 1])

    const other = follower({ self }).h
    const forged = { ...evidence, second: { ...evidence.second, signature: badSignature() } } as Evidence
    other.feed({ type: 'proposal', proposal: other.proposal(other.block(1, other.genesis, {}, [forged])), from: 'p' })
    expect(namesOf(other.signed())).toEqual(['nullify 1'])
  })

  it('committed by sync count as well', () => {
    const { h, book } = follower()
    const [a, b] = twoHashes(h)
    const evidence = evidenceFromVotes(
      h.vote('notarize', 1, a.hash, 2),
      h.vote('notarize', 1, b.hash, 2, SECOND_SIGNATURE),
    ) as Evidence
    book.add(evidence, epoch(0))
    const block = h.block(1, h.genesis, {}, [evidence])
    const finalization = h.certificate('finalize', 1, block.hash)
    h.feed({
      type: 'synced',
      head: { ...h.genesis, header: block.header, hash: block.hash, finalization },
      blocks: [block],
    })
    expect(book.pending()).toEqual([])
    expect(encodeEvidenceList(book.pending())).toEqual(book.pick([], epoch(0)))
  })
})
