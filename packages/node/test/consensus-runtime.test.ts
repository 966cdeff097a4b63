import type { Block, VoteSubject } from '@cairn/chain'
import { type Consensus, type Effect, type Input, type VoteLog, createSigner } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import { ACCEPT, CodedError, ZERO_HASH, epoch, reject, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { type ConsensusServices, createConsensusRuntime } from '../src/consensus-runtime.ts'
import { createFakeTime, createKeptLog, settle } from './fake-time.ts'
import { sampleAt, sampleCertificate, sampleVote } from './sample-messages.ts'

const { block } = sampleAt(2)
const subject: VoteSubject = { kind: 'notarize', epoch: epoch(0), view: view(2), hash: block.hash }
const fakeBls: Pick<Bls, 'publicKey' | 'sign'> = {
  publicKey: () => new Uint8Array(48),
  sign: () => new Uint8Array(96).fill(7),
}

interface Step {
  /** Answers of the rules to the n-th input; later ones have none. */
  readonly script: readonly (readonly Effect[] | Error)[]
  readonly log?: Partial<VoteLog>
  readonly services?: Partial<ConsensusServices>
  readonly hasKey?: boolean
}

function start({ script, log = {}, services = {}, hasKey = true }: Step) {
  const inputs: Input[] = []
  const done: string[] = []
  const fatal: unknown[] = []
  const time = createFakeTime()
  const step = (input: Input): readonly Effect[] => {
    const effects = script[inputs.length] ?? []
    inputs.push(input)
    if (effects instanceof Error) throw effects
    return effects
  }
  const note = (name: string) => (): void => void done.push(name)
  const signer = createSigner(
    { secretKey: new Uint8Array(32), genesisHash: ZERO_HASH, recovered: { ownVotes: [], floor: undefined } },
    { bls: fakeBls as Bls, log: { append: async () => {}, replace: async () => {}, ...log } },
  )
  const runtime = createConsensusRuntime({
    consensus: { step } as Partial<Consensus> as Consensus,
    signer: hasKey ? signer : undefined,
    keys: undefined as never,
    services: {
      buildBlock: async () => undefined,
      adopt: async () => ACCEPT,
      execute: async () => ACCEPT,
      persistBlock: async () => {},
      broadcast: (effect) => void done.push(effect.type),
      logCertificate: note('log-certificate'),
      fetchBlock: async ({ hash }) => ({ type: 'fetch-failed', hash }),
      fetchCertificates: async () => [],
      commit: note('commit'),
      onBehind: note('behind'),
      reportPeer: note('report-peer'),
      ...services,
    },
    clock: time.clock,
    timers: time.timers,
    log: createKeptLog(),
    onFatal: (error) => void fatal.push(error),
  })
  const types = (): readonly string[] => inputs.map(({ type }) => type)
  return { runtime, inputs, types, done, fatal, time }
}

const sign: Effect = { type: 'sign', subject, validator: 1 }
const persist: Effect = { type: 'persist-block', block }
const broadcastVote: Effect = { type: 'broadcast-vote', vote: sampleVote('notarize', 2) }
const kick: Input = { type: 'timer' }

describe('persist, then send', () => {
  it('makes a vote an input only after its record and the block behind it are durable', async () => {
    for (const order of ['record first', 'block first']) {
      const record = Promise.withResolvers<void>()
      const stored = Promise.withResolvers<void>()
      const records: Uint8Array[] = []
      const { runtime, types, done } = start({
        script: [[persist, sign], [broadcastVote]],
        log: {
          append: (bytes) => {
            records.push(bytes)
            return record.promise
          },
        },
        services: { persistBlock: () => stored.promise },
      })
      runtime.input(kick)
      await settle()
      expect(records).toHaveLength(1)
      expect(types(), order).toEqual(['timer'])
      const [early, late] = order === 'record first' ? [record, stored] : [stored, record]
      early.resolve()
      await settle()
      expect(types(), order).toEqual(['timer'])
      expect(done).toEqual([])
      late.resolve()
      await settle()
      expect(types(), order).toEqual(['timer', 'signed'])
      expect(done, order).toEqual(['broadcast-vote'])
    }
  })

  it('waits for every block asked to be stored before, not only the last one', async () => {
    const first = Promise.withResolvers<void>()
    const persisted: Block[] = []
    const { runtime, types } = start({
      script: [[persist, { type: 'persist-block', block: sampleAt(3).block }, sign]],
      services: {
        persistBlock: async (one) => {
          persisted.push(one)
          if (persisted.length === 1) await first.promise
        },
      },
    })
    runtime.input(kick)
    await settle()
    expect(persisted).toHaveLength(2)
    expect(types()).toEqual(['timer'])
    first.resolve()
    await settle()
    expect(types()).toEqual(['timer', 'signed'])
  })

  it('says that it leaves within the same step, and without a record', async () => {
    const leaving = { epoch: epoch(0), view: view(5), validator: 1 }
    const sent: unknown[] = []
    const { runtime } = start({
      script: [[{ type: 'announce-leaving', ...leaving }]],
      log: { append: () => Promise.reject(new Error('nothing to record')) },
      services: { broadcast: (effect) => void sent.push(effect) },
    })
    runtime.input({ type: 'leave' })
    const signature = new Uint8Array(96).fill(7)
    expect(sent).toEqual([{ type: 'broadcast-leaving', leaving: { ...leaving, signature } }])
  })

  it('signs one after the other, in order', async () => {
    const next: Effect = { ...sign, subject: { ...subject, kind: 'finalize' } }
    const { runtime, inputs } = start({ script: [[sign, next]] })
    runtime.input(kick)
    await settle()
    const kinds = inputs.flatMap((input) => (input.type === 'signed' ? [input.vote.kind] : []))
    expect(kinds).toEqual(['notarize', 'finalize'])
  })

  const failures: Readonly<Record<string, Pick<Step, 'log' | 'services'>>> = {
    'a failing log': { log: { append: () => Promise.reject(new CodedError('STORE_FAILED', 'fsync')) } },
    'a failing store': { services: { persistBlock: () => Promise.reject(new CodedError('STORE_FAILED', 'full')) } },
  }
  for (const [name, failure] of Object.entries(failures)) {
    it(`stops on ${name}, once, and sends nothing`, async () => {
      const { runtime, types, done, fatal } = start({ script: [[persist, sign], [broadcastVote]], ...failure })
      runtime.input(kick)
      await settle()
      runtime.input(kick)
      await settle()
      expect(fatal).toMatchObject([{ code: 'STORE_FAILED' }])
      expect(types()).toEqual(['timer'])
      expect(done).toEqual([])
    })
  }

  it('ends amnesia durably: the floor is in the log before the next vote’s record', async () => {
    const replaced = Promise.withResolvers<void>()
    const writes: string[] = []
    const floor = { epoch: subject.epoch, view: view(0) }
    const { runtime, types } = start({
      script: [[{ type: 'raise-floor', floor }, sign]],
      log: {
        replace: async () => {
          writes.push('floor')
          await replaced.promise
        },
        append: async () => void writes.push('vote'),
      },
    })
    runtime.input(kick)
    await settle()
    expect([writes, types()]).toEqual([['floor'], ['timer']])
    replaced.resolve()
    await settle()
    expect([writes, types()]).toEqual([
      ['floor', 'vote'],
      ['timer', 'signed'],
    ])
  })

  it('stops on a vote that the signer refuses', async () => {
    const conflicting: Effect = { ...sign, subject: { ...subject, hash: sampleAt(3).block.hash } }
    const { runtime, types, done, fatal } = start({ script: [[sign, conflicting], [], [broadcastVote]] })
    runtime.input(kick)
    await settle()
    expect(fatal).toMatchObject([{ code: 'SIGNER_REFUSED' }])
    expect(types()).toEqual(['timer', 'signed'])
    expect(done).toEqual([])
  })

  it('does not vote without a key, nor send what the same step wanted to send', async () => {
    const { runtime, done, fatal } = start({ script: [[sign, broadcastVote]], hasKey: false })
    runtime.input(kick)
    await settle()
    expect(fatal).toHaveLength(1)
    expect(done).toEqual([])
  })
})

describe('driving', () => {
  it('steps inputs that effects cause after the current step, never inside it', async () => {
    const { runtime, types, done } = start({
      script: [
        [
          { type: 'execute', block },
          { type: 'behind', finalization: sampleCertificate('finalize', 3), height: block.header.height },
        ],
      ],
      services: { onBehind: () => runtime.input({ type: 'transactions-pending', pending: true }) },
    })
    runtime.input(kick)
    expect(types()).toEqual(['timer', 'transactions-pending'])
    await settle()
    expect(types()).toEqual(['timer', 'transactions-pending', 'executed'])
    expect(done).toEqual([])
  })

  it('feeds back verdicts, built blocks and every fetched certificate', async () => {
    const certificates = [2, 3].map((at): Input => ({
      type: 'certificate',
      certificate: sampleCertificate('notarize', at),
      from: 'a',
      gossiped: false,
    }))
    const { runtime, inputs } = start({
      script: [
        [
          { type: 'execute', block },
          { type: 'adopt', buildId: 4, block },
          { type: 'build', epoch: epoch(0), view: view(9), parentHash: block.hash, timeMs: 5 },
          { type: 'fetch-certificates', epoch: epoch(0), fromView: view(2), hint: undefined },
        ],
      ],
      services: { execute: async () => reject('STATE_ROOT_MISMATCH'), fetchCertificates: async () => certificates },
    })
    runtime.input(kick)
    await settle()
    expect(inputs).toEqual(
      expect.arrayContaining([
        { type: 'executed', hash: block.hash, verdict: reject('STATE_ROOT_MISMATCH') },
        { type: 'executed', hash: block.hash, verdict: ACCEPT },
        { type: 'build-failed', view: 9 },
        ...certificates,
      ]),
    )
  })

  it('keeps one timer: a new one replaces it', async () => {
    const { runtime, types, time } = start({
      script: [[{ type: 'set-timer', atMs: 1_050 }], [{ type: 'set-timer', atMs: 1_100 }]],
    })
    runtime.input(kick)
    runtime.input(kick)
    expect(time.pendingCount).toBe(1)
    await time.advance(99)
    expect(types()).toHaveLength(2)
    await time.advance(1)
    expect(types()).toHaveLength(3)
  })

  it('takes a bug in the rules and a halt for the end', async () => {
    const thrown = start({ script: [new Error('a bug'), [broadcastVote]] })
    thrown.runtime.input(kick)
    thrown.runtime.input(kick)
    expect(thrown.fatal).toEqual([new Error('a bug')])
    expect(thrown.done).toEqual([])
    const halt: Effect = {
      type: 'halt',
      halt: { code: 'FINALIZATION_CONFLICT', message: 'two finals', certificates: [] },
    }
    const halted = start({ script: [[halt]] })
    halted.runtime.input(kick)
    expect(halted.fatal).toMatchObject([{ message: expect.stringContaining('two finals') }])
  })

  it('ignores inputs after stop, waits for what is under way, and drops its answer', async () => {
    const executing = Promise.withResolvers<void>()
    const { runtime, types, fatal, time } = start({
      script: [
        [
          { type: 'execute', block },
          { type: 'set-timer', atMs: 2_000 },
        ],
        [broadcastVote],
      ],
      services: {
        execute: async () => {
          await executing.promise
          return ACCEPT
        },
      },
    })
    runtime.input(kick)
    let hasStopped = false
    const stopping = runtime.stop().then(() => (hasStopped = true))
    await settle()
    expect(hasStopped).toBe(false)
    runtime.input(kick)
    executing.resolve()
    await stopping
    await time.advance(5_000)
    expect(types()).toEqual(['timer'])
    expect(fatal).toEqual([])
  })
})
