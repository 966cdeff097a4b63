/**
 * A client that was away for a thousand epochs: one certificate after the other, beside skipping. Signatures are real; the
 * machine is driven without a network, so that requests and bytes are counted and only verification takes time.
 */
import {
  bitmapFromIndices,
  createValidatorSet,
  encodeLightBlockResponse,
  hashHeader,
  voteSigningBytes,
} from '@cairn/chain'
import type { ConsensusHeader, LightBlock, ValidatorSet } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesFromHex,
  bytesFromUint64,
  epoch,
  height,
  hexFromBytes,
  view,
} from '@cairn/primitives'
import { createLightClient } from '../src/index.ts'
import type { LightClient } from '../src/index.ts'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const EPOCHS = 1_000
const MEMBERS = 16
const EPOCH_BLOCKS = 120
const EPOCH_MS = 120_000
const GENESIS_MS = 1_700_000_000_000
const GENESIS_HASH = keccak256(new TextEncoder().encode('genesis of the light client bench'))
/** Of the group that secret keys are numbers of. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

/** `turnover`: epochs after which one of the members is replaced; 0: the set stays. Rows are of skipping. */
export async function runLightClientBench(): Promise<readonly BenchRow[]> {
  const native = createNativeBls()
  const rows: BenchRow[] = []
  for (const turnover of [0, 16, 1]) {
    const chain = makeChain(native, turnover)
    for (const [name, bls] of [
      ['blst', native],
      ['wasm', await createWasmBls(readLightWasm())],
    ] as const) {
      const walked = follow(chain, bls, 1)
      const skipped = follow(chain, bls, EPOCHS)
      rows.push(...rowsOf(`turnover=${turnover},bls=${name}`, skipped, walked))
    }
  }
  return rows
}

interface Figures {
  readonly verifications: number
  readonly requests: number
  readonly bytes: number
  readonly ms: number
}

function rowsOf(shape: string, skipped: Figures, walked: Figures): BenchRow[] {
  const row = (op: string, unit: string, figure: (of: Figures) => number): BenchRow => ({
    name: `light-client/${op}/${shape}`,
    value: figure(skipped),
    unit,
    reference: `${EPOCHS} epochs of ${MEMBERS} validators one after the other: ${figure(walked).toLocaleString('en', { maximumFractionDigits: 0 })} ${unit}`,
  })
  return [
    row('verifications', 'certs', ({ verifications }) => verifications),
    row('requests', 'requests', ({ requests }) => requests),
    row('bytes', 'KiB', ({ bytes }) => bytes / 1024),
    row('time', 'ms', ({ ms }) => ms),
  ]
}

/** `stride`: epochs that it is told to advance at once. */
function follow(chain: readonly LightBlock[], bls: Bls, stride: number): Figures {
  const figures = { verifications: 0, requests: 0, bytes: 0, ms: 0 }
  const provenKeys = new Set(
    chain.flatMap((block) => block.validators.validators.map((each) => hexFromBytes(each.publicKey))),
  )
  const answers = chain.map((block) => encodeLightBlockResponse({ block }))
  const validators = (chain[0] as LightBlock).validators
  const client = createLightClient({
    chainId: 1337,
    genesisHash: GENESIS_HASH,
    epochLengthBlocks: EPOCH_BLOCKS,
    provenKeys,
    trusted: { header: { height: height(0), timeMs: GENESIS_MS }, validators, trustedAtMs: GENESIS_MS },
    trustingPeriodMs: 2 * EPOCHS * EPOCH_MS,
    keysOf: (set) => {
      figures.verifications += 1
      return bls.keySet(set.validators.map(({ publicKey }) => publicKey))
    },
  })
  const start = performance.now()
  while (client.trusted().validators.epoch < EPOCHS) {
    const to = Math.min(client.trusted().validators.epoch + stride, EPOCHS) - 1
    advance(client, to, (of) => {
      const answer = answers[of] as Uint8Array
      figures.requests += 1
      figures.bytes += answer.length
      return answer
    })
  }
  return { ...figures, ms: performance.now() - start }
}

function advance(client: LightClient, to: number, answer: (of: number) => Uint8Array): void {
  const nowMs = GENESIS_MS + EPOCHS * EPOCH_MS
  const queue = [...client.handle({ type: 'advance', peer: 'a', epoch: epoch(to), witnesses: [] }, nowMs)]
  for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
    if (effect.type === 'done' && effect.code !== undefined) throw new Error(effect.code)
    if (effect.type !== 'request') continue
    const { requestId } = effect
    queue.push(...client.handle({ type: 'response', requestId, data: answer(effect.epoch) }, nowMs))
  }
}

/** The sum of the signers' secrets signs for all of them: one signature in an epoch instead of eleven. */
function makeChain(bls: Bls, turnover: number): readonly LightBlock[] {
  const secrets = Array.from({ length: MEMBERS + (turnover === 0 ? 0 : EPOCHS / turnover) + 1 }, (_, seed) =>
    bls.secretKeyFromEntropy(bytesFromHex(keccak256(bytesFromUint64(seed)))),
  )
  const keys = secrets.map((secret) => bls.publicKey(secret))
  const firstOf = (of: number): number => (turnover === 0 ? 0 : Math.floor(of / turnover))
  const setOf = (of: number): ValidatorSet => {
    const members = keys.slice(firstOf(of), firstOf(of) + MEMBERS)
    const validators = members.map((publicKey) => ({ publicKey, weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' }))
    return createValidatorSet(epoch(of), validators, keccak256(bytesFromUint64(of)))
  }
  const signers = Math.floor((2 * MEMBERS) / 3) + 1
  const indices = Array.from({ length: signers }, (_, index) => index)
  return Array.from({ length: EPOCHS }, (_, of) => {
    const [validators, nextValidators] = [setOf(of), setOf(of + 1)]
    const header = headerOf(validators, nextValidators)
    const subject = { kind: 'finalize', epoch: header.epoch, view: header.view, hash: hashHeader(header) } as const
    const own = secrets.slice(firstOf(of), firstOf(of) + signers)
    const sum = own.reduce((total, secret) => (total + BigInt(hexFromBytes(secret))) % ORDER, 0n)
    const secret = bytesFromHex(`0x${sum.toString(16).padStart(64, '0')}`)
    const signature = bls.sign(secret, voteSigningBytes(GENESIS_HASH, subject))
    const finalization = { ...subject, signers: bitmapFromIndices(indices, MEMBERS), signature }
    return { header, finalization, validators, nextValidators }
  })
}

function headerOf(validators: ValidatorSet, nextValidators: ValidatorSet): ConsensusHeader {
  const of = validators.epoch
  return {
    chainId: 1337,
    epoch: of,
    view: view(EPOCH_BLOCKS),
    parentView: view(EPOCH_BLOCKS - 1),
    height: height((of + 1) * EPOCH_BLOCKS),
    parentHash: ZERO_HASH,
    timeMs: GENESIS_MS + (of + 1) * EPOCH_MS,
    proposer: 0,
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
    randaoReveal: new Uint8Array(96),
    validatorSetHash: validators.hash,
    nextValidatorSetHash: nextValidators.hash,
  }
}
