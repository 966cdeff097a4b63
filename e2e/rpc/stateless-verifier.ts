/** Executes one block from the parent's root and a witness: what a prover or a stateless client does. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ChainSpec } from '@cairn/chain'
import { sha256 } from '@cairn/crypto'
import { createCore, encodeExecute, encodeExecuteStateless, operations, readExecuteOutcome } from '@cairn/executor/abi'
import type { Hash } from '@cairn/primitives'
import { type Hex, hexToBytes, keccak256 } from 'viem'

/** The answer of `debug_executionWitness`. */
export interface ExecutionWitness {
  readonly state: readonly Hex[]
  readonly codes: readonly Hex[]
  readonly keys: readonly Hex[]
  readonly headers: readonly Hex[]
}

/** The state root after the block. `parentHash` is what is trusted. @throws when the block is bad or the witness short */
export function createStatelessVerifier(
  chain: Pick<ChainSpec, 'chainId' | 'depositContractAddress'>,
): (block: Hex, witness: ExecutionWitness, parentHash: Hex) => Hash {
  const wasm = readFileSync(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
  const core = createCore({ wasm, sha256: sha256(wasm) })
  return (block, { headers, state, codes }, parentHash) => {
    const parentHeader = headers.at(-1)
    if (parentHeader === undefined || keccak256(parentHeader) !== parentHash) throw new Error('not the parent’s header')
    const execute = encodeExecute({
      chain,
      parentHeader: hexToBytes(parentHeader),
      payload: hexToBytes(block),
      senders: [],
      wantsUndo: false,
    })
    const witness = { state: state.map((node) => hexToBytes(node)), codes: codes.map((code) => hexToBytes(code)) }
    const result = core.run(operations.executeStateless, encodeExecuteStateless(execute, witness), () => {
      throw new Error('the verifier has no state')
    })
    if (result.status !== 'ok') throw new Error(`refused: ${JSON.stringify(result)}`)
    return readExecuteOutcome(result.body).stateRoot
  }
}
