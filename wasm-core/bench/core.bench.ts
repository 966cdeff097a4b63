/**
 * The core alone, in this process, on a map: what the artefact can do before any store or worker is in the way.
 * `node wasm-core/bench/core.bench.ts`, or as suite `core` of `npm run bench`.
 */
import { ARITHMETIC_LOOP, KECCAK_LOOP, word } from './contracts.ts'
import { bytesOf, type Change, Core, type Decoder, loadModule, type WasmModule } from './core-host.ts'
import { best, type BenchRow, cpuMsOf, printRow } from './measure.ts'
import { compilePathTracer } from './path-tracer.ts'
import {
  type Account,
  applyRequest,
  callRequest,
  chain,
  CHAIN_ID,
  EMPTY_ROOT,
  executeRequest,
  OP,
  seed,
  start,
  trieUpdateRequest,
} from './requests.ts'
import { builtBlock, signer, TOKEN_ACCOUNT, tokenCall } from './built-block.ts'

const ACCOUNTS_PER_CALL = 20_000
const ROUNDS = 9
/** Of each way to take a root's time: it waits for memory, which other work on the machine shares. */
const ROOT_ROUNDS = 40

type Suite = (core: Core, module: WasmModule) => BenchRow[] | Promise<BenchRow[]>

const SUITES: readonly Suite[] = [computeRows, tokenRows, async (core) => [await recoveryRow(core)], rootRows]

/** @param onRow hears of every row as soon as it is known: the last ones take half a minute. */
export async function runCoreBench(onRow: (row: BenchRow) => void = () => {}): Promise<BenchRow[]> {
  const module = loadModule()
  const rows: BenchRow[] = []
  for (const suite of SUITES) {
    for (const row of await suite(new Core(module), module)) {
      rows.push(row)
      onRow(row)
    }
  }
  return rows
}

/** Contracts that only compute, through CALL. */
function computeRows(core: Core): BenchRow[] {
  const tracer = compilePathTracer()
  const programs = [
    { name: 'path-tracer', code: tracer.code, data: tracer.render(12, 9, 2) },
    { name: 'loop=arithmetic', code: ARITHMETIC_LOOP, data: word(1_000_000) },
    { name: 'loop=keccak', code: KECCAK_LOOP, data: word(1_000_000) },
  ].map((program, index) => ({ ...program, address: new Uint8Array(20).fill(0xa1 + index) }))
  const root = seed(core, EMPTY_ROOT, programs)
  return programs.map(({ name, address, data }) => {
    const request = callRequest({ root, from: new Uint8Array(20), to: address, data, gas: 1_000_000_000n })
    let gas = 0
    const ms = best(ROUNDS, () => {
      const body = core.ok(OP.call, request)
      if (body.u8() !== 0) throw new Error(`${name} failed`)
      body.u16()
      body.bytes()
      gas = Number(body.u64())
    })
    const reference = name === 'path-tracer' ? 'revm in V8: snailtracer 1 300' : ''
    return { name: `core/compute/${name}`, value: gas / 1_000 / ms, unit: 'Mgas/s', reference }
  })
}

async function tokenRows(core: Core): Promise<BenchRow[]> {
  const count = 1_000
  // The hints stand for recovery here: signatures are not what this row measures.
  const { parentHeader, block, senders } = await builtBlock(core, count, TOKEN_ACCOUNT, tokenCall)
  const request = executeRequest(parentHeader, block, { senders })
  const ms = best(4 * ROUNDS, () => void core.ok(OP.execute, request))
  return [
    {
      name: `core/execute/erc20=${count}`,
      value: ms,
      unit: 'ms',
      reference: 'whole block; 4.4–5.2 ms without block, trie and roots',
    },
    { name: 'core/execute/erc20-rate', value: (count / ms) * 1_000, unit: 'tx/s', reference: '' },
  ]
}

async function recoveryRow(core: Core): Promise<BenchRow> {
  const count = 200
  const raws = await Promise.all(
    Array.from({ length: count }, async (_, nonce) =>
      bytesOf(
        await signer(nonce % 100).signTransaction({
          type: 'eip1559',
          chainId: CHAIN_ID,
          nonce,
          gas: 21_000n,
          maxFeePerGas: 10n ** 9n,
          maxPriorityFeePerGas: 1n,
          to: `0x${'12'.repeat(20)}`,
        }),
      ),
    ),
  )
  const encoder = chain(start()).u32(count)
  for (const raw of raws) encoder.bytes(raw)
  const request = encoder.finish()
  const ms = best(ROUNDS, () => void core.ok(OP.recover, request))
  return {
    name: 'core/recover/secp256k1',
    value: (count / ms) * 1_000,
    unit: '/s',
    reference: 'k256 2 150/s, C in WASM 3 700/s',
  }
}

function rootRows(core: Core, module: WasmModule): BenchRow[] {
  const rows: BenchRow[] = []
  let root: Uint8Array = EMPTY_ROOT
  let count = 0
  // An instance that has answered APPLY knows the records that its TRIE_UPDATE would make, so another one tells the leaves.
  const other = new Core(module, core.state)
  const leavesOf = (request: Uint8Array): readonly Change[] => {
    const body = other.ok(OP.apply, request)
    body.raw(32)
    return body.changes()
  }
  for (const size of [100_000, 1_000_000]) {
    const from = performance.now()
    const before = count
    while (count < size) {
      const batch = Math.min(ACCOUNTS_PER_CALL, size - count)
      root = seed(core, root, accounts(count, batch, 1n))
      count += batch
    }
    const loadMs = performance.now() - from
    rows.push({
      name: `core/apply/accounts=${size}`,
      value: ((size - before) / loadMs) * 1_000,
      unit: '/s',
      reference: 'genesis alloc',
    })
    const apply = new Timed(core)
    const update = new Timed(core)
    for (let index = 0; index < 4 * ROOT_ROUNDS; index++) {
      const timesHost = index % 4 > 1
      const request = applyRequest(root, spread(size, 1_000, BigInt(index + 2), index))
      const body =
        index % 2 === 0
          ? apply.ok(OP.apply, request, timesHost)
          : update.ok(OP.trieUpdate, trieUpdateRequest(root, leavesOf(request)), timesHost)
      root = body.raw(32)
      core.write(body.changes())
    }
    if (size === 100_000) rows.push(...rangeRows(core, root))
    const name = `core/root/updates=1000,accounts=${size}`
    const row = (part: string, value: number, reference: string): BenchRow => ({
      name: `${name}${part}`,
      value,
      unit: 'ms',
      reference,
    })
    const megabytes = (core.responseBytes / 1e6).toFixed(1)
    rows.push(
      row('', apply.whole, 'APPLY: accounts read, hashed and changed, then their trie; 7.3–7.9 ms at 1 M'),
      row(',host', apply.host, 'of it, the JavaScript map that is the store'),
      row(',copy', apply.copy, `of it, the host's copy of the answer: new and old values, ${megabytes} MB`),
      row(',core', apply.own, 'the rest: in the module. Goal 6 ms at 1 M'),
      row(',trie', update.own, 'in the module for the trie alone, its leaves given as a block’s execution leaves them'),
    )
  }
  return rows
}

/** Least times of an operation on one core. */
class Timed {
  readonly #core: Core
  readonly #whole: number[] = []
  readonly #host: number[] = []
  readonly #copy: number[] = []

  constructor(core: Core) {
    this.#core = core
  }

  /** @param timesHost the clock around every read costs time too, so it has rounds of its own */
  ok(op: number, request: Uint8Array, timesHost: boolean): Decoder {
    const core = this.#core
    core.timed = timesHost
    core.hostMs = 0
    const answers: Decoder[] = []
    const ms = cpuMsOf(() => void answers.push(core.ok(op, request)))
    if (timesHost) this.#host.push(core.hostMs)
    else this.#whole.push(ms)
    this.#copy.push(core.copyMs)
    core.timed = false
    return answers[0] as Decoder
  }

  get whole(): number {
    return Math.min(...this.#whole)
  }

  get host(): number {
    return Math.min(...this.#host)
  }

  get copy(): number {
    return Math.min(...this.#copy)
  }

  /** In the module. */
  get own(): number {
    return this.whole - this.host - this.copy
  }
}

/** Snapshot chunks of some hundred KB, as a peer sends them. */
function rangeRows(core: Core, root: Uint8Array): BenchRow[] {
  const chunks: { readonly prove: Uint8Array; readonly verify: Uint8Array; readonly count: number }[] = []
  for (const slice of [0x10, 0x50, 0x90, 0xd0]) {
    const from = new Uint8Array(32).fill(slice)
    const prove = start()
      .raw(root)
      .u8(0)
      .raw(from)
      .u32(5_000)
      .u32(1 << 20)
      .finish()
    const body = core.ok(OP.rangeProve, prove)
    const items = body.list((item) => ({ key: item.raw(32), value: item.bytes() }))
    const verify = start().raw(root).raw(from).u32(items.length)
    for (const { key, value } of items) verify.raw(key).bytes(value)
    const nodes = body.list((node) => node.bytes())
    verify.u32(nodes.length)
    for (const node of nodes) verify.bytes(node)
    chunks.push({ prove, verify: verify.finish(), count: items.length })
  }
  const leaves = chunks.reduce((sum, { count }) => sum + count, 0)
  const rate = (run: (chunk: (typeof chunks)[number]) => void): number => {
    return (leaves / best(ROUNDS, () => chunks.forEach(run))) * 1_000
  }
  const verified = rate(({ verify }) => void core.ok(OP.rangeVerify, verify))
  const proved = rate(({ prove }) => void core.ok(OP.rangeProve, prove))
  return [
    { name: 'core/range/verify', value: verified, unit: 'leaves/s', reference: 'goal 650 000' },
    { name: 'core/range/prove', value: proved, unit: 'leaves/s', reference: 'state in a map' },
  ]
}

function accounts(from: number, count: number, balance: bigint): Account[] {
  return Array.from({ length: count }, (_, index) => ({ address: numbered(from + index), balance }))
}

function spread(size: number, count: number, balance: bigint, round: number): Account[] {
  const step = Math.floor(size / count)
  return Array.from({ length: count }, (_, index) => ({
    address: numbered((index * step + round * 7) % size),
    balance,
  }))
}

function numbered(index: number): Uint8Array {
  const address = Buffer.alloc(20)
  address.writeUInt32BE(index, 16)
  return new Uint8Array(address)
}

if (import.meta.main) await runCoreBench(printRow)
