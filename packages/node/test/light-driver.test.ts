import {
  type ConsensusHeader,
  type LightBlock,
  type ValidatorSet,
  createValidatorSet,
  assembleCertificate,
  decodeAttackReport,
  decodeEvidence,
  decodeLightBlockRequest,
  encodeChainStatus,
  encodeLightBlockResponse,
  genesisValidatorSet,
  hashHeader,
  voteSigningBytes,
} from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_ADDRESS, ZERO_HASH, bytesFromUint64, epoch, height, view } from '@cairn/primitives'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { createEpochKeys } from '../src/epoch-keys.ts'
import { type LightDriverOptions, type LightMemory, createLightDriver, isTrustLost } from '../src/light-driver.ts'
import { createFakeNetwork } from './fake-network.ts'
import { createFakeTime, createKeptLog } from './fake-time.ts'
import { sampleAt } from './sample-messages.ts'

const EPOCHS = 12
const EPOCH_BLOCKS = 10
const GENESIS_HASH = keccak256(new TextEncoder().encode('genesis of the light driver tests'))
const bls = await createWasmBls(readLightWasm())
const secrets = [1, 2, 3, 4].map((seed) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed)))
const validators = secrets.map((secret) => ({
  publicKey: bls.publicKey(secret),
  weight: 1n,
  feeRecipient: ZERO_ADDRESS,
  peerId: '',
  proofOfPossession: new Uint8Array(96),
}))
const spec = sampleChainSpec(new Uint8Array(1), { epochLengthBlocks: EPOCH_BLOCKS, validators })
const setOf = (of: number): ValidatorSet =>
  of === 0 ? genesisValidatorSet(spec) : createValidatorSet(epoch(of), validators, keccak256(bytesFromUint64(of)))

function endOf(of: number, salt = 0, signers: readonly number[] = [0, 1, 2, 3]): LightBlock {
  const [own, nextValidators] = [setOf(of), setOf(of + 1)]
  const header: ConsensusHeader = {
    ...sampleAt(1).block.header,
    chainId: spec.chainId,
    epoch: epoch(of),
    height: height((of + 1) * EPOCH_BLOCKS),
    timeMs: spec.genesisTimeMs + (of + 1) * EPOCH_BLOCKS * 1_000,
    stateRoot: keccak256(bytesFromUint64(salt)),
    validatorSetHash: own.hash,
    nextValidatorSetHash: nextValidators.hash,
  }
  const subject = { kind: 'finalize', epoch: epoch(of), view: view(12), hash: hashHeader(header) } as const
  const message = voteSigningBytes(GENESIS_HASH, subject)
  const votes = signers.map((validator) => ({
    ...subject,
    validator,
    signature: bls.sign(secrets[validator] as Uint8Array, message),
  }))
  return { header, finalization: assembleCertificate(subject, votes, bls, 4), validators: own, nextValidators }
}

type Shown = (of: number) => LightBlock | undefined
const honest: Shown = (of) => endOf(of)

function networkOf(peers: Readonly<Record<string, Shown>>, claimedHeight = EPOCHS * EPOCH_BLOCKS + 3) {
  const asked: { peer: string; epoch: number }[] = []
  const reports: { peer: string; data: Uint8Array }[] = []
  const network = createFakeNetwork(async (peer, protocol, data) => {
    if (protocol === 'chain-status') {
      return encodeChainStatus({
        genesisHash: GENESIS_HASH,
        epoch: epoch(EPOCHS),
        height: height(claimedHeight),
        finalization: undefined,
        oldestHeight: height(0),
      })
    }
    if (protocol === 'attack-report') {
      reports.push({ peer, data })
      return new Uint8Array(0)
    }
    const request = decodeLightBlockRequest(data)
    if (!request.ok) throw new Error(request.code)
    asked.push({ peer, epoch: request.value.epoch })
    return encodeLightBlockResponse({ block: peers[peer]?.(request.value.epoch) })
  })
  network.connect(...Object.keys(peers))
  return { network, asked, reports }
}

function createMemory(): LightMemory & { record: Uint8Array | undefined } {
  const memory: LightMemory & { record: Uint8Array | undefined } = {
    record: undefined,
    load: async () => memory.record,
    save: async (record) => void (memory.record = record),
  }
  return memory
}

const NOW_MS = spec.genesisTimeMs + (EPOCHS + 1) * EPOCH_BLOCKS * 1_000

function start(options: Partial<LightDriverOptions> = {}, memory = createMemory(), nowMs = NOW_MS) {
  const { clock } = createFakeTime(nowMs)
  const keys = createEpochKeys(GENESIS_HASH, bls)
  return createLightDriver({ spec, ...options }, { keys, clock, log: createKeptLog(), memory })
}

describe('a light driver', () => {
  it('skips to the newest epoch, shows it to the witnesses, and knows the sets there', async () => {
    const { network, asked } = networkOf({ a: honest, b: honest, c: honest, d: honest })
    const driver = await start()
    await driver.advance('a', ['a', 'b', 'c', 'd'], network)
    expect(asked).toEqual(['a', 'b', 'c'].map((peer) => ({ peer, epoch: EPOCHS - 1 })))
    expect(driver.recentSets().map((set) => set.epoch)).toEqual([0, EPOCHS - 1, EPOCHS])
    expect(driver.recentSets().at(-1)?.hash).toBe(setOf(EPOCHS).hash)
    expect(network.penalties).toEqual([])
  })

  it('goes on from what it trusted before a restart, and from genesis where that is damaged or too old', async () => {
    const memory = createMemory()
    const { network } = networkOf({ a: honest })
    await (await start({}, memory)).advance('a', [], network)
    expect((await start({}, memory)).recentSets().at(-1)?.epoch).toBe(EPOCHS)
    const muchLater = NOW_MS + 28 * EPOCH_BLOCKS * 1_000
    expect((await start({}, memory, muchLater)).recentSets().map((set) => set.epoch)).toEqual([0])
    memory.record = memory.record?.fill(0, 100, 140)
    expect((await start({}, memory)).recentSets().map((set) => set.epoch)).toEqual([0])
  })

  it('trusts a set for as long as it finalizes blocks, and none when it has heard of none for too long', async () => {
    const time = createFakeTime(NOW_MS)
    const keys = createEpochKeys(GENESIS_HASH, bls)
    const deps = { keys, clock: time.clock, log: createKeptLog(), memory: createMemory() }
    const driver = await createLightDriver({ spec, trustingPeriodMs: 100_000 }, deps)
    await time.advance(90_000)
    driver.finalized({ epoch: epoch(0), timeMs: NOW_MS + 80_000 })
    await time.advance(90_000)
    expect(driver.recentSets()).toHaveLength(1)
    await time.advance(1)
    expect(driver.recentSets()).toEqual([])
    const { network } = networkOf({ a: honest })
    await expect(driver.advance('a', [], network)).rejects.toMatchObject({ code: 'LIGHT_TRUST_EXPIRED' })
  })

  it('asks nothing more of a peer whose first epoch goes on', async () => {
    const { network, asked } = networkOf({ a: honest }, EPOCH_BLOCKS - 1)
    await (await start()).advance('a', [], network)
    expect(asked).toEqual([])
  })

  it('refuses a forged end, penalizes its teller, and follows the next peer', async () => {
    const forged: Shown = (of) => endOf(of, 1, [0, 1])
    const { network } = networkOf({ liar: forged, b: honest })
    const driver = await start()
    await expect(driver.advance('liar', ['b'], network)).rejects.toMatchObject({ code: 'LIGHT_BELOW_QUORUM' })
    expect(network.penalties).toEqual([{ peer: 'liar', code: 'LIGHT_BELOW_QUORUM' }])
    expect(driver.recentSets().at(-1)?.epoch).toBe(0)
    await driver.advance('b', ['liar'], network)
    expect(driver.recentSets().at(-1)?.epoch).toBe(EPOCHS)
    expect(network.penalties).toHaveLength(2)
  })

  it('stops at two finalized chains, publishes the evidence, tells full nodes, and says what can be done', async () => {
    const { network, reports } = networkOf({ a: honest, b: (of) => endOf(of, 1, [1, 2, 3]) })
    const driver = await start()
    const error: unknown = await driver.advance('a', ['b'], network).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'LIGHT_FORKED', message: expect.stringContaining('checkpoint') })
    expect(isTrustLost('LIGHT_FORKED')).toBe(true)
    expect(isTrustLost('LIGHT_MISSING')).toBe(false)
    expect(driver.recentSets().at(-1)?.epoch).toBe(0)
    const [published] = network.published
    expect(published?.topic).toBe('evidence')
    const evidence = decodeEvidence(published?.data as Uint8Array)
    expect(evidence).toMatchObject({ ok: true, value: { type: 'certificates', first: { epoch: 0, view: 12 } } })
    expect(reports.map(({ peer }) => peer)).toEqual(['a', 'b'])
    expect(decodeAttackReport(reports[0]?.data as Uint8Array)).toMatchObject({ ok: true, value: { type: 'fork' } })
  })

  it('follows no chain that does not go through the checkpoint, and no checkpoint that is too old', async () => {
    const checkpoint = { epoch: epoch(5), hash: hashHeader(endOf(5).header) }
    const { network } = networkOf({ a: honest })
    const driver = await start({ checkpoint, trustingPeriodMs: 200_000 })
    await driver.advance('a', [], network)
    expect(driver.recentSets().at(-1)?.epoch).toBe(EPOCHS)
    const other = await start({ checkpoint: { ...checkpoint, hash: ZERO_HASH } })
    await expect(other.advance('a', [], network)).rejects.toMatchObject({ code: 'LIGHT_CHECKPOINT_CONTRADICTED' })
    const old = await start({ checkpoint, trustingPeriodMs: 10_000 })
    await expect(old.advance('a', [], network)).rejects.toMatchObject({
      code: 'CHECKPOINT_TOO_OLD',
      message: expect.stringContaining('name a newer one'),
    })
  })

  it('asks once for two who want to know', async () => {
    const { network, asked } = networkOf({ a: honest })
    const driver = await start()
    await Promise.all([driver.advance('a', [], network), driver.advance('a', [], network)])
    expect(asked).toHaveLength(1)
  })
})
