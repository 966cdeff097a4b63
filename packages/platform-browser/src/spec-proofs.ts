/**
 * The proofs of possession in a chain spec. Whether they hold depends on the spec alone, so they are checked once: a record says
 * for which spec, by its hash, and by which code. The record lies in the browser's storage; whoever can write there can also
 * change the code that reads it.
 */
import { type ChainSpec, chainSpecChecks, chainSpecHash } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { nextTask } from './next-task.ts'

/**
 * The record for the next start. `record`: of the last one; anything but this spec's by this code counts for nothing.
 * @throws CodedError `CHAIN_SPEC_INVALID`
 */
export async function proveSpec(spec: ChainSpec, bls: Bls, record: string | undefined): Promise<string> {
  // Built code has a hash of its content in its name.
  const own = `${chainSpecHash(spec)} ${import.meta.url}`
  if (record === own) return own
  const checks = chainSpecChecks(spec, bls)
  // In short pieces: a question that the page asks meanwhile is on its way before the last of hundreds is checked.
  while (checks.next().done !== true) await nextTask()
  return own
}
