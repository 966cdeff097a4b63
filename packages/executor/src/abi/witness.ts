/** WITNESS and EXECUTE_STATELESS (`wasm-core/ABI.md` 16 and 17). Both take an EXECUTE request. */
import type { BlockWitness } from '@cairn/ports'
import type { AbiReader } from './reader.ts'
import { AbiWriter } from './writer.ts'

/** Without the headers, which the host has. */
type CoreWitness = Pick<BlockWitness, 'state' | 'codes'>

/** Byte strings are copies. `ancestor`: least block number that BLOCKHASH was asked for. */
export function readWitness(body: AbiReader): CoreWitness & { readonly ancestor: bigint | undefined } {
  const state = body.list((reader) => reader.bytes().slice())
  const codes = body.list((reader) => reader.bytes().slice())
  const ancestor = body.optional((present) => present.u64())
  body.end()
  return { state, codes, ancestor }
}

/** @param execute request of `encodeExecute`. The answer is `readExecuteOutcome`'s, without changes. */
export function encodeExecuteStateless(execute: Uint8Array, witness: CoreWitness): Uint8Array {
  // The writer puts the version.
  const writer = new AbiWriter(execute.length + 65_536).raw(execute.subarray(1))
  writer.list(witness.state, (node) => writer.bytes(node))
  return writer.list(witness.codes, (code) => writer.bytes(code)).finish()
}
