/**
 * The core alone, in this process, on a map: what the artefact can do before any store or worker is in the way.
 * `node wasm-core/bench/core.bench.ts`, or as suite `core` of `npm run bench`.
 */
import { keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ARITHMETIC_LOOP, KECCAK_LOOP, TOKEN, transferCalldata, word } from './contracts.ts'
import { bytesOf, Core, type Decoder, loadModule } from './core-host.ts'
import {
  type Account,
  applyRequest,
  buildRequest,
  callRequest,
  chain,
  CHAIN_ID,
  decodeBuilt,
  decodeGenesis,
  EMPTY_ROOT,
  executeRequest,
  genesisRequest,
  OP,
  start,
  systemContracts,
} from './requests.ts'

export type BenchRow = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const LOOPS = { arithmetic: bytesOf(`0x${'a1'.repeat(20)}`), keccak: bytesOf(`0x${'a2'.repeat(20)}`) }
const TOKEN_ADDRESS = bytesOf(`0x${'a3'.repeat(20)}`)
const ACCOUNTS_PER_CALL = 20_000
const ROUNDS = 9

type Suite = (core: Core) => BenchRow[] | Promise<BenchRow[]>

const SUITES: readonly Suite[] = [computeRows, tokenRows, async (core) => [await recoveryRow(core)], rootRows]

/** @param onRow hears of every row as soon as it is known: the last ones take half a minute. */
export async function runCoreBench(onRow: (row: BenchRow) => void = () => {}): Promise<BenchRow[]> {
  const module = loadModule()
  const rows: BenchRow[] = []
  for (const suite of SUITES) {
    for (const row of await suite(new Core(module))) {
      rows.push(row)
      onRow(row)
    }
  }
  return rows
}

function computeRows(core: Core): BenchRow[] {
  const root = seed(core, EMPTY_ROOT, [
    { address: LOOPS.arithmetic, code: ARITHMETIC_LOOP },
    { address: LOOPS.keccak, code: KECCAK_LOOP },
  ])
  return (['arithmetic', 'keccak'] as const).map((name) => {
    const request = callRequest({
      root,
      from: new Uint8Array(20),
      to: LOOPS[name],
      data: word(1_000_000),
      gas: 1_000_000_000n,
    })
    let gas = 0
    const ms = best(ROUNDS, () => {
      const body = core.ok(OP.call, request)
      if (body.u8() !== 0) throw new Error(`the ${name} loop failed`)
      body.u16()
      body.bytes()
      gas = Number(body.u64())
    })
    return {
      name: `core/compute/loop=${name}`,
      value: gas / 1_000 / ms,
      unit: 'Mgas/s',
      reference: 'snailtracer 1 300 Mgas/s',
    }
  })
}

async function tokenRows(core: Core): Promise<BenchRow[]> {
  const count = 1_000
  const gasLimit = 200_000_000n
  const holders = Array.from({ length: count }, (_, index) => bytesOf(`0xb${index.toString(16).padStart(39, '0')}`))
  // The hint stands for recovery here: signatures are not what this row measures.
  const candidates = await Promise.all(
    holders.map(async (sender, index) => ({
      sender,
      raw: bytesOf(
        await signer(1).signTransaction({
          type: 'eip1559',
          chainId: CHAIN_ID,
          nonce: 0,
          gas: 80_000n,
          maxFeePerGas: 10n ** 9n,
          maxPriorityFeePerGas: 1n,
          to: `0x${'a3'.repeat(20)}`,
          data: `0x${Buffer.from(transferCalldata(holders[(index + 1) % count] as Uint8Array, 5n)).toString('hex')}`,
        }),
      ),
    })),
  )
  const storage = holders.map((holder) => [slotOf(holder), 1_000n] as const)
  const root = seed(core, EMPTY_ROOT, [
    ...systemContracts(),
    { address: TOKEN_ADDRESS, code: TOKEN, storage },
    ...holders.map((address) => ({ address, balance: 10n ** 20n })),
  ])
  const genesis = decodeGenesis(core.ok(OP.genesis, genesisRequest(root, gasLimit)), root)
  const built = decodeBuilt(core.ok(OP.build, buildRequest(genesis.headerRlp, candidates, { gasLimit })))
  if (built.transactions.some(({ logCount }) => logCount !== 1)) throw new Error('a token transfer failed')
  const request = executeRequest(genesis.headerRlp, built.block, { senders: holders })
  const ms = best(ROUNDS, () => void core.ok(OP.execute, request))
  return [
    {
      name: `core/execute/erc20=${count}`,
      value: ms,
      unit: 'ms',
      reference: '4.4–5.2 ms without block, trie and roots',
    },
    { name: 'core/execute/erc20-rate', value: (count / ms) * 1_000, unit: 'tx/s', reference: '' },
  ]
}

/** The token's mapping slot of a holder. */
function slotOf(holder: Uint8Array): Uint8Array {
  return keccak256(Uint8Array.from([...new Uint8Array(12), ...holder, ...new Uint8Array(32)]), 'bytes')
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

function rootRows(core: Core): BenchRow[] {
  const rows: BenchRow[] = []
  let root: Uint8Array = EMPTY_ROOT
  let count = 0
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
    let round = 2n
    const times: number[] = []
    for (let index = 0; index < ROUNDS; index++) {
      const request = applyRequest(root, spread(size, 1_000, round, index))
      round++
      const answers: Decoder[] = []
      times.push(cpuMsOf(() => void answers.push(core.ok(OP.apply, request))))
      const body = answers[0] as Decoder
      root = body.raw(32)
      core.write(body.changes())
    }
    if (size === 100_000) rows.push(...rangeRows(core, root))
    rows.push({
      name: `core/root/updates=1000,accounts=${size}`,
      value: Math.min(...times),
      unit: 'ms',
      reference: '7.3–7.9 ms at 1 M',
    })
  }
  return rows
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

function seed(core: Core, root: Uint8Array, entries: readonly Account[]): Uint8Array {
  const body = core.ok(OP.apply, applyRequest(root, entries))
  const next = body.raw(32)
  core.write(body.changes())
  return next
}

function signer(index: number): ReturnType<typeof privateKeyToAccount> {
  return privateKeyToAccount(`0x${(index + 1).toString(16).padStart(64, '0')}`)
}

/** The best of some rounds: V8 has tiered up by then, and other programs disturb least. */
function best(rounds: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) least = Math.min(least, cpuMsOf(run))
  return least
}

/** Processor time, not the clock's: on a shared machine the clock measures the others. */
function cpuMsOf(run: () => void): number {
  const from = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1_000
}

if (import.meta.main) {
  await runCoreBench(({ name, value, unit, reference }) => {
    console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(12)} ${unit.padEnd(8)} ${reference}`)
  })
}
