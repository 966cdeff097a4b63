/** Random transactions and block parameters on top of a given head; and the chain they make, from a seed. */
import { transactionOutcomes } from '@cairn/executor/abi'
import { bytesFromHex, concatBytes, hexFromBytes } from '@cairn/primitives'
import { sha256 } from '@cairn/crypto'
import type { Address, Hash } from '@cairn/primitives'
import { CHAIN_ID } from './chain-host.ts'
import type { BlockPlan, BuiltBlock, Candidate, ChainHost } from './chain-host.ts'
import {
  CONSOLIDATION_CONTRACT,
  DEPOSIT_CONTRACT,
  DESTRUCTOR,
  FACTORY,
  SLOT_WRITER,
  WITHDRAWAL_CONTRACT,
  createFuzzGenesis,
  numbered,
} from './fuzz-genesis.ts'
import type { FuzzGenesis } from './fuzz-genesis.ts'
import { precompileInput } from './precompile-inputs.ts'
import { bytesFromInteger, createRandom, randomWord } from './random.ts'
import type { Random } from './random.ts'
import { randomInitCode } from './random-program.ts'
import type { ProgramWorld } from './random-program.ts'
import { signTransaction } from './transaction-signer.ts'
import type { Authorization, Signer, TransactionFields } from './transaction-signer.ts'

export interface BlockGenerator {
  readonly genesis: FuzzGenesis
  /** Depends on the seed, the head and its accounts, nothing else. */
  next(host: ChainHost): Promise<BlockPlan>
  /** What was built may be aimed at later. */
  learn(built: BuiltBlock): void
}

export interface GeneratorOptions {
  readonly seed: number
  readonly precompiles: readonly number[]
  readonly transactionsMax: number
}

export const BLOCK_GAS_LIMIT = 60_000_000n
const TARGETS_MAX = 400

export function createBlockGenerator({ seed, precompiles, transactionsMax }: GeneratorOptions): BlockGenerator {
  const random = createRandom(seed)
  const genesis = createFuzzGenesis(random, precompiles)
  const targets = [...genesis.targets]
  const world: ProgramWorld = { random, targets, precompiles }
  return {
    genesis,
    next: async (host) => {
      const { timestamp, baseFeePerGas } = host.head
      const nonces = new Map(genesis.signers.map(({ address }) => [address, host.account(address).nonce]))
      const candidates: Candidate[] = []
      for (let count = random.below(transactionsMax + 1); count > 0; count--) {
        candidates.push(await randomCandidate(world, genesis.signers, nonces, baseFeePerGas))
      }
      return {
        timestamp: BigInt(timestamp + random.below(20)),
        prevRandao: randomHash(random),
        feeRecipient: random.oneIn(3) ? random.pick(targets) : numbered(0xfee),
        gasLimitTarget: BLOCK_GAS_LIMIT + BigInt(random.below(1000)),
        parentBeaconBlockRoot: randomHash(random),
        candidates,
      }
    },
    learn: (built) => {
      for (const { contractAddress } of transactionOutcomes(built.outcome.results)) {
        if (contractAddress === undefined) continue
        if (targets.length < TARGETS_MAX) targets.push(contractAddress)
        else targets[random.below(targets.length)] = contractAddress
      }
    },
  }
}

async function randomCandidate(
  world: ProgramWorld,
  signers: readonly Signer[],
  nonces: Map<Address, bigint>,
  baseFee: bigint,
): Promise<Candidate> {
  const { random } = world
  const signer = random.pick(signers)
  const nonce = nonces.get(signer.address) ?? 0n
  const isNonceBad = random.oneIn(25)
  if (!isNonceBad) nonces.set(signer.address, nonce + 1n)
  const fields = randomFields(world, signers, nonces)
  const isCheap = random.oneIn(25)
  const maxFee = isCheap ? baseFee / 2n : baseFee * 2n + BigInt(random.below(1_000_000))
  const raw = await signTransaction(signer, {
    ...fields,
    nonce: isNonceBad ? nonce + BigInt(random.below(5)) : nonce,
    chainId: random.oneIn(60) ? CHAIN_ID + 1 : CHAIN_ID,
    maxFee,
    maxPriorityFee: random.oneIn(40) ? maxFee + 1n : maxFee / BigInt(1 + random.below(50)),
  })
  // A sender that is handed in must be the true one, and a damaged transaction is somebody else's.
  if (random.oneIn(60)) return { raw: damaged(random, raw), sender: undefined }
  return { raw, sender: random.oneIn(3) ? signer.address : undefined }
}

type OpenFields = Omit<TransactionFields, 'nonce' | 'chainId' | 'maxFee' | 'maxPriorityFee'>

function randomFields(world: ProgramWorld, signers: readonly Signer[], nonces: Map<Address, bigint>): OpenFields {
  const { random } = world
  const type = random.oneIn(40) ? 3 : random.pick([0, 1, 2, 2, 4] as const)
  const { to, data, value } = randomAim(world)
  const isCreation = to === undefined
  return {
    type: isCreation && type >= 3 && !random.oneIn(5) ? 2 : type,
    isReplayProtected: !random.oneIn(10),
    gasLimit: randomGasLimit(random, data.length),
    to,
    value: random.oneIn(40) ? 10n ** 25n : value,
    data,
    accessList: type === 0 ? [] : randomAccessList(world),
    authorizations: type === 4 ? randomAuthorizations(world, signers, nonces) : [],
  }
}

interface Aim {
  readonly to: Address | undefined
  readonly data: Uint8Array
  readonly value: bigint
}

function randomAim(world: ProgramWorld): Aim {
  const { random, targets, precompiles } = world
  const value = random.oneIn(3) ? BigInt(random.below(1_000_000)) : 0n
  switch (random.below(16)) {
    case 0:
    case 1:
      return { to: undefined, data: randomInitCode(world), value }
    case 2:
    case 3:
    case 4:
      return { to: SLOT_WRITER, data: slotWrites(random), value: 0n }
    case 5:
      return { to: FACTORY, data: concatBytes(word(BigInt(random.below(6))), randomInitCode(world)), value }
    case 6:
      if (precompiles.length > 0) {
        const address = random.pick(precompiles)
        return { to: numbered(address), data: precompileInput(random, address), value: random.oneIn(4) ? value : 0n }
      }
      return { to: random.pick(targets), data: new Uint8Array(0), value }
    case 7:
      return random.oneIn(2) ? systemRequest(random) : { to: random.pick(targets), data: new Uint8Array(0), value }
    case 8:
      return random.oneIn(4)
        ? { to: DESTRUCTOR, data: word(BigInt(random.pick(targets))), value }
        : { to: random.pick(targets), data: word(randomWord(random)), value }
    default:
      return { to: random.pick(targets), data: concatBytes(...words(random, random.below(5))), value }
  }
}

/** Few distinct slots, half of the writes zero: branches of the storage trie come and go. */
function slotWrites(random: Random): Uint8Array {
  const slotsMax = random.pick([4, 40, 400])
  const pairs: Uint8Array[] = []
  for (let count = 1 + random.below(30); count > 0; count--) {
    pairs.push(word(BigInt(random.below(slotsMax))), word(random.oneIn(2) ? 0n : randomWord(random)))
  }
  return concatBytes(...pairs)
}

/** EIP-7002, 7251 and 6110: what ends as EIP-7685 requests. */
function systemRequest(random: Random): Aim {
  switch (random.below(4)) {
    case 0:
      return { to: WITHDRAWAL_CONTRACT, data: random.bytes(random.oneIn(6) ? 55 : 56), value: BigInt(random.below(4)) }
    case 1:
      return { to: CONSOLIDATION_CONTRACT, data: random.bytes(96), value: BigInt(random.below(4)) }
    default:
      return deposit(random)
  }
}

/** `deposit(pubkey, withdrawal_credentials, signature, deposit_data_root)` of the deposit contract. */
function deposit(random: Random): Aim {
  const [publicKey, credentials, signature] = [random.bytes(48), random.bytes(32), random.bytes(96)]
  const gwei = 1_000_000_000n + BigInt(random.below(1_000_000))
  const amount = bytesFromInteger(gwei, 8).reverse()
  const digest = (...parts: readonly Uint8Array[]): Uint8Array => bytesFromHex(sha256(concatBytes(...parts)))
  const none = new Uint8Array(32)
  const keyRoot = digest(publicKey, none.subarray(16))
  const signatureRoot = digest(digest(signature.subarray(0, 64)), digest(signature.subarray(64), none))
  const root = digest(digest(keyRoot, credentials), digest(amount, none.subarray(8), signatureRoot))
  const data = concatBytes(
    Uint8Array.of(0x22, 0x89, 0x51, 0x18),
    ...[0x80n, 0xe0n, 0x120n].map(word),
    root,
    word(48n),
    publicKey,
    none.subarray(16),
    word(32n),
    credentials,
    word(96n),
    signature,
  )
  return { to: DEPOSIT_CONTRACT, data, value: gwei * 10n ** 9n }
}

function randomGasLimit(random: Random, dataBytes: number): bigint {
  const forData = 40 * dataBytes
  switch (random.below(8)) {
    case 0:
      return BigInt(21_000 + random.below(40_000))
    case 1:
      return random.oneIn(4) ? (1n << 24n) + BigInt(random.below(2)) : BigInt(60_000 + forData)
    case 2:
      return BigInt(3_000_000 + random.below(2_000_000))
    default:
      return BigInt(100_000 + forData + random.below(900_000))
  }
}

function randomAccessList({ random, targets }: ProgramWorld): TransactionFields['accessList'] {
  if (random.oneIn(2)) return []
  return Array.from({ length: random.below(4) }, () => ({
    address: random.pick(targets),
    slots: Array.from({ length: random.below(4) }, () => word(BigInt(random.below(24)))),
  }))
}

/** Delegations to anything, removals, stale nonces, foreign chains. */
function randomAuthorizations(
  { random, targets }: ProgramWorld,
  signers: readonly Signer[],
  nonces: Map<Address, bigint>,
): readonly Authorization[] {
  return Array.from({ length: random.oneIn(15) ? 0 : 1 + random.below(3) }, () => {
    const signer = random.pick(signers)
    const nonce = nonces.get(signer.address) ?? 0n
    const isStale = random.oneIn(5)
    const chainId = random.pick([0, CHAIN_ID, CHAIN_ID, CHAIN_ID, 1])
    if (!isStale && chainId !== 1) nonces.set(signer.address, nonce + 1n)
    return {
      chainId,
      address: random.oneIn(4) ? numbered(0) : random.pick(targets),
      nonce: isStale ? nonce + 1n : nonce,
      signer,
    }
  })
}

function damaged(random: Random, raw: Uint8Array): Uint8Array {
  const bytes = raw.slice()
  bytes[random.below(bytes.length)] = random.below(256)
  return random.oneIn(2) ? bytes : bytes.subarray(0, random.below(bytes.length))
}

function words(random: Random, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, () => word(randomWord(random)))
}

function word(value: bigint): Uint8Array {
  return bytesFromInteger(value, 32)
}

function randomHash(random: Random): Hash {
  return hexFromBytes(random.bytes(32)) as Hash
}
