/** The compute benchmark's contract, compiled from `path-tracer.sol` as a developer's tool would: nothing is vendored. */
import { readFileSync } from 'node:fs'
import solc from 'solc'
import { bytesOf } from './core-host.ts'

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Record<
    string,
    Record<
      string,
      {
        readonly evm: {
          readonly deployedBytecode: { readonly object: string }
          readonly methodIdentifiers: Record<string, string>
        }
      }
    >
  >
}

export interface PathTracer {
  /** Runtime code; the contract has no constructor. */
  readonly code: Uint8Array
  /** Calldata of `render`. */
  readonly render: (width: number, height: number, samples: number) => Uint8Array
}

/** @throws Error with the compiler's words */
export function compilePathTracer(): PathTracer {
  const input = {
    language: 'Solidity',
    sources: { 'path-tracer.sol': { content: readFileSync(new URL('path-tracer.sol', import.meta.url), 'utf8') } },
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { '*': { '*': ['evm.deployedBytecode.object', 'evm.methodIdentifiers'] } },
    },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput
  const contract = output.contracts?.['path-tracer.sol']?.['PathTracer']
  const selector = contract?.evm.methodIdentifiers['render(int256,int256,int256)']
  if (contract === undefined || selector === undefined) {
    throw new Error(output.errors?.map(({ formattedMessage }) => formattedMessage).join('\n') ?? 'no contract')
  }
  const words = (values: readonly number[]): string =>
    values.map((value) => value.toString(16).padStart(64, '0')).join('')
  return {
    code: bytesOf(contract.evm.deployedBytecode.object),
    render: (width, height, samples) => bytesOf(selector + words([width, height, samples])),
  }
}
