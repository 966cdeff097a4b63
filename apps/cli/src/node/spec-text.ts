/** Chain specs from files: an error says which file, because a local network has many. */
import { type ChainSpec, parseChainSpec } from '@cairn/chain'
import { CodedError } from '@cairn/primitives'

/** @throws CodedError what `parseChainSpec` throws, with the path in its message */
export function readSpecText(text: string, path: string): ChainSpec {
  try {
    return parseChainSpec(text)
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause
    throw new CodedError(cause.code, `${path}: ${cause.message}`, { cause, data: cause.data })
  }
}
