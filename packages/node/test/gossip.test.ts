import {
  encodeCertificate,
  encodeEvidence,
  encodeLeaving,
  encodeProposal,
  encodeStatus,
  encodeVote,
  evidenceFromVotes,
} from '@cairn/chain'
import type { Consensus, EvidenceVerifier, Input, Message, VerificationContext } from '@cairn/consensus'
import type { BlsKeySet } from '@cairn/crypto'
import type { Topic } from '@cairn/ports'
import { ACCEPT, type Verdict, ZERO_HASH, epoch, ignore, reject, view } from '@cairn/primitives'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EpochKeys } from '../src/epoch-keys.ts'
import { broadcast, routeGossip } from '../src/gossip.ts'
import { createFakeNetwork } from './fake-network.ts'
import { NO_METRICS, createKeptLog, settle } from './fake-time.ts'
import { sampleAt, sampleCertificate, sampleProposal, sampleStatus, sampleVote } from './sample-messages.ts'

const first = sampleVote('notarize', 3)
const second = sampleVote('notarize', 3, { hash: sampleAt(4).block.hash })
const evidence = evidenceFromVotes(first, second)
if (evidence === undefined) throw new Error('the votes conflict')
const leaving = { epoch: epoch(0), view: view(3), validator: 2, signature: new Uint8Array(96).fill(7) }

const MESSAGES: Readonly<Record<Exclude<Topic, 'transactions' | 'announcements'>, readonly [Uint8Array, Message]>> = {
  proposals: [encodeProposal(sampleProposal(2)), { type: 'proposal', proposal: sampleProposal(2), from: 'peer' }],
  votes: [encodeVote(first), { type: 'vote', vote: first, from: 'peer' }],
  certificates: [
    encodeCertificate(sampleCertificate('finalize', 2)),
    { type: 'certificate', certificate: sampleCertificate('finalize', 2), from: 'peer', gossiped: true },
  ],
  evidence: [encodeEvidence(evidence), { type: 'evidence', evidence, from: 'peer' }],
  leaving: [encodeLeaving(leaving), { type: 'leaving', leaving, from: 'peer' }],
  status: [encodeStatus(sampleStatus), { type: 'status', status: sampleStatus, from: 'peer' }],
}

/** Knows four validators, and takes signatures for good that begin with a 7. */
const keys: EpochKeys = {
  contextOf: (validators) => {
    const verify = (_: number, __: Uint8Array, signature: Uint8Array): boolean => signature[0] === 7
    return { keys: { verify } as Partial<BlsKeySet>, genesisHash: ZERO_HASH, validators } as VerificationContext
  },
}
const validators = { epoch: epoch(0), validators: Array.from({ length: 4 }) }

function start(
  screen: (message: Message) => Verdict = () => ACCEPT,
  verifyEvidence: EvidenceVerifier = () => ({ verdict: 'accept', offenders: [3] }),
) {
  const network = createFakeNetwork()
  const inputs: Input[] = []
  const runtime = { input: (input: Input) => void inputs.push(input), stop: async () => {} }
  routeGossip(network, { screen, validators } as unknown as Consensus, runtime, { verifyEvidence, keys })
  return { network, inputs }
}

describe('routing', () => {
  for (const [topic, [data, message]] of Object.entries(MESSAGES) as [Topic, readonly [Uint8Array, Message]][]) {
    it(`hands ${topic} on when the rules want them`, async () => {
      const { network, inputs } = start()
      expect(await network.deliver(topic, data)).toEqual(ACCEPT)
      expect(inputs).toEqual([message])
    })

    it(`passes the rules’ verdict on ${topic} to the network and steps nothing`, async () => {
      for (const verdict of [ignore('DUPLICATE'), reject('WRONG')]) {
        const { network, inputs } = start(() => verdict)
        expect(await network.deliver(topic, data)).toEqual(verdict)
        expect(inputs).toEqual([])
      }
    })

    it(`rejects undecodable bytes on ${topic}`, async () => {
      const { network, inputs } = start()
      for (const bad of [new Uint8Array(0), Uint8Array.of(0xc0), data.subarray(1), data.subarray(0, -1)]) {
        expect(await network.deliver(topic, bad)).toMatchObject({ verdict: 'reject' })
      }
      expect(inputs).toEqual([])
    })
  }

  it('forwards no evidence that is not proven here, and steps none', async () => {
    for (const verdict of [reject('VOTE_BAD_SIGNATURE'), ignore('EVIDENCE_EPOCH_UNKNOWN')]) {
      const { network, inputs } = start(undefined, () => verdict as ReturnType<EvidenceVerifier>)
      expect(await network.deliver('evidence', encodeEvidence(evidence))).toEqual(verdict)
      expect(inputs).toEqual([])
    }
  })

  it('forwards no leaving whose signature is not its validator’s, and steps none', async () => {
    const { network, inputs } = start()
    const forged = encodeLeaving({ ...leaving, signature: new Uint8Array(96).fill(8) })
    expect(await network.deliver('leaving', forged)).toEqual(reject('LEAVING_BAD_SIGNATURE'))
    const nobody = encodeLeaving({ ...leaving, validator: 4 })
    expect(await network.deliver('leaving', nobody)).toEqual(reject('LEAVING_UNKNOWN_VALIDATOR'))
    expect(inputs).toEqual([])
  })

  it('steps late votes without forwarding them', async () => {
    const { network, inputs } = start(() => ignore('LATE_VOTE'))
    expect(await network.deliver('votes', encodeVote(first))).toEqual(ignore('LATE_VOTE'))
    expect(inputs).toEqual([{ type: 'vote', vote: first, from: 'peer' }])
  })

  it('answers any bytes on any topic with a verdict', async () => {
    const { network } = start()
    const topics = ['proposals', 'votes', 'certificates', 'status', 'evidence', 'leaving'] as const
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...topics), fc.uint8Array({ maxLength: 300 }), async (topic, data) => {
        expect((await network.deliver(topic, data)).verdict).toMatch(/^(accept|reject|ignore)$/)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

const sentTo: (string | undefined)[] = []
const metrics = {
  ...NO_METRICS,
  count: (_name: string, labels?: Readonly<Record<string, string>>) => void sentTo.push(labels?.['to']),
}
beforeEach(() => void sentTo.splice(0))

const peerOf = (validator: number): string | undefined => ['a', 'b', undefined, 'd'][validator]

describe('votes for collectors', () => {
  const collected = { type: 'broadcast-vote', vote: first, to: [0, 1, 2, 3] } as const

  it('go to those who are connected, and to nobody else', async () => {
    const network = createFakeNetwork(async () => new Uint8Array(0))
    network.connect('a', 'd', 'other')
    broadcast(network, collected, { log: createKeptLog(), metrics }, peerOf)
    await settle()
    expect(network.asked).toEqual([
      { peer: 'a', protocol: 'votes' },
      { peer: 'd', protocol: 'votes' },
    ])
    expect(network.published).toEqual([])
  })

  it('go to everybody where few are connected, and an answer that does not come hurts nobody', async () => {
    const network = createFakeNetwork()
    network.connect('a', 'other')
    broadcast(network, collected, { log: createKeptLog(), metrics }, peerOf)
    expect(network.published.map(({ topic }) => topic)).toEqual(['votes'])
    network.connect('b')
    broadcast(network, collected, { log: createKeptLog(), metrics }, peerOf)
    await settle()
    expect(network.asked).toHaveLength(2)
    expect(network.published).toHaveLength(1)
    expect(sentTo).toEqual(['everybody', 'collectors'])
  })

  it('are stepped when they come, and their sender pays for what no honest node sends', async () => {
    const { network, inputs } = start()
    expect(await network.serve('votes', encodeVote(first))).toEqual(new Uint8Array(0))
    expect(inputs).toEqual([{ type: 'vote', vote: first, from: 'peer' }])
    expect(await network.serve('votes', Uint8Array.of(0xc0))).toMatchObject({ refused: expect.any(String) })
    const strict = start(() => reject('VOTE_UNKNOWN_VALIDATOR'))
    await strict.network.serve('votes', encodeVote(first))
    expect(strict.network.penalties).toEqual([{ peer: 'peer', code: 'VOTE_UNKNOWN_VALIDATOR' }])
    expect(strict.inputs).toEqual([])
  })
})

describe('broadcasting', () => {
  it('puts each message on its topic, and a certificate that gossip forwards on none', () => {
    const network = createFakeNetwork()
    const log = createKeptLog()
    const certificate = sampleCertificate('notarize', 2)
    broadcast(network, { type: 'broadcast-proposal', proposal: sampleProposal(2) }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-vote', vote: first }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-certificate', certificate, gossiped: true }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-certificate', certificate, gossiped: false }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-status', status: sampleStatus }, { log, metrics }, peerOf)
    broadcast(network, { type: 'send-status', status: sampleStatus, to: 'peer' }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-evidence', evidence }, { log, metrics }, peerOf)
    broadcast(network, { type: 'broadcast-leaving', leaving }, { log, metrics }, peerOf)
    const topics = network.published.map(({ topic }) => topic)
    expect(topics).toEqual(['proposals', 'votes', 'certificates', 'status', 'status', 'evidence', 'leaving'])
    expect(network.published[1]?.data).toEqual(encodeVote(first))
  })

  it('reports a message that the network refuses, and goes on', async () => {
    const network = createFakeNetwork()
    const log = createKeptLog()
    network.breakPublishing()
    broadcast(network, { type: 'broadcast-status', status: sampleStatus }, { log, metrics }, peerOf)
    await settle()
    expect(log.lines).toEqual(['warn message not published'])
  })
})
