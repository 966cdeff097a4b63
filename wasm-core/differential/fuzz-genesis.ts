/** Genesis of the generated chains: funded and poor accounts, system contracts, workhorse and random contracts. */
import type { GenesisAccount } from '@cairn/chain'
import { addressFromBytes, bytesFromHex, hexFromBytes } from '@cairn/primitives'
import type { Address, Hash, Hex } from '@cairn/primitives'
import systemContracts from '../resources/system-contracts.json' with { type: 'json' }
import { Assembler } from './assembler.ts'
import { bytesFromInteger } from './random.ts'
import type { Random } from './random.ts'
import { randomProgram } from './random-program.ts'
import { createSigner } from './transaction-signer.ts'
import type { Signer } from './transaction-signer.ts'

export interface FuzzGenesis {
  readonly accounts: readonly GenesisAccount[]
  readonly signers: readonly Signer[]
  /** What programs and transactions are aimed at. */
  readonly targets: readonly Address[]
}

/** Writes every (slot, value) pair of its call data: grows and collapses its storage trie at will. */
export const SLOT_WRITER = numbered(0xc0de01)
/** CREATE2 of its call data behind the first word, the salt; then calls what it made. */
export const FACTORY = numbered(0xc0de02)
/** Self-destructs to the address in its call data. */
export const DESTRUCTOR = numbered(0xc0de03)

export const WITHDRAWAL_CONTRACT = '0x00000961ef480eb55e80d19ad83579a64c007002' as Address
export const CONSOLIDATION_CONTRACT = '0x0000bbddc7ce488642fb579f8b00f3a590007251' as Address
export const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa' as Address

const SIGNERS = 24
const RANDOM_CONTRACTS = 40

export function createFuzzGenesis(random: Random, precompiles: readonly number[]): FuzzGenesis {
  const signers = Array.from({ length: SIGNERS }, (_, index) => createSigner(index))
  const addresses = Array.from({ length: RANDOM_CONTRACTS }, (_, index) => numbered(0xc0ffee00 + index))
  const strangers = Array.from({ length: 12 }, () => addressFromBytes(random.bytes(20)))
  const targets = [
    ...addresses,
    ...addresses,
    SLOT_WRITER,
    FACTORY,
    DESTRUCTOR,
    ...strangers,
    ...signers.map(({ address }) => address),
    ...Object.keys(systemContracts).map((address) => address as Address),
    ...precompiles.map(numbered),
  ]
  const world = { random, targets, precompiles }
  const accounts = [
    // The last two cannot pay for much.
    ...signers.map(({ address }, index) => account(address, index < SIGNERS - 2 ? 10n ** 24n : 10n ** 14n)),
    ...[SLOT_WRITER, FACTORY, DESTRUCTOR].map((address) => account(address, 1n, WORKHORSES[address])),
    ...addresses.map((address) => {
      const isStocked = random.oneIn(3)
      return {
        ...account(address, BigInt(random.below(10_000)), hexFromBytes(randomProgram(world))),
        nonce: 1,
        storage: isStocked ? storage(random) : [],
      }
    }),
    ...systemAccounts(),
  ]
  return { accounts, signers, targets }
}

export function numbered(value: number): Address {
  return addressFromBytes(bytesFromInteger(BigInt(value), 20))
}

const WORKHORSES: Readonly<Record<string, Hex>> = {
  [SLOT_WRITER]: hexFromBytes(slotWriter()),
  [FACTORY]: hexFromBytes(factory()),
  [DESTRUCTOR]: '0x5f35ff',
}

/** i = 0; while (i < calldatasize) { sstore(calldataload(i), calldataload(i + 32)); i += 64 } */
function slotWriter(): Uint8Array {
  const code = new Assembler().push(0)
  const start = code.sizeBytes
  code.land().op(0x36, 0x81, 0x10, 0x15)
  const end = code.pushLabel()
  code.op(0x57, 0x80).push(32).op(0x01, 0x35, 0x81, 0x35, 0x55).push(64).op(0x01).pushPosition(start).op(0x56)
  return code.land(end).finish()
}

/** calldatacopy(0, 32, size - 32); sstore(0, created = create2(0, 0, size - 32, calldataload(0))); call(created) */
function factory(): Uint8Array {
  const code = new Assembler().push(32).op(0x36, 0x03).push(32).push(0).op(0x37)
  code.op(0x5f, 0x35).push(32).op(0x36, 0x03, 0x5f, 0x5f, 0xf5)
  return code.op(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x85, 0x5a, 0xf1, 0x50, 0x5f, 0x55).finish()
}

function account(address: Address, balance: bigint, code: Hex = '0x'): GenesisAccount {
  return { address, balance, nonce: 0, code, storage: [] }
}

function storage(random: Random): GenesisAccount['storage'] {
  const slots = new Set(Array.from({ length: 1 + random.below(40) }, () => random.below(64)))
  return [...slots]
    .sort((a, b) => a - b)
    .map((slot) => ({ slot: wordHex(slot), value: wordHex(1 + random.below(1000)) }))
}

function wordHex(value: number): Hash {
  return hexFromBytes(bytesFromInteger(BigInt(value), 32)) as Hash
}

interface SystemContract {
  readonly nonce: number
  readonly code: string
  readonly storage?: Readonly<Record<string, string>>
}

function systemAccounts(): readonly GenesisAccount[] {
  return Object.entries<SystemContract>(systemContracts).map(([address, { nonce, code, storage: slots }]) => ({
    address: address as Address,
    balance: 0n,
    nonce,
    code: hexFromBytes(bytesFromHex(code as Hex)),
    storage: Object.entries(slots ?? {}).map(([slot, value]) => ({ slot: slot as Hash, value: value as Hash })),
  }))
}
