/** One valid request of every operation, on a small generated chain: what the ABI fuzzer mutates. */
import {
  AbiWriter,
  addressHashOf,
  decodeEthereumBlock,
  encodeApply,
  encodeExecuteStateless,
  encodeGenesisHeader,
  encodeProve,
  encodePutLeaves,
  encodeRangeProve,
  encodeRangeVerify,
  encodeRecover,
  encodeVerifyProof,
  operations,
  readProof,
  writeChain,
  readRangeProve,
  readWitness,
} from '@cairn/executor/abi'
import type { WasmModule } from '@cairn/executor/abi'
import { ZERO_HASH, bytesFromHex, hashFromBytes } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import type { SnapshotRange } from '@cairn/chain'
import { CHAIN, ChainHost, EMPTY_ROOT } from './chain-host.ts'
import type { BlockPlan } from './chain-host.ts'
import { SLOT_WRITER } from './fuzz-genesis.ts'
import { PRECOMPILES } from './precompile-inputs.ts'
import { BLOCK_GAS_LIMIT, createBlockGenerator } from './random-block.ts'
import { instantiateCore, readHead } from './raw-core.ts'

export interface CorpusEntry {
  readonly name: string
  readonly operation: number
  readonly request: Uint8Array
}

export interface RequestCorpus {
  readonly entries: readonly CorpusEntry[]
  readonly state: ReadonlyMap<string, Uint8Array>
  /** The block that the EXECUTE request holds, which is valid. */
  readonly blockHash: Hash
}

const [READ_ACCOUNT, INFO, STATE_TEST] = [7, 11, 12] as const
const WARM_UP_BLOCKS = 4

export async function createRequestCorpus(module: WasmModule): Promise<RequestCorpus> {
  const generator = createBlockGenerator({ seed: 11, precompiles: PRECOMPILES, transactionsMax: 8 })
  const host = new ChainHost(module)
  host.genesis(generator.genesis.accounts, BLOCK_GAS_LIMIT)
  for (let block = 0; block < WARM_UP_BLOCKS; block++) {
    const built = host.build(await generator.next(host))
    host.commit(built.header, built.outcome.changes)
  }
  let plan: BlockPlan
  do plan = await generator.next(host)
  while (plan.candidates.length < 5)
  const built = host.build(plan)
  const { stateRoot } = host.head
  const sender = generator.genesis.signers[0]?.address as Address
  const raws = plan.candidates.map(({ raw }) => raw)
  const core = instantiateCore(module)
  const answer = (operation: number, request: Uint8Array) =>
    readHead(core.run(operation, request, (key) => host.state.get(key) ?? null)).body
  const proof = readProof(answer(operations.prove, encodeProve(stateRoot, SLOT_WRITER, SLOTS)), SLOT_WRITER)
  const execute = host.executeRequest(built.payload)
  const witness = readWitness(answer(operations.witness, execute))
  const range = encodeRangeProve({ stateRoot, owner: undefined, start: RANGE_START, maxItems: 12, maxBytes: 4096 })
  const storageRange = encodeRangeProve({
    stateRoot,
    owner: hashFromBytes(addressHashOf(SLOT_WRITER)),
    start: ZERO_HASH,
    maxItems: 5,
    maxBytes: 4096,
  })
  const chunk = readRangeProve(answer(operations.rangeProve, range))
  const header = {
    chain: CHAIN,
    stateRoot,
    timestamp: 1n,
    gasLimit: BLOCK_GAS_LIMIT,
    baseFeePerGas: 7n,
  }
  const call = callRequest(stateRoot, sender)
  return {
    state: host.state,
    blockHash: built.outcome.blockHash,
    entries: [
      entry('apply', operations.apply, encodeApply(stateRoot, generator.genesis.accounts.slice(0, 60))),
      entry('genesis header', operations.genesisHeader, encodeGenesisHeader(header)),
      entry('execute', operations.execute, execute),
      entry('build', operations.build, host.buildRequest(plan)),
      entry('call', operations.call, call),
      entry('estimate', operations.estimate, call),
      entry('read account', READ_ACCOUNT, new AbiWriter().fixed(sender).finish()),
      entry('prove', operations.prove, encodeProve(stateRoot, SLOT_WRITER, SLOTS)),
      entry('verify proof', operations.verifyProof, encodeVerifyProof(stateRoot, proof)),
      entry('recover', operations.recover, encodeRecover(CHAIN, raws)),
      entry('info', INFO, new AbiWriter().finish()),
      entry('state test', STATE_TEST, stateTestRequest(stateRoot, raws[0] as Uint8Array)),
      entry('range prove', operations.rangeProve, range),
      entry('range prove of a storage', operations.rangeProve, storageRange),
      entry('range verify', operations.rangeVerify, encodeRangeVerify(stateRoot, RANGE_START, chunk)),
      entry('put leaves', operations.putLeaves, putLeavesRequest(stateRoot, chunk)),
      entry('witness', operations.witness, execute),
      entry('execute stateless', operations.executeStateless, encodeExecuteStateless(execute, witness)),
      entry('trie update', operations.trieUpdate, trieUpdateRequest(stateRoot)),
      entry('trie root', operations.trieRoot, trieRootRequest()),
      entry('header', operations.header, headerRequest(host.header, built.payload)),
      entry('cache', operations.cache, new AbiWriter().u64(1n << 20n).finish()),
    ],
  }
}

/** In the middle of the key space, where no account is. */
const RANGE_START = `0x7${'0'.repeat(63)}` as Hash
const SLOTS = [0, 1, 7, 300].map((slot) => `0x${slot.toString(16).padStart(64, '0')}` as Hash)

function entry(name: string, operation: number, request: Uint8Array): CorpusEntry {
  return { name, operation, request: request.slice() }
}

/** `Chain ‖ stateRoot ‖ BlockEnv` of ABI.md. */
function environment(stateRoot: Hash): AbiWriter {
  const writer = writeChain(new AbiWriter(), CHAIN).fixed(stateRoot)
  writer.u64(5n).u64(2_000n).u64(7n).u64(30_000_000n)
  return writer.raw(new Uint8Array(20)).raw(new Uint8Array(32)).u64(0n)
}

/** An account gone, one put again, and a storage from nothing. */
function putLeavesRequest(stateRoot: Hash, { items }: SnapshotRange): Uint8Array {
  const [first, second] = items as readonly [SnapshotRange['items'][number], SnapshotRange['items'][number]]
  const slots = SLOTS.map((key, index) => ({ key, value: Uint8Array.of(index + 1) }))
  return encodePutLeaves([
    { owner: undefined, root: stateRoot, leaves: [{ ...first, value: undefined }, second] },
    { owner: first.key, root: EMPTY_ROOT, leaves: slots },
  ])
}

/** A call that writes two slots. */
function callRequest(stateRoot: Hash, from: Address): Uint8Array {
  const writer = environment(stateRoot).u32(0).fixed(from).u8(1).fixed(SLOT_WRITER).u256(0n)
  writer.bytes(new Uint8Array(128).fill(1)).u64(200_000n).u8(0)
  writer.list([SLOT_WRITER], (address) => writer.fixed(address).list(SLOTS, (slot) => writer.fixed(slot)))
  // No authorizations; an override of one balance and one slot.
  writer.u32(0).list([from], (address) => {
    writer
      .fixed(address)
      .u8(1)
      .u8(0)
      .u8(1)
      .u256(10n ** 20n)
      .u8(0)
    writer.list([0], () => writer.raw(bytesFromHex(SLOTS[1] as Hash)).u256(9n))
  })
  return writer.finish()
}

function trieUpdateRequest(stateRoot: Hash): Uint8Array {
  const writer = new AbiWriter().fixed(stateRoot)
  // A new leaf, and a deletion of what is not there.
  return writer
    .u32(2)
    .fixed(RANGE_START)
    .u8(1)
    .bytes(Uint8Array.of(1))
    .fixed(SLOTS[1] as Hash)
    .u8(0)
    .finish()
}

function trieRootRequest(): Uint8Array {
  const [short, long] = [new Uint8Array(2).fill(0x64), new Uint8Array(3).fill(0x64)]
  return new AbiWriter()
    .u32(3)
    .bytes(short)
    .u8(1)
    .bytes(long)
    .bytes(long)
    .u8(1)
    .bytes(short)
    .bytes(short)
    .u8(0)
    .finish()
}

function headerRequest(parentHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const decoded = decodeEthereumBlock(payload)
  if (!decoded.ok) throw new RangeError(decoded.code)
  const { bytes } = decoded.value.header
  return writeChain(new AbiWriter(), CHAIN).u8(0).bytes(parentHeader).bytes(bytes).finish()
}

function stateTestRequest(stateRoot: Hash, raw: Uint8Array): Uint8Array {
  return environment(stateRoot).bytes(raw).u8(0).finish()
}
