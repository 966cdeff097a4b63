/**
 * Blocks that cost the most time for their gas: one transaction that calls one precompile, or hashes, until its gas
 * is gone. Gas is not time, so these figures bound how long a full block can stall a host (docs/LIMITS.md). Runs in
 * any JavaScript host.
 */
import type { GenesisAccount } from '@cairn/chain'
import type { WasmModule } from '@cairn/executor/abi'
import { ZERO_HASH, bytesFromHex, concatBytes, hexFromBytes } from '@cairn/primitives'
import { Assembler } from './assembler.ts'
import { CHAIN_ID, ChainHost } from './chain-host.ts'
import { createFuzzGenesis, numbered } from './fuzz-genesis.ts'
import { BLS_G1, BLS_G2, BN_G2, P256_SIGNATURE } from './curve-points.ts'
import { kzgInput } from './precompile-inputs.ts'
import { bytesFromInteger, createRandom } from './random.ts'
import { BLOCK_GAS_LIMIT } from './random-block.ts'
import { createSigner, signTransaction } from './transaction-signer.ts'
import type { TransactionFields } from './transaction-signer.ts'

/** A block that is built and ready to be executed. */
export interface WorstCase {
  readonly gasUsed: number
  /** One EXECUTE of the block. */
  run(): void
}

interface Case {
  readonly name: string
  /** `undefined`: KECCAK256 over the input. */
  readonly precompile: number | undefined
  readonly input: Uint8Array
  /** What one call costs at most, overhead included: the loop ends when less is left. */
  readonly gasPerCall: number
}

/** Below EIP-7825's 2^24 for one transaction. */
const TRANSACTION_GAS = 12_000_000n
/** Of the first `TxResult` behind the list's length (ABI.md). */
const SUCCESS_OFFSET = 4 + 32 + 20 + 1

export function worstCaseNames(): readonly string[] {
  return cases().map(({ name }) => name)
}

/** Builds the block, which warms the code up. @throws Error where a call inside it fails */
export async function prepareWorstCase(module: WasmModule, name: string): Promise<WorstCase> {
  const worst = cases().find((candidate) => candidate.name === name)
  if (worst === undefined) throw new RangeError(`no case ${name}`)
  const host = new ChainHost(module)
  const signer = createSigner(0)
  const code = hexFromBytes(loopOf(worst))
  const payer: GenesisAccount = { address: signer.address, balance: 10n ** 24n, nonce: 0, code: '0x', storage: [] }
  const system = createFuzzGenesis(createRandom(1), []).accounts.filter(({ address }) => address !== signer.address)
  host.genesis([...system, payer, { address: LOOP, balance: 0n, nonce: 1, code, storage: [] }], BLOCK_GAS_LIMIT)
  const built = host.build({
    timestamp: 2_000n,
    prevRandao: ZERO_HASH,
    feeRecipient: numbered(0xfee),
    gasLimitTarget: BLOCK_GAS_LIMIT,
    parentBeaconBlockRoot: ZERO_HASH,
    candidates: [{ raw: await signTransaction(signer, CALL_LOOP), sender: signer.address }],
  })
  const gasUsed = Number(built.outcome.gasUsed)
  // A call that fails burns its gas at once: such a block would look cheap.
  if (built.outcome.results[SUCCESS_OFFSET] !== 1 || gasUsed < 0.6 * Number(TRANSACTION_GAS)) {
    throw new Error(`${name}: a call failed, or the loop ended early, at ${gasUsed} gas`)
  }
  return { gasUsed, run: () => void host.execute(built.payload) }
}

const LOOP = numbered(0xbad)

const CALL_LOOP: TransactionFields = {
  type: 2,
  chainId: CHAIN_ID,
  nonce: 0n,
  gasLimit: TRANSACTION_GAS,
  maxFee: 10n ** 10n,
  maxPriorityFee: 0n,
  to: LOOP,
  value: 0n,
  data: new Uint8Array(0),
  accessList: [],
  authorizations: [],
}

function cases(): readonly Case[] {
  const recover = concatBytes(new Uint8Array(31), Uint8Array.of(7), word(27n), word(GENERATOR_X), word(1n << 200n))
  const bnPair = concatBytes(word(1n), word(2n), ...BN_G2.map(word))
  const g1 = concatBytes(...BLS_G1.map(padded))
  const g2 = concatBytes(...BLS_G2.map(padded))
  const scalar = new Uint8Array(32).fill(0xff)
  const call = (name: string, precompile: number, input: Uint8Array, gas: number): Case => {
    return { name, precompile, input, gasPerCall: gas + 500 }
  }
  return [
    call('ecrecover', 0x01, recover, 3000),
    call('bls12-pairing pairs=1', 0x0f, concatBytes(g1, g2), 70_300),
    call('bls12-pairing pairs=16', 0x0f, times(16, concatBytes(g1, g2)), 559_300),
    call('bls12-g1msm points=1', 0x0c, concatBytes(g1, scalar), 12_000),
    call('bls12-g1msm points=128', 0x0c, times(128, concatBytes(g1, scalar)), 800_000),
    call('bls12-g2msm points=1', 0x0e, concatBytes(g2, scalar), 22_500),
    call('bls12-g2msm points=128', 0x0e, times(128, concatBytes(g2, scalar)), 1_520_000),
    call('bls12-g1add', 0x0b, concatBytes(g1, g1), 375),
    call('bls12-g2add', 0x0d, concatBytes(g2, g2), 600),
    call('bls12-map-fp-to-g1', 0x10, padded(0x1234n), 5_500),
    call('bls12-map-fp2-to-g2', 0x11, concatBytes(padded(0x1234n), padded(0x5678n)), 23_800),
    call('kzg-point-evaluation', 0x0a, kzgInput(5n, 0n), 50_000),
    call('bn254-pairing pairs=1', 0x08, bnPair, 79_000),
    call('bn254-pairing pairs=16', 0x08, times(16, bnPair), 589_000),
    call('bn254-add', 0x06, concatBytes(word(1n), word(2n), word(1n), word(2n)), 150),
    call('bn254-mul', 0x07, concatBytes(word(1n), word(2n), scalar), 6_000),
    call('p256verify', 0x100, bytesFromHex(P256_SIGNATURE), 6_900),
    ...modexpCases(),
    call(
      'blake2f rounds=100000',
      0x09,
      concatBytes(bytesFromInteger(100_000n, 4), new Uint8Array(208), Uint8Array.of(1)),
      100_000,
    ),
    call('sha256 bytes=64', 0x02, new Uint8Array(64).fill(7), 84),
    call('sha256 bytes=16384', 0x02, new Uint8Array(16_384).fill(7), 6_204),
    call('ripemd160 bytes=16384', 0x03, new Uint8Array(16_384).fill(7), 62_040),
    call('identity bytes=16384', 0x04, new Uint8Array(16_384).fill(7), 1_551),
    { name: 'keccak256 bytes=32', precompile: undefined, input: new Uint8Array(32).fill(7), gasPerCall: 100 },
    { name: 'keccak256 bytes=16384', precompile: undefined, input: new Uint8Array(16_384).fill(7), gasPerCall: 4_000 },
  ]
}

/** EIP-7883 prices. A modulus with many trailing zero bits has no Montgomery form and is split. */
function modexpCases(): readonly Case[] {
  return [
    { size: 32, exponent: 4 },
    { size: 32, exponent: 32 },
    { size: 64, exponent: 32 },
    { size: 192, exponent: 1 },
    { size: 256, exponent: 32 },
    { size: 1024, exponent: 1 },
    { size: 1024, exponent: 16 },
  ].flatMap(({ size, exponent }) =>
    ['odd', 'half zero'].map((shape): Case => {
      const modulus = new Uint8Array(size).fill(0xff)
      if (shape === 'half zero') modulus.fill(0, size / 2)
      const base = new Uint8Array(size).fill(0xfd)
      const power = new Uint8Array(exponent).fill(0xff)
      const lengths = [size, exponent, size].map((length) => word(BigInt(length)))
      const words = Math.ceil(size / 8)
      const complexity = size <= 32 ? 16 : 2 * words * words
      return {
        name: `modexp bytes=${size},exponent=${exponent},modulus=${shape}`,
        precompile: 0x05,
        input: concatBytes(...lengths, base, power, modulus),
        gasPerCall: Math.max(500, complexity * (8 * exponent - 1)) + 500,
      }
    }),
  )
}

/** Input to memory, then calls (or hashes) until too little gas is left for one more. */
function loopOf({ precompile, input, gasPerCall }: Case): Uint8Array {
  const code = new Assembler().dataToMemory(input, 0)
  const start = code.sizeBytes
  code.land()
  const failures: number[] = []
  if (precompile === undefined) code.push(input.length).push(0).op(0x20, 0x50)
  else {
    // Outputs are not read: `identity` would otherwise be charged for writing its own input back.
    code.push(0).push(0).push(input.length).push(0).push(precompile).op(0x5a, 0xfa, 0x15)
    failures.push(code.pushLabel())
    code.op(0x57)
  }
  // The forwarded 63/64 must still cover one call.
  code
    .push(Math.ceil((gasPerCall * 66) / 64) + 200)
    .op(0x5a, 0x11)
    .pushPosition(start)
    .op(0x57, 0x00)
  return code
    .land(...failures)
    .op(0x5f, 0x5f, 0xfd)
    .finish()
}

function times(count: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(...Array.from({ length: count }, () => bytes))
}

function word(value: bigint): Uint8Array {
  return bytesFromInteger(value, 32)
}

function padded(value: bigint): Uint8Array {
  return bytesFromInteger(value, 64)
}

const GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n
