/** Stateless execution through the artefact in V8. Random blocks and collapsing branches: `tests/witness.rs`. */
import { readFileSync } from 'node:fs'
import { encodeExecuteStateless, readExecuteOutcome, readWitness, webAssembly } from '@cairn/executor/abi'
import { expect, it } from 'vitest'
import { OP } from '../bench/requests.ts'
import { instantiateCore, readHead } from '../differential/raw-core.ts'
import { createRequestCorpus } from '../differential/request-corpus.ts'

const [OK, ERROR] = [0, 3] as const
const WITNESS_INCOMPLETE = 12

it('a block executes from its witness, without a state, and from nothing less', async () => {
  const module = new webAssembly.Module(readFileSync(new URL('../artefact/core.wasm', import.meta.url)))
  const { entries, state } = await createRequestCorpus(module)
  const execute = entries.find(({ name }) => name === 'execute')?.request as Uint8Array
  const core = instantiateCore(module)
  const run = (operation: number, request: Uint8Array) => {
    return readHead(core.run(operation, request, (key) => state.get(key) ?? null))
  }
  const noState = (): never => {
    throw new Error('state read')
  }
  const stateful = readExecuteOutcome(run(OP.execute, execute).body)
  const witness = readWitness(run(OP.witness, execute).body)
  expect(witness.codes.length).toBeGreaterThan(0)

  const answer = readHead(core.run(OP.executeStateless, encodeExecuteStateless(execute, witness), noState))
  expect(answer.status).toBe(OK)
  const { changes, undo: _, ...stateless } = readExecuteOutcome(answer.body)
  expect(changes).toEqual([])
  expect(stateful).toMatchObject(stateless)

  const lacking = [
    ...witness.state.map((_node, at) => ({ ...witness, state: witness.state.toSpliced(at, 1) })),
    ...witness.codes.map((_code, at) => ({ ...witness, codes: witness.codes.toSpliced(at, 1) })),
  ]
  for (const part of lacking) {
    const { status, code } = readHead(core.run(OP.executeStateless, encodeExecuteStateless(execute, part), noState))
    expect({ status, code }).toEqual({ status: ERROR, code: WITNESS_INCOMPLETE })
  }
})
