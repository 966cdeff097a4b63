/** The committed artefact, not the sources: what a node will really instantiate. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { ARTEFACT, bytesOf, Core, hexOf, loadModule, surfaceOf, type StateMap } from '../bench/core-host.ts'
import {
  applyRequest,
  buildRequest,
  type Candidate,
  CHAIN_ID,
  decodeBuilt,
  decodeGenesis,
  decodeOutcome,
  EMPTY_ROOT,
  executeRequest,
  FLAG_ACCESS_LIST,
  FLAG_UNDO,
  type Genesis,
  genesisRequest,
  OP,
  start,
  systemContracts,
} from '../bench/requests.ts'

const GAS_LIMIT = 30_000_000n
const FLAGS = FLAG_ACCESS_LIST | FLAG_UNDO
const STATUS = { ok: 0, need: 1, invalid: 2, error: 3 } as const
const module = loadModule()
const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)

function coreAtGenesis(): { core: Core; genesis: Genesis } {
  const core = new Core(module)
  const alloc = [...systemContracts(), { address: bytesOf(signer.address), balance: 10n ** 24n }]
  const applied = core.ok(OP.apply, applyRequest(EMPTY_ROOT, alloc))
  const root = applied.raw(32)
  core.write(applied.changes())
  return { core, genesis: decodeGenesis(core.ok(OP.genesis, genesisRequest(root, GAS_LIMIT)), root) }
}

async function transfers(count: number): Promise<Candidate[]> {
  const raws = Array.from({ length: count }, (_, nonce) =>
    signer.signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce,
      gas: 21_000n,
      maxFeePerGas: 10n ** 9n,
      maxPriorityFeePerGas: 1n,
      to: `0x${(nonce + 1).toString(16).padStart(40, '0')}`,
      value: 1_000n,
    }),
  )
  return (await Promise.all(raws)).map((raw) => ({ raw: bytesOf(raw) }))
}

/** Code is shared between accounts and never undone. */
function withoutCode(state: StateMap): [string, string][] {
  return [...state]
    .filter(([key]) => !key.startsWith('\x03'))
    .map(([key, value]): [string, string] => [key, hexOf(value)])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

describe('core.wasm', () => {
  it('is the file its lock names', () => {
    const lock = JSON.parse(readFileSync(new URL('core.lock.json', ARTEFACT), 'utf8')) as { sha256: string }
    expect(createHash('sha256').update(readFileSync(ARTEFACT)).digest('hex')).toBe(lock.sha256)
  })

  it('imports state_get and nothing else', () => {
    expect(surfaceOf(module).imports).toEqual([{ module: 'cairn', name: 'state_get', kind: 'function' }])
    const names = surfaceOf(module).exports.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['memory', 'abi_version', 'alloc', 'dealloc', 'run']))
  })

  it('builds a block that executes to the same outcome, and undoes it', async () => {
    const { core, genesis } = coreAtGenesis()
    const request = buildRequest(genesis.headerRlp, await transfers(100), { gasLimit: GAS_LIMIT, flags: FLAGS })
    const { codes, block, headerRlp: _, ...built } = decodeBuilt(core.ok(OP.build, request))
    expect(codes).toEqual(Array.from({ length: 100 }, () => 0))
    const executed = decodeOutcome(core.ok(OP.execute, executeRequest(genesis.headerRlp, block, { flags: FLAGS })))
    expect(executed).toEqual(built)
    const before = withoutCode(core.state)
    core.write(executed.changes)
    expect(withoutCode(core.state)).not.toEqual(before)
    core.write(executed.undo)
    expect(withoutCode(core.state)).toEqual(before)
  })

  it('names what is not loaded until it has everything', async () => {
    const { core, genesis } = coreAtGenesis()
    const { block, stateRoot } = decodeBuilt(
      core.ok(OP.build, buildRequest(genesis.headerRlp, await transfers(3), { gasLimit: GAS_LIMIT })),
    )
    const cold = new Core(module, core.state)
    for (const key of core.state.keys()) cold.unloaded.add(key)
    const request = executeRequest(genesis.headerRlp, block)
    let rounds = 0
    let response = cold.run(OP.execute, request)
    for (; response.status === STATUS.need && rounds < 20; rounds++) {
      for (const key of response.body.list((body) => body.bytes()))
        cold.unloaded.delete(Buffer.from(key).toString('latin1'))
      response = cold.run(OP.execute, request)
    }
    expect(response.status).toBe(STATUS.ok)
    expect(rounds).toBeGreaterThan(0)
    expect(hexOf(decodeOutcome(response.body).stateRoot)).toBe(hexOf(stateRoot))
  })

  it('answers malformed requests and stays usable', () => {
    const { core } = coreAtGenesis()
    let seed = 1
    const next = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0)
    for (let round = 0; round < 2_000; round++) {
      const request = Uint8Array.from({ length: 1 + (next() % 300) }, () => next() >>> 24)
      request[0] = 1
      expect(core.run(next() % 15, request).status).toBeLessThanOrEqual(STATUS.error)
    }
    expect(core.ok(OP.info, start().finish()).u32()).toBe(2)
  })
})
