/**
 * Random but meaningful EVM programs: a row of snippets, each of which leaves the stack as it found it and leaves a
 * trace in storage, memory or logs, so that a wrong opcode shows in the state root or the gas. Programs end by
 * stop, return, revert, self-destruct, an invalid opcode or plain noise.
 */
import { bytesFromHex, concatBytes } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { Assembler, deployer } from './assembler.ts'
import { precompileInput, precompileOutputBytes } from './precompile-inputs.ts'
import { randomWord } from './random.ts'
import type { Random } from './random.ts'

export interface ProgramWorld {
  readonly random: Random
  /** Accounts that programs call, read and pay: contracts, externally owned ones, some that do not exist. */
  readonly targets: readonly Address[]
  readonly precompiles: readonly number[]
}

/** Runtime code. `depth` bounds programs within programs. */
export function randomProgram(world: ProgramWorld, depth = 0): Uint8Array {
  const { random } = world
  const code = new Assembler()
  const count = 1 + random.below(depth === 0 ? 12 : 5)
  for (let index = 0; index < count; index++) random.pick(SNIPPETS)(code, world, depth)
  random.pick(ENDINGS)(code, world, depth)
  return code.finish()
}

/** Init code: of a random program, of edge cases of deployment, or a program by itself. */
export function randomInitCode(world: ProgramWorld, depth = 0): Uint8Array {
  const { random } = world
  switch (random.below(12)) {
    case 0:
      return new Uint8Array(0)
    case 1:
      return randomProgram(world, depth)
    case 2:
      return deployer(Uint8Array.of(0xef, 0x00))
    case 3:
      return deployer(new Uint8Array(random.pick([24_575, 24_576, 24_577])))
    case 4: {
      const head = new Assembler().op(0x30, 0xff).finish()
      return concatBytes(head, new Uint8Array(depth === 0 ? random.pick([1, 49_149, 49_150, 49_151]) : 31))
    }
    case 5: {
      const setup = new Assembler()
      for (let index = 0; index < 3; index++) random.pick(SNIPPETS)(setup, world, depth + 1)
      // The program behind is found at the end of the code, whatever its length.
      const runtime = randomProgram(world, depth + 1)
      return setup.dataToMemory(runtime, 0).push(runtime.length).push(0).op(RETURN).finish()
    }
    default:
      return deployer(randomProgram(world, depth + 1))
  }
}

type Snippet = (code: Assembler, world: ProgramWorld, depth: number) => void

const [SSTORE, SLOAD, MSTORE, MLOAD, POP, GAS, RETURN, REVERT] = [
  0x55, 0x54, 0x52, 0x51, 0x50, 0x5a, 0xf3, 0xfd,
] as const

/** Opcodes by number of operands; all leave one word. */
const ARITHMETIC: readonly (readonly number[])[] = [
  [0x15, 0x19, 0x1e],
  [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b,
    0x1c, 0x1d,
  ],
  [0x08, 0x09],
]
/** Leave one word, take nothing: the environment. */
const ENVIRONMENT: readonly number[] = [
  0x30,
  0x32,
  0x33,
  0x34,
  0x36,
  0x38,
  0x3a,
  0x3d,
  0x41,
  0x42,
  0x43,
  0x44,
  0x45,
  0x46,
  0x47,
  0x48,
  0x4a,
  0x58,
  0x59,
  GAS,
]
/** BALANCE, EXTCODESIZE, EXTCODEHASH. */
const ACCOUNT_READS: readonly number[] = [0x31, 0x3b, 0x3f]

function arithmetic(code: Assembler, { random }: ProgramWorld): void {
  const operands = random.below(3)
  for (let index = 0; index <= operands; index++) code.push(randomWord(random))
  store(code.op(random.pick(ARITHMETIC[operands] as readonly number[])), random)
}

function environment(code: Assembler, { random }: ProgramWorld): void {
  store(code.op(random.pick(ENVIRONMENT)), random)
}

function accountRead(code: Assembler, world: ProgramWorld): void {
  store(pushTarget(code, world).op(world.random.pick(ACCOUNT_READS)), world.random)
}

function blockHash(code: Assembler, { random }: ProgramWorld): void {
  code.push(random.pick([0, 1, 2, 3, 10, 255, 256, 257, 1000])).op(0x43, 0x03, 0x40)
  store(code, random)
}

function blobHash(code: Assembler, { random }: ProgramWorld): void {
  store(code.push(random.below(3)).op(0x49), random)
}

function storageWrite(code: Assembler, { random }: ProgramWorld): void {
  const times = 1 + random.below(4)
  for (let index = 0; index < times; index++) {
    code
      .push(random.oneIn(2) ? 0n : randomWord(random))
      .push(random.below(24))
      .op(SSTORE)
  }
}

/** Slot number from the call data: grows and clears storage tries. */
function storageByInput(code: Assembler, { random }: ProgramWorld): void {
  code
    .push(random.oneIn(3) ? 0 : random.below(1000))
    .push(32 * random.below(3))
    .op(0x35)
  code.push(random.pick([0x0f, 0xff, 0xffff])).op(0x16, SSTORE)
}

function transientStorage(code: Assembler, { random }: ProgramWorld): void {
  code.push(randomWord(random)).push(random.below(4)).op(0x5d)
  store(code.push(random.below(4)).op(0x5c), random)
}

function memory(code: Assembler, { random }: ProgramWorld): void {
  code
    .push(randomWord(random))
    .push(random.below(200))
    .op(random.pick([MSTORE, 0x53]))
  if (random.oneIn(2)) code.push(random.below(100)).push(random.below(200)).push(random.below(200)).op(0x5e)
  if (random.oneIn(3)) {
    code
      .push(random.below(70))
      .push(random.below(90))
      .push(random.below(90))
      .op(random.pick([0x37, 0x39]))
  }
  if (random.oneIn(2)) store(code.push(random.below(200)).push(random.below(200)).op(0x20), random)
  else store(code.push(random.below(200)).op(MLOAD), random)
}

function externalCode(code: Assembler, world: ProgramWorld): void {
  const { random } = world
  code.push(random.below(100)).push(random.below(100)).push(random.below(100))
  pushTarget(code, world).op(0x3c)
}

/** Beyond the end of the return data this halts the frame: seldom. */
function returnData(code: Assembler, { random }: ProgramWorld): void {
  if (random.oneIn(8)) code.push(random.below(40)).push(random.below(3)).push(0).op(0x3e)
  else code.op(0x3d).push(0).push(random.below(64)).op(0x3e)
}

function log(code: Assembler, { random }: ProgramWorld): void {
  const topics = random.below(5)
  for (let index = 0; index < topics; index++) code.push(randomWord(random))
  code
    .push(random.below(80))
    .push(random.below(80))
    .op(0xa0 + topics)
}

function call(code: Assembler, world: ProgramWorld): void {
  const { random } = world
  const kind = random.pick([0xf1, 0xf1, 0xf1, 0xf2, 0xf4, 0xf4, 0xfa])
  code.push(random.below(64)).push(random.below(64)).push(random.below(100)).push(random.below(64))
  if (kind === 0xf1 || kind === 0xf2) code.push(random.oneIn(2) ? 0 : random.below(5000))
  pushTarget(code, world)
  if (random.oneIn(3)) code.push(random.pick([0, 100, 2300, 5000, 30_000]))
  else code.op(GAS)
  store(code.op(kind), random)
}

function precompile(code: Assembler, { random, precompiles }: ProgramWorld): void {
  if (precompiles.length === 0) return
  let address = random.pick(precompiles)
  let input = precompileInput(random, address)
  // Fresh curve points: a mapping first, its output straight into an addition or a multiplication.
  const isChained = random.oneIn(3) && precompiles.includes(0x10)
  if (isChained) {
    address = random.pick([0x10, 0x11])
    input = precompileInput(random, address)
  }
  code.dataToMemory(input, 0)
  precompileCall(code, random, address, input.length)
  if (!isChained) return
  const pointBytes = address === 0x10 ? 128 : 256
  code
    .push(randomWord(random))
    .push(OUTPUT_OFFSET + pointBytes)
    .op(MSTORE)
  code
    .push(pointBytes + 32)
    .push(OUTPUT_OFFSET)
    .push(0)
    .op(0x5e)
  precompileCall(code, random, address === 0x10 ? 0x0c : 0x0e, pointBytes + 32)
}

const OUTPUT_OFFSET = 2048

function precompileCall(code: Assembler, random: Random, address: number, inputBytes: number): void {
  const outputBytes = precompileOutputBytes(address)
  code.push(outputBytes).push(OUTPUT_OFFSET).push(inputBytes).push(0)
  const isStatic = random.oneIn(2)
  if (!isStatic) code.push(0)
  code.push(address)
  if (random.oneIn(5)) code.push(random.pick([50, 700, 3000, 7000, 40_000, 150_000]))
  else code.op(GAS)
  store(code.op(isStatic ? 0xfa : 0xf1), random)
  store(code.push(outputBytes).push(OUTPUT_OFFSET).op(0x20, 0x3d, 0x01), random)
}

/** Creates, and may call what it created in the same transaction. */
function create(code: Assembler, world: ProgramWorld, depth: number): void {
  const { random } = world
  if (depth > 1) return
  const init = randomInitCode(world, depth + 1)
  const isSalted = random.oneIn(2)
  code.dataToMemory(init, 0)
  if (isSalted) code.push(random.below(4))
  code
    .push(init.length)
    .push(0)
    .push(random.oneIn(2) ? 0 : random.below(100))
  code.op(isSalted ? 0xf5 : 0xf0)
  if (random.oneIn(2)) {
    // created → CALL(gas, created, 0, 0, 0, 0, 0)
    code.op(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x85, GAS, 0xf1, POP)
  }
  store(code, random)
}

function loop(code: Assembler, { random }: ProgramWorld): void {
  code.push(1 + random.below(40))
  const start = code.sizeBytes
  code.land()
  if (random.oneIn(2)) code.op(0x80, 0x80, SSTORE)
  else code.op(0x80).push(randomWord(random)).op(0x02).push(random.below(96)).op(MSTORE)
  code.push(1).op(0x90, 0x03, 0x80).pushPosition(start).op(0x57, POP)
}

function branch(code: Assembler, world: ProgramWorld): void {
  const { random } = world
  code
    .op(random.pick([0x33, 0x34, 0x36, GAS, 0x43]))
    .push(random.pick([1, 3, 7]))
    .op(0x16)
  const label = code.pushLabel()
  code.op(0x57)
  random.pick([storageWrite, log, arithmetic, call])(code, world)
  code.land(label)
}

/** Junk on the stack, moved about, then the top stored. */
function stack(code: Assembler, { random }: ProgramWorld): void {
  const size = 1 + random.below(16)
  for (let index = 0; index < size; index++) code.push(random.below(1000))
  code.op(0x80 + random.below(size))
  if (size > 1) code.op(0x90 + random.below(size - 1))
  store(code, random)
  for (let index = 0; index < size; index++) code.op(POP)
}

const SNIPPETS: readonly Snippet[] = [
  arithmetic,
  arithmetic,
  arithmetic,
  environment,
  environment,
  accountRead,
  blockHash,
  blobHash,
  storageWrite,
  storageWrite,
  storageByInput,
  storageByInput,
  transientStorage,
  memory,
  memory,
  externalCode,
  returnData,
  log,
  call,
  call,
  call,
  precompile,
  precompile,
  create,
  loop,
  branch,
  stack,
]

const ENDINGS: readonly Snippet[] = [
  (code) => code.op(0x00),
  (code) => code.op(0x00),
  (code) => code.op(0x00),
  (code, { random }) => code.push(random.below(100)).push(random.below(64)).op(RETURN),
  (code, { random }) => code.push(random.below(100)).push(random.below(64)).op(RETURN),
  (code, { random }) => code.push(random.below(100)).push(random.below(64)).op(REVERT),
  (code, world) => pushTarget(code, world).op(0xff),
  (code, { random }) => (random.oneIn(2) ? code.op(0xfe) : code.op(...random.bytes(1 + random.below(30)))),
]

/** The word on the stack to a slot, so that it counts. */
function store(code: Assembler, random: Random): void {
  if (random.oneIn(4)) code.push(random.below(24)).op(SLOAD, 0x18)
  code.push(random.below(24)).op(SSTORE)
}

function pushTarget(code: Assembler, { random, targets }: ProgramWorld): Assembler {
  if (random.oneIn(12)) return code.op(0x30)
  return code.pushBytes(bytesFromHex(random.pick(targets)))
}
