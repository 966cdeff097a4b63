/** Reports of attacks on light clients at a full node: what is slashable becomes evidence, the rest is told to the operator. */
import {
  type Evidence,
  type LightBlock,
  type ValidatorSet,
  assembleCertificate,
  createValidatorSet,
  decodeEvidence,
  encodeAttackReport,
  genesisValidatorSet,
  hashHeader,
  voteSigningBytes,
} from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { attackReport } from '@cairn/light-client'
import { ZERO_ADDRESS, bytesFromUint64, epoch, height, view } from '@cairn/primitives'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { describe, expect, it } from 'vitest'
import { routeAttackReports } from '../src/attack-reports.ts'
import { createFakeNetwork } from './fake-network.ts'
import { NO_METRICS, createFakeTime, createKeptLog } from './fake-time.ts'
import { sampleAt } from './sample-messages.ts'

const EPOCH_BLOCKS = 10
const GENESIS_HASH = keccak256(new TextEncoder().encode('genesis of the attack report tests'))
const bls = await createWasmBls(readLightWasm())
const secrets = [1, 2, 3, 4, 5].map((seed) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed)))
const members = secrets.map((secret) => ({
  publicKey: bls.publicKey(secret),
  weight: 1n,
  feeRecipient: ZERO_ADDRESS,
  peerId: '',
  proofOfPossession: new Uint8Array(96),
}))
/** The fifth key comes later, so that it is proven and in no set of these epochs. */
const spec = sampleChainSpec(new Uint8Array(1), {
  epochLengthBlocks: EPOCH_BLOCKS,
  validators: members.slice(0, 4),
  validatorChanges: [{ epoch: epoch(90), validators: members }],
})
const setOf = (of: number, indices = [0, 1, 2, 3]): ValidatorSet =>
  of === 0
    ? genesisValidatorSet(spec)
    : createValidatorSet(
        epoch(of),
        indices.map((index) => members[index] as (typeof members)[number]),
        keccak256(bytesFromUint64(of)),
      )

interface EndParts {
  readonly salt?: number
  readonly signers?: readonly number[]
  readonly view?: number
  /** Which members the set has. */
  readonly set?: readonly number[]
}

function endOf(of: number, { salt = 0, signers = [0, 1, 2, 3], view: at = 12, set }: EndParts = {}): LightBlock {
  const own = setOf(of, set === undefined ? undefined : [...set])
  const nextValidators = setOf(of + 1)
  const header = {
    ...sampleAt(1).block.header,
    chainId: spec.chainId,
    epoch: epoch(of),
    view: view(at),
    height: height((of + 1) * EPOCH_BLOCKS),
    timeMs: spec.genesisTimeMs + (of + 1) * EPOCH_BLOCKS * 1_000,
    stateRoot: keccak256(bytesFromUint64(salt)),
    validatorSetHash: own.hash,
    nextValidatorSetHash: nextValidators.hash,
  }
  const subject = { kind: 'finalize', epoch: epoch(of), view: view(at), hash: hashHeader(header) } as const
  const message = voteSigningBytes(GENESIS_HASH, subject)
  const votes = signers.map((validator) => {
    const secret = secrets[(set ?? [0, 1, 2, 3])[validator] as number] as Uint8Array
    return { ...subject, validator, signature: bls.sign(secret, message) }
  })
  const size = own.validators.length
  return { header, finalization: assembleCertificate(subject, votes, bls, size), validators: own, nextValidators }
}

function start() {
  const network = createFakeNetwork()
  const { clock, advance } = createFakeTime(spec.genesisTimeMs)
  const found: Evidence[] = []
  const counted: string[] = []
  const answer = routeAttackReports({
    spec,
    genesisHash: GENESIS_HASH,
    bls,
    network,
    clock,
    log: createKeptLog(),
    metrics: { ...NO_METRICS, count: (name) => void counted.push(name) },
    epochs: { recentSets: () => [0, 1, 2, 3, 4, 5].map((of) => setOf(of)) },
    chain: {
      headerByHeight: async (at) => endOf(at / EPOCH_BLOCKS - 1).header,
      certificateAtOrAbove: async (at) => ({ height: at, certificate: endOf(at / EPOCH_BLOCKS - 1).finalization }),
    },
    onEvidence: (evidence) => void found.push(evidence),
  })
  return { network, advance, found, counted, answer }
}

const common = setOf(3)
const equivocation = encodeAttackReport(
  attackReport({ kind: 'equivocation', common, block: endOf(3), other: endOf(3, { salt: 1, signers: [1, 2, 3] }) }),
)
const amnesia = encodeAttackReport(
  attackReport({
    kind: 'amnesia',
    common,
    block: endOf(3),
    other: endOf(3, { salt: 1, signers: [1, 2, 3], view: 13 }),
  }),
)
const lunatic = encodeAttackReport(
  attackReport({
    kind: 'lunatic',
    common: setOf(1),
    block: endOf(4, { salt: 1, set: [0, 1, 4], signers: [0, 1, 2] }),
    other: endOf(4),
  }),
)
/** Of three validators two have signed: no quorum would have it so. */
const forged = (salt: number): Uint8Array => {
  const bad = endOf(3, { salt, signers: [1, 2, 3] })
  const finalization = { ...bad.finalization, signature: endOf(2).finalization.signature }
  return encodeAttackReport(
    attackReport({ kind: 'equivocation', common, block: endOf(3), other: { ...bad, finalization } }),
  )
}

describe('a report of an attack on light clients', () => {
  it('that shows an equivocation becomes evidence, for the own pool and for everybody', async () => {
    const { network, found, counted } = start()
    expect(await network.serve('attack-report', equivocation)).toEqual(new Uint8Array(0))
    expect(found).toMatchObject([{ type: 'certificates', first: { kind: 'finalize', epoch: 3, view: 12 } }])
    const [published] = network.published
    expect(published?.topic).toBe('evidence')
    expect(decodeEvidence(published?.data as Uint8Array)).toMatchObject({ ok: true, value: found[0] })
    expect(counted).toEqual(['attacks_on_light_clients_total'])
    expect(network.penalties).toEqual([])
  })

  it.each([
    ['amnesia, where no two messages contradict each other', amnesia],
    ['a lunatic, who has signed nothing twice', lunatic],
  ])('that shows %s is counted and convicts nobody', async (_name, report) => {
    const { network, found, counted } = start()
    expect(await network.serve('attack-report', report)).toEqual(new Uint8Array(0))
    expect(found).toEqual([])
    expect(network.published).toEqual([])
    expect(counted).toEqual(['attacks_on_light_clients_total'])
  })

  it('that is repeated costs nothing and is told once', async () => {
    const { network, found, counted } = start()
    for (let round = 0; round < 10; round++) await network.serve('attack-report', equivocation)
    expect(found).toHaveLength(1)
    expect(counted).toHaveLength(1)
  })

  it('that does not hold is its sender’s fault, and so is one that is none', async () => {
    const { network, found } = start()
    expect(await network.serve('attack-report', forged(2))).toEqual({ refused: 'ATTACK_NOT_FINALIZED' })
    expect(await network.serve('attack-report', Uint8Array.of(1, 2, 3))).toMatchObject({ refused: expect.any(String) })
    expect(network.penalties.map(({ peer }) => peer)).toEqual(['peer', 'peer'])
    expect(found).toEqual([])
  })

  it('is verified a few times in a row only, and again after a while, whoever sends it', async () => {
    const { network, advance, answer } = start()
    const refused: unknown[] = []
    for (let salt = 10; salt < 16; salt++) refused.push(await network.serve('attack-report', forged(salt)))
    expect(refused.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => ({ refused: 'ATTACK_NOT_FINALIZED' })))
    expect(refused.slice(4)).toEqual(Array.from({ length: 2 }, () => ({ refused: 'ATTACK_REPORTS_TOO_MANY' })))
    expect(network.penalties).toHaveLength(4)
    expect(await answer(equivocation)).toEqual({ refused: 'ATTACK_REPORTS_TOO_MANY' })
    await advance(5_000)
    expect(await answer(equivocation)).toEqual(new Uint8Array(0))
  })

  it('of epochs whose validators cannot be punished any more is nobody’s fault', async () => {
    const { network } = start()
    const other = endOf(20, { salt: 1, signers: [1, 2, 3] })
    const report = encodeAttackReport(
      attackReport({ kind: 'equivocation', common: setOf(20), block: endOf(20), other }),
    )
    expect(await network.serve('attack-report', report)).toEqual({ refused: 'ATTACK_EPOCH_UNKNOWN' })
    expect(network.penalties).toEqual([])
  })
})
