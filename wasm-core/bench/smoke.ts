/** Proof that the committed artefact works: genesis, a block of transfers built, executed, same root; one import only. */
import assert from 'node:assert/strict'
import { privateKeyToAccount } from 'viem/accounts'
import { bytesOf, Core, hexOf, loadModule, surfaceOf } from './core-host.ts'
import {
  applyRequest,
  buildRequest,
  CHAIN_ID,
  decodeBuilt,
  decodeGenesis,
  decodeOutcome,
  EMPTY_ROOT,
  executeRequest,
  FLAG_ACCESS_LIST,
  FLAG_UNDO,
  genesisRequest,
  OP,
  systemContracts,
} from './requests.ts'

const GAS_LIMIT = 30_000_000n
const module = loadModule()
assert.deepEqual(surfaceOf(module).imports, [{ module: 'cairn', name: 'state_get', kind: 'function' }])

const core = new Core(module)
const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const applied = core.ok(
  OP.apply,
  applyRequest(EMPTY_ROOT, [...systemContracts(), { address: bytesOf(signer.address), balance: 10n ** 24n }]),
)
const root = applied.raw(32)
core.write(applied.changes())
const genesis = decodeGenesis(core.ok(OP.genesis, genesisRequest(root, GAS_LIMIT)), root)

const candidates = await Promise.all(
  Array.from({ length: 100 }, async (_, index) => ({
    raw: bytesOf(
      await signer.signTransaction({
        type: 'eip1559',
        chainId: CHAIN_ID,
        nonce: index,
        gas: 21_000n,
        maxFeePerGas: 10n ** 9n,
        maxPriorityFeePerGas: 1n,
        to: `0x${(index + 1).toString(16).padStart(40, '7')}`,
        value: 1_000n,
      }),
    ),
  })),
)
const flags = FLAG_ACCESS_LIST | FLAG_UNDO
const built = decodeBuilt(
  core.ok(OP.build, buildRequest(genesis.headerRlp, candidates, { gasLimit: GAS_LIMIT, flags })),
)
assert(
  built.codes.every((code) => code === 0),
  `codes ${built.codes.join()}`,
)
const executed = decodeOutcome(core.ok(OP.execute, executeRequest(genesis.headerRlp, built.block, { flags })))
assert.equal(hexOf(executed.stateRoot), hexOf(built.stateRoot))
assert.deepEqual(executed, {
  ...executed,
  ...Object.fromEntries(Object.keys(executed).map((key) => [key, built[key as keyof typeof built]])),
})
const before = new Map(core.state)
core.write(executed.changes)
const next = decodeBuilt(core.ok(OP.build, buildRequest(built.headerRlp, [], { gasLimit: GAS_LIMIT })))
core.write(executed.undo)
const codeless = (state: Map<string, Uint8Array>) =>
  [...state].filter(([key]) => key[0] !== '\x03').sort(([a], [b]) => (a < b ? -1 : 1))
assert.deepEqual(codeless(core.state), codeless(before))
console.log(
  `smoke: block ${hexOf(built.blockHash)}, root ${hexOf(built.stateRoot)}, gas ${built.gasUsed}, next ${hexOf(next.blockHash)}`,
)
