/**
 * A rule broken on purpose: text of the production sources that is replaced when a module is loaded. The sources know
 * nothing of it, and a patch that does not fit exactly once is an error, so a mutant cannot quietly become the original.
 */
import { CodedError } from '@cairn/primitives'

interface Patch {
  /** Path from the root of the repository. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  /** The fault. */
  readonly name: string
  /** The rule or the section of consensus.md that it breaks. */
  readonly rule: string
  readonly patches: readonly Patch[]
  /** Codes of violations that show it; anything else would be an accident. */
  readonly expected: RegExp
  /** Validators; 4 where it is absent. */
  readonly nodes?: number
  /** As in `SimulationOptions`; absent: collectors in a third of the runs. */
  readonly collectorsAbove?: number
}

/** `source` with all patches for `file` in it. @throws CodedError `MUTANT_STALE` when one does not fit */
export function patchSource(mutant: Mutant, file: string, source: string): string {
  let patched = source
  for (const { file: target, find, replace } of mutant.patches) {
    if (target !== file) continue
    const parts = patched.split(find)
    if (parts.length !== 2) {
      throw new CodedError('MUTANT_STALE', `${mutant.name}: found ${parts.length - 1} times in ${file}: ${find}`)
    }
    patched = parts.join(replace)
  }
  return patched
}
