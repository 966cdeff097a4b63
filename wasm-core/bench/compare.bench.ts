/**
 * The core beside others, in one table: the same blocks through `core.wasm` and through `@ethereumjs/vm` (JavaScript), with
 * signature recovery, execution and both kinds of roots in each, roots compared; and what a browser downloads beside
 * `@a16z/helios`, a light client in WebAssembly that executes calls. `node wasm-core/bench/compare.bench.ts`, or as
 * suite `compare` of `npm run bench`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import type { GenesisAccount } from '@cairn/chain'
import type { Address, Hash } from '@cairn/primitives'
import { createReferenceVm } from '../differential/reference-vm.ts'
import { ARTEFACT, Core, hexOf, loadModule, type WasmModule } from './core-host.ts'
import { best, type BenchRow, printRow } from './measure.ts'
import { compilePathTracer } from './path-tracer.ts'
import { type Account, decodeOutcome, EMPTY_ROOT, executeRequest, OP, seed } from './requests.ts'
import { type BuiltBlock, builtBlock, TOKEN_ACCOUNT, tokenCall } from './built-block.ts'

const TRANSACTIONS = 200
const CORE_ROUNDS = 30
const REFERENCE_ROUNDS = 3
const HELIOS = '@a16z/helios@0.11.1'

export async function runCompareBench(): Promise<BenchRow[]> {
  const module = loadModule()
  const rows: BenchRow[] = []
  for (const [name, block] of Object.entries(await blocks(module)))
    rows.push(...(await compareBlock(module, name, block)))
  return [...rows, ...sizeRows()]
}

async function blocks(module: WasmModule): Promise<Readonly<Record<string, BuiltBlock>>> {
  const tracer = compilePathTracer()
  const computer: Account = { address: new Uint8Array(20).fill(0xa4), code: tracer.code }
  const of = (count: number, contracts: Parameters<typeof builtBlock>[2], call: Parameters<typeof builtBlock>[3]) =>
    builtBlock(new Core(module), count, contracts, call, true)
  return {
    [`transfer=${TRANSACTIONS}`]: await of(TRANSACTIONS, [], ({ next }) => ({ to: next, value: 1n, gas: 21_000n })),
    [`erc20=${TRANSACTIONS}`]: await of(TRANSACTIONS, TOKEN_ACCOUNT, tokenCall),
    'path-tracer=8': await of(8, [computer], () => ({
      to: computer.address,
      data: tracer.render(3, 3, 1),
      gas: 16_000_000n,
    })),
  }
}

async function compareBlock(module: WasmModule, name: string, built: BuiltBlock): Promise<BenchRow[]> {
  const core = new Core(module)
  const root = seed(core, EMPTY_ROOT, built.accounts)
  const request = executeRequest(built.parentHeader, built.block)
  const coreMs = best(CORE_ROUNDS, () => void core.ok(OP.execute, request))
  const outcome = decodeOutcome(core.ok(OP.execute, request))
  let referenceMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < REFERENCE_ROUNDS; round++) {
    const vm = await createReferenceVm(built.accounts.map(genesisAccount), built.parentHash)
    if (vm.genesisRoot !== hexOf(root)) throw new Error(`${name}: the implementations differ on the genesis root`)
    const from = process.cpuUsage()
    const { items } = await vm.run(built.block)
    const { user, system } = process.cpuUsage(from)
    referenceMs = Math.min(referenceMs, (user + system) / 1_000)
    if (items.stateRoot !== hexOf(outcome.stateRoot)) throw new Error(`${name}: the implementations differ on the root`)
  }
  const megagas = Number(outcome.gasUsed) / 1e6
  const ratio = `${(referenceMs / coreMs).toFixed(0)} × the core's time`
  return [
    {
      name: `compare/${name}/core`,
      value: coreMs,
      unit: 'ms',
      reference: `${megagas.toFixed(1)} Mgas, recovery and roots`,
    },
    { name: `compare/${name}/ethereumjs`, value: referenceMs, unit: 'ms', reference: `@ethereumjs/vm 10: ${ratio}` },
  ]
}

function genesisAccount({ address, balance, nonce, code, storage }: Account): GenesisAccount {
  return {
    address: hexOf(address) as Address,
    balance: balance ?? 0n,
    nonce: Number(nonce ?? 0n),
    code: code === undefined ? '0x' : hexOf(code),
    storage: (storage ?? []).map(([slot, value]) => ({
      slot: hexOf(slot) as Hash,
      value: `0x${value.toString(16).padStart(64, '0')}` as Hash,
    })),
  }
}

function sizeRows(): BenchRow[] {
  const kilobytes = (...files: readonly (string | URL)[]): number =>
    files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(file)).length, 0) / 1_000
  const core = { name: 'compare/download/core', value: kilobytes(ARTEFACT), unit: 'KB', reference: 'brotli; goal 600' }
  const helios = withHelios((folder) => kilobytes(join(folder, 'pkg/index_bg.wasm'), join(folder, 'pkg/index.js')))
  const reference = 'its module and glue, brotli; a light client, executes calls, not blocks'
  return [core, { name: `compare/download/${HELIOS}`, value: helios, unit: 'KB', reference }]
}

/** The package as the registry has it, not installed. NaN, and a word on stderr, where there is no registry. */
function withHelios(measure: (folder: string) => number): number {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-compare-'))
  try {
    const packed = spawnSync('npm', ['pack', HELIOS, '--pack-destination', folder], { encoding: 'utf8', cwd: folder })
    const archive = packed.stdout?.trim().split('\n').at(-1)
    if (packed.status !== 0 || archive === undefined) {
      console.error(`compare: no npm registry here, so ${HELIOS} is not measured`)
      return Number.NaN
    }
    const unpacked = spawnSync('tar', ['-xzf', join(folder, archive), '-C', folder])
    if (unpacked.status !== 0) throw new Error(`tar could not unpack ${archive}`)
    return measure(join(folder, 'package'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) (await runCompareBench()).forEach(printRow)
